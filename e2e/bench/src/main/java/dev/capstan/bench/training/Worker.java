package dev.capstan.bench.training;

import com.sun.management.OperatingSystemMXBean;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.torch.Computing;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Trainer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A worker as a process: for each line that it reads it trains an epoch by the worker's own loop, batches taken from
 * samples in memory, and answers with what that took, in seconds of the clock and of processors.
 */
final class Worker {
    private Worker() {}

    /**
     * Arguments: an engine or {@code FIT}, model, folder of MNIST, rank, and the peers' addresses with commas. Or
     * {@code ANSWERS}, model, folder of MNIST and a file, into which it writes what a model answers.
     */
    public static void main(String[] arguments) throws IOException {
        Native.load(System.getenv());
        var model = Model.valueOf(arguments[1]);
        if (arguments[0].equals("ANSWERS")) {
            var network = model.network(model.training(1, Engine.LIBTORCH));
            ModelAnswers.write(
                    network,
                    () -> engine(network, Engine.LIBTORCH),
                    samples(model, arguments[2], model.batch()),
                    Path.of(arguments[3]));
            return;
        }
        var peers = Peer.list(List.of(arguments[4].split(",")));
        var samples = samples(model, arguments[2], model.steps() * model.batch() * peers.size());
        if (arguments[0].equals("FIT")) {
            answer(fit(model, samples));
            return;
        }
        var engine = Engine.valueOf(arguments[0]);
        var training = model.training(peers.size(), engine);
        var computing = engine(model.network(training), engine);
        var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
        var membership = new Membership("benchmark", 1, Integer.parseInt(arguments[3]), peers, key);
        try (var ring = Ring.join(membership, Patience.DEFAULT)) {
            answer(() ->
                    new Trainer(computing, samples, training, ring, new ProgressBoard(1, System::nanoTime)).train());
        }
    }

    private static Computing engine(Network network, Engine engine) {
        int threads = Integer.parseInt(System.getenv().getOrDefault(Contract.CORES, "1"));
        return Engines.ready(network, new Engines.Decision(engine, threads, "the benchmark asks for it"));
    }

    private static Samples samples(Model model, String mnist, int count) {
        if (model.shape() instanceof Shape.Tokens tokens) {
            return RandomTokens.of(tokens, count);
        }
        var all = mnist(mnist);
        return all.subset(IntStream.range(0, count).map(i -> i % all.size()).toArray());
    }

    /** All of its training data. */
    static Samples mnist(String folder) {
        return DatasetReader.learn(
                        "data.train",
                        new JobFile.Dataset(
                                new JobFile.Place(folder, folder, null), JobFile.Dataset.Format.IDX, null, null, null),
                        10,
                        Path.of(System.getProperty("java.io.tmpdir")))
                .samples();
    }

    /** By DL4J's own class alone, of models that take rows. */
    private static Runnable fit(Model model, Samples samples) {
        Training training = model.training(1, Engine.DEEPLEARNING4J);
        var network = Networks.multiLayer(model.layers(), training, samples.inputs());
        int batch = training.batchSize();
        return () -> {
            var order = SampleOrder.of(samples.size(), 42, 0);
            for (int from = 0; from < order.length; from += batch) {
                var inputs = new float[batch * samples.inputs()];
                var labels = new float[batch * 10];
                for (int row = 0; row < batch; row++) {
                    samples.copyInputs(order[from + row], inputs, row * samples.inputs());
                    labels[row * 10 + samples.label(order[from + row])] = 1;
                }
                network.fit(
                        Nd4j.createFromArray(inputs).reshape(batch, samples.inputs()),
                        Nd4j.createFromArray(labels).reshape(batch, 10));
            }
        };
    }

    private static void answer(Runnable epoch) throws IOException {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        while (in.readLine() != null) {
            long start = System.nanoTime();
            long computed = system.getProcessCpuTime();
            epoch.run();
            System.out.printf(
                    Locale.ROOT,
                    "%.6f %.6f%n",
                    (System.nanoTime() - start) / 1e9,
                    (system.getProcessCpuTime() - computed) / 1e9);
        }
    }
}
