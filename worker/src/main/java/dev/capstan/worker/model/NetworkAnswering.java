package dev.capstan.worker.model;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DL4J's own answers.
 *
 * @param network that is asked
 */
public record NetworkAnswering(Network network) implements Answering {
    @Override
    public Question question(Samples samples, int... which) {
        var inputs = new float[which.length * samples.inputs()];
        var mask = samples.shape() instanceof Shape.Tokens ? new float[inputs.length] : null;
        for (int i = 0; i < which.length; i++) {
            samples.copyInputs(which[i], inputs, i * samples.inputs());
            for (int j = 0; mask != null && j < samples.length(which[i]); j++) {
                mask[i * samples.inputs() + j] = 1;
            }
        }
        var rows = array(inputs, which.length);
        var masked = mask == null ? null : array(mask, which.length);
        return () -> network.output(rows, masked).dup('c').data().asFloat();
    }

    private static INDArray array(float[] values, int rows) {
        return Nd4j.createFromArray(values).reshape(rows, values.length / rows);
    }
}
