package dev.capstan.bench.engine;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the engine's benchmark on clusters of growing size, and draws how its times grow. */
final class EngineGrowth {
    private static final String[] NODES = {"100", "300", "1000", "3000", "12500"};

    private EngineGrowth() {}

    /** @param arguments a CSV file and an SVG file to write, and numbers of nodes */
    public static void main(String[] arguments) throws IOException, RunnerException {
        var nodes = arguments.length > 2 ? Arrays.copyOfRange(arguments, 2, arguments.length) : NODES;
        var options = new OptionsBuilder()
                .include(EngineBenchmark.class.getName())
                .param("nodes", nodes)
                .forks(1)
                .jvmArgs("-Xmx2g", "-XX:+UseSerialGC", "--sun-misc-unsafe-memory-access=allow") // JMH itself uses it
                .warmupIterations(4)
                .warmupTime(TimeValue.seconds(2))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(2))
                .verbosity(VerboseMode.SILENT)
                .build();
        System.out.printf("%-16s %6s %10s %10s %10s  of one pass, in ms%n", "", "nodes", "median", "mean", "99%");
        Map<String, Map<Integer, Double>> medians = new TreeMap<>();
        try (var csv = new PrintWriter(Files.newBufferedWriter(Path.of(arguments[0])))) {
            csv.println("benchmark,nodes,median_ms,mean_ms,p99_ms,samples");
            for (var result : new Runner(options).run()) {
                report(result, csv, medians);
            }
        }
        Files.writeString(Path.of(arguments[1]), Plot.svg(medians));
        int most = Arrays.stream(nodes).mapToInt(Integer::parseInt).max().orElseThrow();
        var crowd = new Crowd(most, 42);
        long before = heap();
        var engine = crowd.engine();
        var placed = engine.cycle(Crowd.NOW);
        long bytes = heap() - before;
        crowd.check(placed);
        checkMemory(bytes, engine);
        System.out.printf(
                Locale.ROOT,
                "nodes=%d gpus=%d gangs=%d placed=%d pods=%d full_pass_ms=%.2f incremental_ms=%.3f from_nothing_ms=%.1f engine_mb=%.1f most_mb=%.1f waiting=%d csv=%s svg=%s%n",
                most,
                most * Crowd.GPUS_PER_NODE,
                crowd.workloads.size(),
                placed.size(),
                placed.stream().mapToInt(each -> ((Decision.Admit) each).size()).sum(),
                medians.get("fullPass").get(most),
                medians.get("incrementalPass").get(most),
                medians.get("fromNothing").get(most),
                bytes / 1e6,
                engine.mostBytes() / 1e6,
                engine.waiting(),
                arguments[0],
                arguments[1]);
    }

    /** @throws IllegalStateException when the engine takes more than it says */
    private static void checkMemory(long bytes, Engine engine) {
        if (bytes > engine.mostBytes()) {
            throw new IllegalStateException(
                    "the engine takes %d bytes, and says at most %d".formatted(bytes, engine.mostBytes()));
        }
    }

    /** Bytes in use, after the garbage is gone. */
    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void report(RunResult result, PrintWriter csv, Map<String, Map<Integer, Double>> medians) {
        var name = result.getParams().getBenchmark();
        var method = name.substring(name.lastIndexOf('.') + 1);
        int nodes = Integer.parseInt(result.getParams().getParam("nodes"));
        var times = result.getPrimaryResult().getStatistics();
        double median = times.getPercentile(50);
        medians.computeIfAbsent(method, each -> new TreeMap<>()).put(nodes, median);
        System.out.printf(
                Locale.ROOT,
                "%-16s %6d %10.3f %10.3f %10.3f%n",
                method,
                nodes,
                median,
                times.getMean(),
                times.getPercentile(99));
        csv.printf(
                Locale.ROOT,
                "%s,%d,%.4f,%.4f,%.4f,%d%n",
                method,
                nodes,
                median,
                times.getMean(),
                times.getPercentile(99),
                times.getN());
    }
}
