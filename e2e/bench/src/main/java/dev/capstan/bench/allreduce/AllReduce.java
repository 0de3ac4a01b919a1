package dev.capstan.bench.allreduce;

import dev.capstan.bench.Ports;
import dev.capstan.bench.training.Crew;
import dev.capstan.bench.training.Ratios;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The ring beside PyTorch's all_reduce over gloo: the same floats, as many processes, joined by loopback, in turns, by
 * the clock.
 */
final class AllReduce implements AutoCloseable {
    private static final String GLOO = "gloo";
    private static final int[] GANGS = {2, 4};
    private static final List<Integer> MEGABYTES = List.of(1, 25, 100);
    /** A ratio's interval is to be no wider. */
    private static final double WIDE = 0.1;
    /** Seconds of the clock by each way before anything counts: a JVM compiles what runs often. */
    private static final double WARM_UP = 4;

    private final Path log;
    private final List<String> python;
    private final Path stubs;
    private final int rounds;
    private final PrintWriter raw;
    /** Of each key, the smallest median. */
    private final Map<String, Double> keys = new LinkedHashMap<>();

    private AllReduce(Path csv, Path log, List<String> python, Path stubs, int rounds) throws IOException {
        this.log = log;
        this.python = python;
        this.stubs = stubs;
        this.rounds = rounds;
        raw = new PrintWriter(Files.newBufferedWriter(csv));
        raw.println("ranks,megabytes,way,seconds,cpu_seconds");
    }

    /** Arguments: files for figures and for logs, Python, stubs, script, rounds, and megabytes (1, 25, 100 if none). */
    public static void main(String[] arguments) throws IOException {
        var log = Path.of(arguments[1]);
        Files.deleteIfExists(log);
        var sizes = arguments.length > 6
                ? Arrays.stream(arguments).skip(6).map(Integer::valueOf).toList()
                : MEGABYTES;
        try (var bench = new AllReduce(
                Path.of(arguments[0]),
                log,
                List.of(arguments[2], arguments[4]),
                Path.of(arguments[3]),
                Integer.parseInt(arguments[5]))) {
            for (int ranks : GANGS) {
                bench.compare(ranks, sizes);
            }
            System.out.println(bench.keys.entrySet().stream()
                            .map(each -> String.format(Locale.ROOT, "%s=%.2f", each.getKey(), each.getValue()))
                            .collect(Collectors.joining(" "))
                    + " csv=" + arguments[0]);
        }
    }

    private void compare(int ranks, List<Integer> sizes) throws IOException {
        try (var ours = ours(ranks);
                var gloo = gloo(ranks)) {
            var ways = new LinkedHashMap<String, Crew>();
            for (var way : Way.values()) {
                ways.put(way.name(), ours);
            }
            ways.put(GLOO, gloo);
            for (int megabytes : sizes) {
                compare(ranks, megabytes, ways);
            }
        }
    }

    private void compare(int ranks, int megabytes, Map<String, Crew> ways) throws IOException {
        int floats = megabytes * 1_000_000 / Float.BYTES;
        int times = Math.clamp(200 / megabytes, 3, 100);
        for (var each : ways.entrySet()) {
            for (double warm = 0; warm < WARM_UP; ) {
                warm += each.getValue()
                        .train(line(each.getKey(), floats, times))
                        .seconds();
            }
        }
        var seconds = new LinkedHashMap<String, List<Double>>();
        var computed = new LinkedHashMap<String, List<Double>>();
        for (var each : ways.keySet()) {
            seconds.put(each, new ArrayList<>());
            computed.put(each, new ArrayList<>());
        }
        var order = new ArrayList<>(ways.entrySet());
        for (int round = 0; round < rounds || round < 3 * rounds && !narrow(seconds); round++) {
            for (var each : round % 2 == 0 ? order : order.reversed()) {
                var took = each.getValue().train(line(each.getKey(), floats, times));
                seconds.get(each.getKey()).add(took.seconds() / times);
                computed.get(each.getKey()).add(took.computed() / times);
                raw.printf(
                        Locale.ROOT,
                        "%d,%d,%s,%.6f,%.6f%n",
                        ranks,
                        megabytes,
                        each.getKey(),
                        took.seconds() / times,
                        took.computed() / times);
            }
        }
        raw.flush();
        System.out.printf(
                Locale.ROOT,
                "%n%d ranks, %d MB: ms of a sum, and times gloo's speed; the same of processors%n",
                ranks,
                megabytes);
        for (var each : ways.keySet()) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-10s %8.2f  %s  %8.2f  %s%n",
                    each.toLowerCase(Locale.ROOT),
                    1e3 * new Ratios(seconds.get(each)).median(),
                    Ratios.of(seconds.get(GLOO), seconds.get(each)),
                    1e3 * new Ratios(computed.get(each)).median(),
                    Ratios.of(computed.get(GLOO), computed.get(each)));
        }
        for (var way : Way.values()) {
            keys.merge(key(way, megabytes), ratios(seconds, way).median(), Math::min);
        }
        keys.merge("allreduce_auth_min", ratios(seconds, Way.ENCRYPTED).median(), Math::min);
    }

    private static String key(Way way, int megabytes) {
        var of = way == Way.PLAIN ? "" : way.name().toLowerCase(Locale.ROOT) + "_";
        return "allreduce_" + of + megabytes + "mb_vs_gloo";
    }

    private static boolean narrow(Map<String, List<Double>> seconds) {
        return ratios(seconds, Way.PLAIN).width() <= WIDE
                && ratios(seconds, Way.ENCRYPTED).width() <= WIDE;
    }

    private static Ratios ratios(Map<String, List<Double>> seconds, Way way) {
        return Ratios.of(seconds.get(GLOO), seconds.get(way.name()));
    }

    private static String line(String way, int floats, int times) {
        return way + " " + floats + " " + times;
    }

    private Crew ours(int ranks) throws IOException {
        var addresses = new ArrayList<String>();
        for (var ports = Ports.free(ranks * Way.values().length);
                !ports.isEmpty();
                ports = ports.subList(ranks, ports.size())) {
            addresses.add(ports.subList(0, ranks).stream()
                    .map(port -> "127.0.0.1:" + port)
                    .collect(Collectors.joining(",")));
        }
        return Crew.start(
                IntStream.range(0, ranks)
                        .mapToObj(rank -> {
                            var command = new ArrayList<String>();
                            command.add(ProcessHandle.current().info().command().orElseThrow());
                            command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
                            command.addAll(List.of(
                                    "-Xmx512m",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    Rank.class.getName(),
                                    String.valueOf(rank)));
                            command.addAll(addresses);
                            return (List<String>) command;
                        })
                        .toList(),
                Map.of("OMP_NUM_THREADS", "1"),
                log);
    }

    private Crew gloo(int ranks) throws IOException {
        int port = Ports.free(1).getFirst();
        return Crew.start(
                IntStream.range(0, ranks)
                        .mapToObj(rank -> {
                            var command = new ArrayList<>(python);
                            command.addAll(List.of(String.valueOf(rank), String.valueOf(ranks), String.valueOf(port)));
                            return (List<String>) command;
                        })
                        .toList(),
                Map.of(
                        "OMP_NUM_THREADS", "1",
                        "LD_LIBRARY_PATH", stubs.toString(),
                        "GLOO_SOCKET_IFNAME", "lo"),
                log);
    }

    @Override
    public void close() {
        raw.close();
    }
}
