package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Answering;

/**
 * ONNX Runtime's answers.
 *
 * @param session that has loaded the model; closed with this
 * @param signature how the model takes samples
 */
public record OnnxAnswering(OnnxSession session, Signature signature) implements Answering {
    @Override
    public Question question(Samples samples, int... which) {
        var tensor = signature.tensor(samples, which);
        return () -> session.run(signature.input(), tensor, signature.output()).values();
    }

    @Override
    public int most() {
        return signature.most();
    }

    @Override
    public void close() {
        session.close();
    }
}
