package dev.capstan.bench.training;

import dev.capstan.protocol.Training.Engine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
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
        int port = freePorts(1).getFirst();
        var commands = new ArrayList<List<String>>();
        for (int rank = 0; rank < workers; rank++) {
            var command = new ArrayList<>(python(model, 1));
            command.addAll(List.of(String.valueOf(rank), String.valueOf(workers), String.valueOf(port)));
            commands.add(command);
        }
        return Crew.start(commands, ofPytorch(1), log);
    }

    private List<String> worker(Model model, String kind, int rank, String peers) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // Many of them share the machine, and a worker's samples are few here.
        command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path"), Worker.class.getName()));
        command.addAll(List.of(kind, model.name(), mnist.toString(), String.valueOf(rank), peers));
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
        return Map.of("OMP_NUM_THREADS", String.valueOf(count));
    }

    private static String addresses(int count) throws IOException {
        return freePorts(count).stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    private static List<Integer> freePorts(int count) throws IOException {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }
}
