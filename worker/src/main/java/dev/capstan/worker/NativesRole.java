package dev.capstan.worker;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
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
        var layers = List.<Layer>of(new Layer.Dense(4, "relu"), new Layer.Output(2, "softmax", "mcxent"));
        var training =
                new Training(1, 2, new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 1);
        var network = Networks.create(layers, training, 3);
        network.computeGradient(Nd4j.ones(2, 3), Nd4j.eye(2), null);
        network.update(2);
        return new Outcome(
                Reason.Succeeded,
                "native libraries are in " + System.getProperty("org.bytedeco.javacpp.cachedir", "javacpp's own cache"),
                null);
    }
}
