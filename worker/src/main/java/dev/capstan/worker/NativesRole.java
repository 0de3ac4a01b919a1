package dev.capstan.worker;

import dev.capstan.protocol.JobFile.Layer;
import dev.capstan.protocol.JobFile.Optimizer;
import dev.capstan.protocol.JobFile.Training;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.factory.Nd4j;

/** Uses every native library once, by which javacpp unpacks them from their jars into its cache folder. */
final class NativesRole {
    private NativesRole() {}

    static Outcome run(Map<String, String> environment) {
        Native.load(environment);
        var layers = List.of(
                new Layer(Layer.Kind.DENSE, 4, "relu", null), new Layer(Layer.Kind.OUTPUT, 2, "softmax", "mcxent"));
        var training = new Training(1, 2, new Optimizer(Optimizer.Kind.ADAM, 0.001, 0, 0.9, 0.999, 1e-8), 1);
        Networks.create(layers, training, 3).fit(Nd4j.ones(2, 3), Nd4j.eye(2));
        return new Outcome(
                Reason.Succeeded,
                "native libraries are in " + System.getProperty("org.bytedeco.javacpp.cachedir", "javacpp's own cache"),
                null);
    }
}
