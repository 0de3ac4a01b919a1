package dev.capstan.bench.training;

import dev.capstan.protocol.Training.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;

/**
 * The worker's training loop beside PyTorch's: by one thread, in time of processors; by two; and by two and four
 * processes that share their batches, beside as many that don't and beside DistributedDataParallel, by the clock. What
 * a file says comes from disk is in memory; both take their batches from there in an order of their own each epoch.
 */
final class Training implements AutoCloseable {
    private static final String START = "start";
    private static final String OURS = "capstan";
    private static final String DL4J = "deeplearning4j";
    private static final String FIT = "fit";
    private static final String TORCH = "pytorch";
    private static final String FUSED = "pytorch_fused";
    private static final String TWO = "capstan_two_threads";
    private static final String TORCH_TWO = "pytorch_two_threads";
    private static final String ALONE = "side_by_side";
    private static final String TOGETHER = "together";
    private static final String DDP = "ddp";
    private static final String DDP_FUSED = "ddp_fused";

    /** A ratio's interval is to be no wider. */
    private static final double WIDE = 0.1;

    private static final int[] GANGS = {2, 4};

    private final Site site;
    private final int rounds;
    private final PrintWriter raw;
    private final List<String> keys = new ArrayList<>();

    private Training(Site site, int rounds, Path csv) throws IOException {
        this.site = site;
        this.rounds = rounds;
        raw = new PrintWriter(Files.newBufferedWriter(csv));
        raw.println("model,way,workers,samples_per_second,samples_per_cpu_second");
    }

    /**
     * Arguments: files for figures and for logs, MNIST, Python, stubs, script, folder with what the worker's image
     * holds, rounds, and rows (all of them if none): models, and {@code start}.
     */
    public static void main(String[] arguments) throws IOException {
        var csv = Path.of(arguments[0]);
        var log = Path.of(arguments[1]);
        Files.deleteIfExists(log);
        var site = new Site(
                Path.of(arguments[2]), Path.of(arguments[3]), Path.of(arguments[4]), Path.of(arguments[5]), log);
        var rows = Arrays.stream(arguments).skip(8).toList();
        var models = rows.isEmpty()
                ? List.of(Model.values())
                : rows.stream()
                        .filter(each -> !each.equals(START))
                        .map(each -> Model.valueOf(each.toUpperCase(Locale.ROOT)))
                        .toList();
        try (var training = new Training(site, Integer.parseInt(arguments[7]), csv)) {
            if (rows.isEmpty() || rows.contains(START)) {
                training.start(new Start(Path.of(arguments[6]), site.mnist(), log));
            }
            for (var model : models) {
                training.byOneProcess(model);
            }
            for (var model : models) {
                if (model.isShared()) {
                    training.bySeveral(model);
                }
            }
            System.out.println(String.join(" ", training.keys) + " csv=" + csv);
        }
    }

    /** From a process' start to its first step, by either engine, and the memory that it takes some steps later. */
    private void start(Start start) throws IOException {
        var seconds = new EnumMap<Engine, List<Double>>(Engine.class);
        var megabytes = new EnumMap<Engine, List<Double>>(Engine.class);
        for (int round = 0; round <= rounds; round++) {
            for (var engine : Engine.values()) {
                var began = start.begin(engine);
                // The first of all finds nothing in the system's caches.
                if (round > 0) {
                    seconds.computeIfAbsent(engine, each -> new ArrayList<>()).add(began.seconds());
                    megabytes.computeIfAbsent(engine, each -> new ArrayList<>()).add(began.megabytes());
                    raw.printf(Locale.ROOT, "%s,%s,1,%.3f,%.1f%n", START, engine, began.seconds(), began.megabytes());
                }
            }
        }
        say("%na worker of the image, mlp on all of MNIST: seconds to its first step, MB of memory");
        for (var engine : Engine.values()) {
            var took = new Ratios(seconds.get(engine));
            double memory = new Ratios(megabytes.get(engine)).median();
            say("  %-20s %s  %.0f", engine, took, memory);
            var of = engine == Engine.LIBTORCH ? "" : "_dl4j";
            keys.add(String.format(Locale.ROOT, "first_step%s_s=%.2f", of, took.median()));
            keys.add(String.format(Locale.ROOT, "worker%s_mb=%.0f", of, memory));
        }
    }

    private void byOneProcess(Model model) throws IOException {
        say("%n%s: an output differs from PyTorch's by %.1e at most", model.key(), site.difference(model));
        try (var turns = new Turns(model, this::row)) {
            var torch = site.pytorch(model, 1);
            turns.add(OURS, 1, site.alone(model, Engine.LIBTORCH.name(), 1))
                    .add(TORCH, 1, torch, "default")
                    .add(FUSED, 1, torch, "fused")
                    .add(DL4J, 1, site.alone(model, Engine.DEEPLEARNING4J.name(), 1))
                    .add(TWO, 1, site.alone(model, Engine.LIBTORCH.name(), 2))
                    .add(TORCH_TWO, 1, site.pytorch(model, 2), "default");
            if (model.takesRows()) {
                turns.add(FIT, 1, site.alone(model, "FIT", 1));
            }
            turns.run(rounds, () -> turns.byProcessor(OURS, TORCH).width() <= WIDE);
            say("%s, batch %d, one process: samples in a second of a processor", model.key(), model.batch());
            for (var way : List.of(OURS, TORCH, FUSED, DL4J)) {
                say("  %-20s %8.0f", way, new Ratios(turns.perCpuSecond(way)).median());
            }
            tell(model, "vs_torch", turns.byProcessor(OURS, TORCH));
            tell(model, "vs_fused", turns.byProcessor(OURS, FUSED));
            tell(model, "vs_dl4j", turns.byProcessor(OURS, DL4J));
            if (model.takesRows()) {
                tell(model, "dl4j_vs_fit", turns.byProcessor(DL4J, FIT));
            }
            tell(model, "two_threads", turns.byClock(TWO, OURS));
            tell(model, "two_threads_torch", turns.byClock(TORCH_TWO, TORCH));
            say("  MB of memory: %.0f, by Deeplearning4j alone %.0f", turns.megabytes(OURS), turns.megabytes(DL4J));
        }
    }

    private void bySeveral(Model model) throws IOException {
        for (int workers : GANGS) {
            try (var turns = new Turns(model, this::row)) {
                var distributed = site.distributed(model, workers);
                turns.add(TOGETHER, workers, site.together(model, workers))
                        .add(ALONE, workers, site.sideBySide(model, workers))
                        .add(DDP, workers, distributed, "default")
                        .add(DDP_FUSED, workers, distributed, "fused")
                        .run(
                                rounds,
                                () -> scale(turns, workers).width() <= WIDE
                                        && turns.byClock(TOGETHER, DDP).width() <= WIDE);
                say("%n%s, batch %d a worker, %d of them: samples/s of all", model.key(), model.batch(), workers);
                for (var way : List.of(TOGETHER, ALONE, DDP, DDP_FUSED)) {
                    say("  %-20s %8.0f", way, new Ratios(turns.perSecond(way)).median());
                }
                var of = workers == GANGS[0] ? "" : "_" + workers;
                tell("scale_" + model.key() + of, scale(turns, workers));
                tell("ddp_" + model.key() + of, turns.byClock(TOGETHER, DDP));
                tell("ddp_fused_" + model.key() + of, turns.byClock(TOGETHER, DDP_FUSED));
            }
        }
    }

    /** How many unconnected workers' worth they do. */
    private static Ratios scale(Turns turns, int workers) {
        return turns.byClock(TOGETHER, ALONE).times(workers);
    }

    private void tell(Model model, String what, Ratios ratios) {
        tell(model.key() + "_" + what, ratios);
    }

    private void tell(String key, Ratios ratios) {
        say("  %-20s %s", key, ratios);
        keys.add(String.format(Locale.ROOT, "%s=%.2f", key, ratios.median()));
    }

    private static void say(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }

    private void row(Model model, String way, int workers, double perSecond, double perCpuSecond) {
        raw.printf(Locale.ROOT, "%s,%s,%d,%.1f,%.1f%n", model.key(), way, workers, perSecond, perCpuSecond);
        raw.flush();
    }

    @Override
    public void close() {
        raw.close();
    }
}
