package dev.capstan.worker.compress.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.compress.prune.Choice.Share;
import dev.capstan.worker.compress.prune.Pruning.Norm;
import dev.capstan.worker.compress.prune.Pruning.Scope;
import dev.capstan.worker.compress.prune.Pruning.SingleWeights;
import dev.capstan.worker.compress.prune.Pruning.WholeUnits;
import dev.capstan.worker.compress.prune.Sensitivity.Point;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.train.Evaluation;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Trainer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What each layer alone costs. */
class SensitivityTest {
    private static final Samples SAMPLES = Fixtures.images(301, 5);
    private static final Pruning UNITS = new WholeUnits(Norm.L1, Scope.LAYER, 50);
    private static final Pruning WEIGHTS = new SingleWeights(Scope.LAYER, 90);

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void eachLayerThatCanLoseSomethingIsAPoint() {
        var structure = network().structure();
        assertEquals(
                List.of(
                        new Point("layer0", UNITS),
                        new Point("layer1", UNITS),
                        new Point("layer0", WEIGHTS),
                        new Point("layer1", WEIGHTS),
                        new Point("layer2", WEIGHTS)),
                Sensitivity.points(structure, List.of(UNITS, WEIGHTS)));
    }

    @Test
    void aPointIsWhatTheLayerAloneCosts() throws Exception {
        var network = trained();
        var parameters = network.stage().parameters();
        var before = network.parameters().dup().data().asFloat();
        double whole = metrics(network).get("loss");
        var sensitivity = new Sensitivity(network.structure(), parameters, () -> metrics(network));
        for (var point : Sensitivity.points(network.structure(), List.of(UNITS, WEIGHTS))) {
            var measured = sensitivity.measure(point);
            assertEquals(point, measured.point());
            var cut = network();
            cut.stage().parameters().set(parameters);
            cut.stage()
                    .parameters()
                    .zero(Chooser.choose(point.pruning(), cut.structure(), parameters, List.of(point.layer()))
                            .mask());
            assertEquals(metrics(cut), measured.metrics());
            assertTrue(measured.metrics().get("loss") > whole + 0.01, measured::toString);
            assertArrayEquals(before, network.parameters().dup().data().asFloat(), "as it was");
        }
        assertEquals(
                new Share("layer1", "neurons", 4, 8),
                sensitivity.measure(new Point("layer1", UNITS)).share());
    }

    @Test
    void theWeightsComeBackThoughTheMeasuringFails() {
        var network = network();
        var before = network.parameters().dup().data().asFloat();
        var sensitivity = new Sensitivity(network.structure(), network.stage().parameters(), () -> {
            throw new IllegalStateException("stopped");
        });
        assertThrows(IllegalStateException.class, () -> sensitivity.measure(new Point("layer0", WEIGHTS)));
        assertArrayEquals(before, network.parameters().dup().data().asFloat());
    }

    private static Map<String, Double> metrics(Network network) {
        return Evaluation.measure(network.stage(), SAMPLES, 32, () -> {});
    }

    private static Network trained() throws Exception {
        return Gang.run(1, Patience.DEFAULT, ring -> {
                    var network = network();
                    new Trainer(network, SAMPLES, training(), ring, new ProgressBoard(1, System::nanoTime)).train();
                    return network;
                })
                .getFirst();
    }

    private static Network network() {
        return Networks.create(
                List.of(
                        new Layer.Dense(16, "relu"),
                        new Layer.Dense(8, "relu"),
                        new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent")),
                training(),
                SAMPLES.inputs());
    }

    private static Training training() {
        return Fixtures.training(5, 32, new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), 7);
    }
}
