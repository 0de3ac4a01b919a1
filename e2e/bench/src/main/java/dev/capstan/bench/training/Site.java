package dev.capstan.bench.training;

import dev.capstan.bench.Ports;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Training.Engine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Starts those who train.
 *
 * @param mnist folder of its training data
 * @param python that has PyTorch
 * @param stubs of NVIDIA's libraries
 * @param script that trains by PyTorch
 * @param log what all of them say
 */
record Site(Path mnist, Path python, Path stubs, Path script, Path log) {
    /** Outputs are from 0 to 1. */
    private static final double NEAR = 1e-4;

    /**
     * Has a model's answers compared with those of PyTorch's model of the same name.
     *
     * @return the largest difference of an output
     * @throws IOException if they don't have as many parameters, or differ by more than rounding
     */
    double difference(Model model) throws IOException {
        var file = Files.createTempFile("answers-", "." + model.key());
        try {
            run(worker("ANSWERS", model.name(), mnist.toString(), file.toString()), threads(1));
            var found = run(
                            List.of(python.toString(), script.toString(), model.key(), "answers", file.toString()),
                            ofPytorch(1))
                    .strip();
            int last = found.lastIndexOf(' ');
            double difference = Double.parseDouble(found.substring(last + 1));
            var parameters = found.substring(0, last);
            if (!(difference <= NEAR) || !parameters.matches("[0-9]+")) {
                throw new IOException("PyTorch's " + model.key() + " is another model: an output differs by "
                        + difference + ", and it has " + parameters + " parameters");
            }
            return difference;
        } finally {
            Files.delete(file);
        }
    }

    private String run(List<String> command, Map<String, String> environment) throws IOException {
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        var process = builder.start();
        try (var out = process.getInputStream()) {
            var said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException(command + " has failed; it said why in " + log);
            }
            return said;
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new IOException("interrupted", e);
        }
    }

    /** A worker alone. */
    Crew alone(Model model, String kind, int threads) throws IOException {
        return Crew.start(List.of(worker(model, kind, 0, addresses(1))), threads(threads), log);
    }

    /** Workers that compute by LibTorch, each on its own. */
    Crew sideBySide(Model model, int workers) throws IOException {
        var commands = new ArrayList<List<String>>();
        for (int i = 0; i < workers; i++) {
            commands.add(worker(model, Engine.LIBTORCH.name(), 0, addresses(1)));
        }
        return Crew.start(commands, threads(1), log);
    }

    /** Workers that share their batches. */
    Crew together(Model model, int workers) throws IOException {
        var addresses = addresses(workers);
        return Crew.start(
                IntStream.range(0, workers)
                        .mapToObj(rank -> worker(model, Engine.LIBTORCH.name(), rank, addresses))
                        .toList(),
                threads(1),
                log);
    }

    /** PyTorch in one process. */
    Crew pytorch(Model model, int threads) throws IOException {
        return Crew.start(List.of(python(model, threads)), ofPytorch(threads), log);
    }

    /** PyTorch's DistributedDataParallel. */
    Crew distributed(Model model, int workers) throws IOException {
        int port = Ports.free(1).getFirst();
        var commands = new ArrayList<List<String>>();
        for (int rank = 0; rank < workers; rank++) {
            var command = new ArrayList<>(python(model, 1));
            command.addAll(List.of(String.valueOf(rank), String.valueOf(workers), String.valueOf(port)));
            commands.add(command);
        }
        return Crew.start(commands, ofPytorch(1), log);
    }

    private List<String> worker(Model model, String kind, int rank, String peers) {
        return worker(kind, model.name(), mnist.toString(), String.valueOf(rank), peers);
    }

    private static List<String> worker(String... arguments) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // Many of them share the machine, and a worker's samples are few here.
        command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path"), Worker.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> python(Model model, int threads) {
        return List.of(
                python.toString(),
                script.toString(),
                model.key(),
                String.valueOf(model.batch()),
                String.valueOf(model.steps()),
                mnist.toString(),
                String.valueOf(threads));
    }

    private Map<String, String> ofPytorch(int threads) {
        return Map.of(
                "OMP_NUM_THREADS", String.valueOf(threads),
                "LD_LIBRARY_PATH", stubs.toString(),
                "GLOO_SOCKET_IFNAME", "lo");
    }

    private static Map<String, String> threads(int count) {
        return Map.of("OMP_NUM_THREADS", "1", Contract.CORES, String.valueOf(count));
    }

    private static String addresses(int count) throws IOException {
        return Ports.free(count).stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }
}
