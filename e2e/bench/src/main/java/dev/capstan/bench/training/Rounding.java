package dev.capstan.bench.training;

import dev.capstan.bench.Ports;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.train.Edge;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Split;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.Watch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/** How good models become whose gradients are rounded on their way, beside those of the same seeds whose aren't. */
final class Rounding {
    private static final int RANKS = 2;
    private static final double KEPT = 0.1;

    private Rounding() {}

    /** Arguments: folder of MNIST, number of seeds, epochs. */
    public static void main(String[] arguments) throws Exception {
        Native.load(System.getenv());
        int seeds = Integer.parseInt(arguments[1]);
        int epochs = Integer.parseInt(arguments[2]);
        var keys = new ArrayList<String>();
        for (var model : List.of(Model.MLP, Model.LENET)) {
            var samples = Worker.mnist(arguments[0]);
            var lost = new ArrayList<Double>();
            for (int seed = 0; seed < seeds; seed++) {
                var exact = trained(model, samples, epochs, seed, Wire.DEFAULT);
                var rounded = trained(model, samples, epochs, seed, new Wire(null, Wire.Precision.BF16));
                lost.add(exact.get("validationAccuracy") - rounded.get("validationAccuracy"));
                System.out.printf(
                        Locale.ROOT,
                        "%-6s seed %d  accuracy %.4f, rounded %.4f  loss %.4f, rounded %.4f%n",
                        model.key(),
                        seed,
                        exact.get("validationAccuracy"),
                        rounded.get("validationAccuracy"),
                        exact.get("validationLoss"),
                        rounded.get("validationLoss"));
            }
            var all = new Ratios(lost);
            keys.add(String.format(
                    Locale.ROOT,
                    "bf16_%s_accuracy_lost=%.4f (%.4f to %.4f)",
                    model.key(),
                    all.median(),
                    all.low(),
                    all.high()));
        }
        System.out.println(String.join(" ", keys));
    }

    private static Map<String, Double> trained(Model model, Samples samples, int epochs, long seed, Wire wire)
            throws Exception {
        var adam = model.training(RANKS, Engine.LIBTORCH).optimizer();
        var training = new Training(epochs, RANKS * model.batch(), adam, null, 0, 0, null, KEPT, null, null, seed)
                .by(Engine.LIBTORCH);
        var peers = Peer.list(
                Ports.free(RANKS).stream().map(port -> "127.0.0.1:" + port).toList());
        var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
        var ranks = new ArrayList<Callable<Map<String, Double>>>();
        for (int rank = 0; rank < RANKS; rank++) {
            var membership = new Membership("benchmark", 1, rank, peers, key, wire);
            ranks.add(() -> {
                var engine = Engines.ready(
                        model.network(training), new Engines.Decision(Engine.LIBTORCH, 1, "the benchmark asks for it"));
                try (var ring = Ring.join(membership, Patience.DEFAULT)) {
                    return new Trainer(
                                    engine,
                                    Split.of(samples, KEPT, seed),
                                    training,
                                    ring,
                                    new ProgressBoard(1, System::nanoTime),
                                    new Watch(null),
                                    Edge.NONE)
                            .train();
                }
            });
        }
        try (var threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            return threads.invokeAll(ranks).getFirst().get();
        }
    }
}
