package dev.capstan.bench.serving;

import dev.capstan.bench.Ports;
import dev.capstan.bench.serving.Servers.Running;
import dev.capstan.worker.model.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Our server beside MLServer, KServe's Python server and ONNX Runtime by itself: the same models, machine and load, one
 * run. All that answers has one core, all that asks the other. They take turns, so that what else the machine does
 * slows all of them; each figure is a median over rounds.
 */
final class Serving {
    private static final int[] CLIENTS = {1, 8, Report.MANY};
    private static final int STARTS = 3;
    private static final int CLIENTS_CORE = 1;
    private static final Duration WARM_UP = Duration.ofMillis(300);

    private static final int[] WARMED_BY = {8, 1};
    private static final Duration SLICE = Duration.ofSeconds(1);
    private static final int MOST_SLICES = 20;
    /** Slices in a row that were no faster than those before. */
    private static final int VAIN_SLICES = 2;

    private static final double FASTER = 1.03;

    private final Servers servers;
    private final Path folder;
    private final Path data;
    private final int rounds;
    private final Duration counted;
    private final Map<BenchModels, List<Question>> questions = new EnumMap<>(BenchModels.class);
    private final Report report;

    private Serving(Servers servers, Path data, int rounds, Duration counted, Report report) {
        this.servers = servers;
        folder = servers.folder();
        this.data = data;
        this.rounds = rounds;
        this.counted = counted;
        this.report = report;
    }

    /**
     * Arguments: the file for figures, a folder to work in, a folder of images, a folder of scripts, the Pythons of
     * MLServer and KServe, rounds, seconds of a measurement, the worker's class path, this benchmark's classes, a cache
     * of the worker's classes, and Java with the worker's flags.
     */
    public static void main(String[] arguments) throws Exception {
        pin();
        Native.load(Map.of());
        var folder = Path.of(arguments[1]);
        var java = List.of(arguments).subList(11, arguments.length);
        var servers = new Servers(
                folder,
                Path.of(arguments[3]),
                java,
                Path.of(arguments[10]),
                arguments[8],
                Path.of(arguments[9]),
                Path.of(arguments[4]),
                Path.of(arguments[5]));
        try (var report = new Report(Path.of(arguments[0]))) {
            new Serving(
                            servers,
                            Path.of(arguments[2]),
                            Integer.parseInt(arguments[6]),
                            Duration.ofMillis((long) (1000 * Double.parseDouble(arguments[7]))),
                            report)
                    .run();
        }
    }

    /** This process, too: whoever asks mustn't take time from who answers. */
    private static void pin() throws IOException, InterruptedException {
        var pinning = new ProcessBuilder(
                        "taskset",
                        "-a",
                        "-c",
                        "-p",
                        String.valueOf(CLIENTS_CORE),
                        String.valueOf(ProcessHandle.current().pid()))
                .redirectErrorStream(true)
                .start();
        var said = new String(pinning.getInputStream().readAllBytes());
        if (pinning.waitFor() != 0) {
            throw new IOException("a core for clients and one for servers are needed: " + said);
        }
    }

    private void run() throws Exception {
        for (var each : BenchModels.values()) {
            questions.put(each, each.write(folder, data));
        }
        coldStarts();
        measureClients();
        var all = new LinkedHashMap<String, Running>();
        Floor floor = null;
        try {
            all.put("Capstan", servers.ours());
            all.put("MLServer", servers.mlserver());
            all.put("KServe", servers.kserve());
            for (var each : all.values()) {
                awaitAnswers(each);
            }
            all.put("router", servers.router(all.get("Capstan")));
            awaitAnswers(all.get("router"));
            floor = servers.floor();
            compare(all, floor);
            for (var each : all.values()) {
                report.memory(each.name(), each.process().megabytes());
            }
        } finally {
            all.values().forEach(Running::close);
            if (floor != null) {
                floor.java().close();
                floor.python().close();
            }
        }
        report.print();
    }

    private void awaitAnswers(Running server) throws IOException, InterruptedException {
        for (var each : BenchModels.values()) {
            for (var target : server.variants().get(each.served())) {
                Ready.firstAnswer(server, target, questions.get(each).getFirst(), System.nanoTime());
            }
        }
    }

    private interface Starter {
        Running start() throws IOException;
    }

    private void coldStarts() throws IOException, InterruptedException {
        for (int i = 0; i < STARTS; i++) {
            for (var starter : List.<Starter>of(servers::ours, servers::mlserver, servers::kserve)) {
                long since = System.nanoTime();
                try (var server = starter.start()) {
                    var target = server.variants().get(BenchModels.MLP.served()).getFirst();
                    report.coldStart(
                            server.name(),
                            Ready.firstAnswer(
                                    server,
                                    target,
                                    questions.get(BenchModels.MLP).getFirst(),
                                    since));
                }
            }
        }
    }

    /** What the clients could ask at most, of a server that computes nothing. */
    private void measureClients() throws IOException, InterruptedException {
        var question = questions.get(BenchModels.MLP).getFirst();
        int port = Ports.free(1).getFirst();
        var target = new Target("nothing", Target.Way.REST_BINARY, port, BenchModels.MLP.served());
        try (var server = servers.nothing(port, RestConnection.length(target, question), question)) {
            Ready.firstAnswer(server, target, question, System.nanoTime());
            for (int clients : CLIENTS) {
                Load.on(target, List.of(question), clients, WARM_UP, counted);
                report.clients(clients, Load.on(target, List.of(question), clients, WARM_UP, counted));
            }
        }
    }

    private void compare(Map<String, Running> all, Floor floor) throws IOException {
        for (var model : BenchModels.values()) {
            var chosen = new LinkedHashMap<String, Map<Integer, Target>>();
            for (var server : all.values()) {
                chosen.put(server.name(), best(server, model));
            }
            // The router's own addition is told by the same way of asking as without it.
            var direct = chosen.get("Capstan").get(1);
            chosen.put(
                    "router",
                    Map.of(
                            1,
                            all.get("router").variants().get(model.served()).stream()
                                    .filter(each -> each.way() == direct.way())
                                    .findFirst()
                                    .orElseThrow()));
            var way = floor.best(model, seconds());
            System.out.printf("%s: ONNX Runtime alone computes most as %s%n", model.served(), way);
            for (int round = 0; round < rounds; round++) {
                for (int clients : CLIENTS) {
                    var order = new ArrayList<>(chosen.keySet());
                    if (round % 2 == 1) {
                        order = new ArrayList<>(order.reversed());
                    }
                    for (var server : order) {
                        var target = chosen.get(server).get(clients);
                        if (target != null && server.equals("Capstan") && clients == Report.MANY) {
                            besideFloor(model, target, floor, way, round);
                        } else if (target != null) {
                            report.load(model, target, clients, load(model, target, clients));
                        }
                    }
                    if (clients == 1) {
                        report.single(model, floor.single(model, seconds()));
                    }
                }
            }
        }
    }

    /** One after the other, in turns: the machine's own speed changes within a round. */
    private void besideFloor(BenchModels model, Target target, Floor floor, Floor.Way way, int round)
            throws IOException {
        boolean first = round % 2 == 0;
        if (first) {
            report.load(model, target, Report.MANY, load(model, target, Report.MANY));
        }
        report.floor(model, floor.measure(model, way, seconds()));
        if (!first) {
            report.load(model, target, Report.MANY, load(model, target, Report.MANY));
        }
    }

    private Load load(BenchModels model, Target target, int clients) throws IOException {
        return Load.on(target, questions.get(model), clients, WARM_UP, counted);
    }

    private double seconds() {
        return counted.toMillis() / 1e3;
    }

    /**
     * Asks until that makes it no faster: a JVM compiles what runs often, and does so on the core that answers. One
     * client and several are answered in different ways.
     */
    private void warm(Target target, BenchModels model) throws IOException {
        for (int clients : WARMED_BY) {
            double best = 0;
            for (int slice = 0, vain = 0; slice < MOST_SLICES && vain < VAIN_SLICES; slice++) {
                double speed = Load.on(target, questions.get(model), clients, Duration.ZERO, SLICE)
                        .perSecond();
                vain = speed > FASTER * best ? 0 : vain + 1;
                best = Math.max(best, speed);
            }
        }
    }

    /** For each number of clients, in which way a server answers most. */
    private Map<Integer, Target> best(Running server, BenchModels model) throws IOException {
        var variants = server.variants().get(model.served());
        for (var each : variants) {
            warm(each, model);
        }
        var best = new LinkedHashMap<Integer, Target>();
        for (int clients : Arrays.stream(CLIENTS).boxed().toList().reversed()) {
            var speeds = new LinkedHashMap<Target, Double>();
            for (var each : variants) {
                speeds.put(
                        each,
                        Load.on(each, questions.get(model), clients, WARM_UP, counted)
                                .perSecond());
            }
            best.put(
                    clients,
                    speeds.entrySet().stream()
                            .max(Comparator.comparing(Map.Entry::getValue))
                            .orElseThrow()
                            .getKey());
        }
        return best;
    }
}
