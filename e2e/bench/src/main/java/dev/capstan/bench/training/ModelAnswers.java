package dev.capstan.bench.training;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.step.Engine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import org.nd4j.linalg.factory.Nd4j;

/** What a model with given parameters answers to given samples, for {@code peers/pytorch.py} to find the same. */
final class ModelAnswers {
    /** So that no factor is 1 and no summand 0, as they are in a model that nobody has trained. */
    private static final double MOVED = 0.05;

    private ModelAnswers() {}

    /**
     * Writes numbers of parameters, rows, inputs and outputs as ints, and then as floats the parameters as they lie in
     * memory, and the inputs and the outputs of all samples, row by row; little-endian.
     *
     * @param engine of the network
     */
    static void write(Network network, Supplier<Engine> engine, Samples samples, Path file) throws IOException {
        var parameters = network.parameters();
        parameters.addi(Nd4j.randn(7, parameters.shape()).muli(MOVED));
        var stage = engine.get().stage();
        int rows = samples.size();
        var batch = stage.batch(rows, samples.shape());
        var row = new float[samples.inputs()];
        var mask = new float[samples.inputs()];
        for (int i = 0; i < rows; i++) {
            samples.copyInputs(i, row, 0);
            batch.inputs().put(i * row.length, row);
            batch.targets().put(i * stage.classes() + samples.label(i), 1);
            if (batch.mask() != null) {
                Arrays.fill(mask, 1);
                batch.mask().put(i * row.length, mask);
            }
        }
        var answers = stage.answer(batch).outputs();
        var flat = parameters.reshape(parameters.length()).toFloatVector();
        var bytes = ByteBuffer.allocate(
                        4 * Integer.BYTES + Float.BYTES * (flat.length + rows * row.length + answers.length))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(flat.length).putInt(rows).putInt(row.length).putInt(stage.classes());
        for (float each : flat) {
            bytes.putFloat(each);
        }
        for (int i = 0; i < rows * row.length; i++) {
            bytes.putFloat(batch.inputs().get(i));
        }
        for (float each : answers) {
            bytes.putFloat(each);
        }
        Files.write(file, bytes.array());
    }
}
