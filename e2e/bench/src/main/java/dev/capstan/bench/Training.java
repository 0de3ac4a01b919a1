package dev.capstan.bench;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.worker.data.DatasetReader;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Trainer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The worker's training loop in one and two processes against DL4J's own {@code fit()} on the same network, batches and
 * seed. Every process trains one epoch to warm up and is timed on the second.
 */
final class Training {
    private Training() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("process")) {
            process(arguments);
            return;
        }
        var data = arguments[1];
        int rounds = Integer.parseInt(arguments[2]);
        var hidden = arguments.length > 3 ? arguments[3] : "128";
        var batch = arguments.length > 4 ? arguments[4] : "32";
        var one = new ArrayList<Double>();
        var two = new ArrayList<Double>();
        try (var csv = new Csv(Path.of(arguments[0]), "round,hidden,batch,fit,one_worker,two_workers")) {
            for (int round = 0; round < rounds; round++) {
                double fit = run(0, data, hidden, batch);
                double alone = run(1, data, hidden, batch);
                double pair = run(2, data, hidden, batch);
                csv.row("%d,%s,%s,%.0f,%.0f,%.0f", round, hidden, batch, fit, alone, pair);
                System.out.printf(
                        Locale.ROOT, "samples/s: fit() %.0f, one worker %.0f, two workers %.0f%n", fit, alone, pair);
                one.add(alone / fit);
                two.add(pair / alone);
            }
        }
        System.out.printf(
                Locale.ROOT,
                "hidden=%s batch=%s one_to_fit=%.2f two_to_one=%.2f csv=%s%n",
                hidden,
                batch,
                Csv.median(one),
                Csv.median(two),
                arguments[0]);
    }

    /** Starts the processes and returns the samples a second of them together; no worker at all means fit(). */
    private static double run(int workers, String data, String hidden, String batch) throws Exception {
        var peers = AllReduce.freePorts(Math.max(1, workers)).stream()
                .map(port -> "127.0.0.1:" + port)
                .collect(Collectors.joining(","));
        var processes = new ArrayList<Process>();
        try {
            for (int rank = 0; rank < Math.max(1, workers); rank++) {
                processes.add(start(workers == 0 ? "fit" : "worker", data, hidden, batch, peers, rank));
            }
            double slowest = Double.MAX_VALUE;
            for (var process : processes) {
                var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (process.waitFor() != 0) {
                    throw new IllegalStateException("a process failed:\n" + output);
                }
                slowest = Math.min(
                        slowest, Double.parseDouble(output.lines().toList().getLast()));
            }
            return slowest;
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    private static Process start(String... arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Training.class.getName(), "process"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Process start(String kind, String data, String hidden, String batch, String peers, int rank)
            throws IOException {
        return start(kind, data, hidden, batch, peers, Integer.toString(rank));
    }

    /** One process; its last line is the samples a second of the second epoch. */
    private static void process(String[] arguments) {
        int batch = Integer.parseInt(arguments[4]);
        var peers = Peer.list(List.of(arguments[5].split(",")));
        int rank = Integer.parseInt(arguments[6]);
        var layers = List.<Layer>of(
                new Layer.Dense(Integer.parseInt(arguments[3]), "relu"), new Layer.Output(10, "softmax", "mcxent"));
        var samples = DatasetReader.learn(
                        "data.train",
                        new Dataset(
                                new JobFile.Place(arguments[2], arguments[2], null),
                                Dataset.Format.IDX,
                                null,
                                null,
                                null),
                        10,
                        Path.of(System.getProperty("java.io.tmpdir")))
                .samples();
        var training = new dev.capstan.protocol.Training(
                1, batch, new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 42);
        double seconds;
        if (arguments[1].equals("fit")) {
            var network = Networks.multiLayer(layers, training, samples.inputs());
            fit(network, samples, batch);
            seconds = fit(network, samples, batch);
        } else {
            var network = Networks.create(layers, training, samples.inputs());
            var key = JobKeys.ring("benchmark".getBytes(StandardCharsets.UTF_8), "benchmark", 1);
            try (var ring = Ring.join(new Membership("benchmark", 1, rank, peers, key), Patience.DEFAULT)) {
                train(network, samples, training, ring);
                seconds = train(network, samples, training, ring);
            }
        }
        System.out.println(samples.size() / seconds);
    }

    private static double train(Network network, Samples samples, dev.capstan.protocol.Training training, Ring ring) {
        long start = System.nanoTime();
        new Trainer(network, samples, training, ring, new ProgressBoard(1, System::nanoTime)).train();
        return (System.nanoTime() - start) / 1e9;
    }

    private static double fit(MultiLayerNetwork network, Samples samples, int batch) {
        long start = System.nanoTime();
        var order = SampleOrder.of(samples.size(), 42, 0);
        for (int from = 0; from < order.length; from += batch) {
            int rows = Math.min(batch, order.length - from);
            var inputs = new float[rows * samples.inputs()];
            var labels = new float[rows * 10];
            for (int row : IntStream.range(0, rows).toArray()) {
                samples.copyInputs(order[from + row], inputs, row * samples.inputs());
                labels[row * 10 + samples.label(order[from + row])] = 1;
            }
            network.fit(
                    Nd4j.createFromArray(inputs).reshape(rows, samples.inputs()),
                    Nd4j.createFromArray(labels).reshape(rows, 10));
        }
        return (System.nanoTime() - start) / 1e9;
    }
}
