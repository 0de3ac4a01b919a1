package dev.capstan.worker.serve.ask;

import dev.capstan.worker.data.FileSamples;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.Interpreter;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** Reads files as those that a model was trained on, and says what it answers with. */
record FileInterpreter(FileSamples samples, Layout layout, Meaning meaning) implements Interpreter {
    @Override
    public List<String> mediaTypes() {
        return samples.mediaTypes();
    }

    @Override
    public Map<String, Tensor> inputs(ByteBuffer file) {
        List<float[]> read;
        try {
            read = samples.read(file);
        } catch (Failure e) {
            throw new RequestException(Kind.INVALID, e.getMessage(), e);
        }
        if (read.size() > 1 && !layout.takesMore()) {
            throw new RequestException(
                    Kind.INVALID, "the file has " + read.size() + " samples; this model takes one at a time");
        }
        return Map.of(layout.spec().name(), layout.tensor(read));
    }

    @Override
    public List<Answer> answers(Map<String, Tensor> outputs) {
        return meaning.answers(outputs.get(meaning.output()));
    }

    @Override
    public boolean predictsNumbers() {
        return meaning instanceof TargetNames;
    }
}
