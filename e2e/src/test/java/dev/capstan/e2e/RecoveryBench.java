package dev.capstan.e2e;

import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * How long it takes from the moment when a worker's process is killed to the next completed step, of a model with 100
 * MB of parameters and updater state: where another pod takes the lost rank, and where a plain indexed Job with the
 * same containers starts all over from its last checkpoint.
 */
final class RecoveryBench {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String JOB = "large";
    /** Of two layers: 9 million parameters, of which Adam keeps two more numbers each. */
    private static final int UNITS = 2990;

    private static final int WORKERS = 2;
    /** For so long it is measured what a spare takes that waits. */
    private static final Duration STANDING_BY = Duration.ofSeconds(20);
    /** Some seconds of training. */
    private static final int EVERY_STEPS = 25;

    private final Cluster cluster;
    private final Tenant tenant;
    private final FaultInjector injector;
    private final Random random;
    private final int rounds;
    private final List<Row> rows = new ArrayList<>();
    private final List<String> stories = new ArrayList<>();
    private double spareCores;

    /**
     * Seconds after the kill, and steps that were done again.
     *
     * @param missed until another worker missed the killed one
     * @param started until another process wrote its first line
     * @param told until a worker heard who is in the gang now; empty where nobody says so
     * @param step until the next step was completed
     */
    private record Row(
            String mode,
            int round,
            int rank,
            double missed,
            double started,
            Optional<Double> told,
            double step,
            long lost) {}

    private RecoveryBench(Cluster cluster, Tenant tenant, FaultInjector injector, int rounds, long seed) {
        this.cluster = cluster;
        this.tenant = tenant;
        this.injector = injector;
        this.rounds = rounds;
        random = new Random(seed);
    }

    /** @param arguments a CSV file and an SVG file to write, rounds, and a seed of who is killed when */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (var cluster = Cluster.connect();
                var tenant = Tenant.create(cluster, "recovery");
                var logging = StepLogging.in(cluster, tenant);
                var injector = new FaultInjector(cluster)) {
            var undo = new Thread(() -> {
                logging.close();
                tenant.close();
            });
            Runtime.getRuntime().addShutdownHook(undo);
            var bench = new RecoveryBench(
                    cluster, tenant, injector, Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]));
            bench.measure();
            bench.report(Path.of(arguments[0]), Path.of(arguments[1]));
            Runtime.getRuntime().removeShutdownHook(undo);
        }
    }

    private void measure() throws InterruptedException {
        tenant.putBlobs();
        System.out.printf(
                "%-8s %5s %4s %8s %8s %8s %8s %5s%n", "", "round", "rank", "missed", "started", "told", "step", "lost");
        inPlace("spare", job(JOB + "-spared").with("redundancy.spares", "1"));
        var plain = inPlace("pod", job(JOB));
        for (int round = 1; round <= rounds; round++) {
            // Each time a new one: a kubelet starts a container again at once the first time alone.
            var name = "plain-" + round;
            try (var gang = new Gang(cluster, tenant, PlainJob.NAME_LABEL, name, PlainJob.RANK_LABEL, rank -> rank)) {
                plain.start(name, EVERY_STEPS);
                await(
                        gang,
                        "a checkpoint of " + name,
                        () -> gang.log().first(GangLog.Kind.KEPT, Instant.EPOCH).isPresent());
                measure("restart", round, gang);
                stories.addAll(gang.log().story());
            } finally {
                plain.delete(name);
            }
            tenant.awaitNothing(PlainJob.NAME_LABEL + "=" + name, PATIENCE);
        }
    }

    /** Takes a worker from a job again and again; returns the same as a plain Job. */
    private PlainJob inPlace(String mode, JobManifest job) throws InterruptedException {
        try (var gang = Gang.of(cluster, tenant, job.name())) {
            tenant.create(job);
            tenant.await(
                    job.name(),
                    "can replace workers",
                    PATIENCE,
                    now -> now.getStatus().getMembership() != null);
            var plain = PlainJob.like(cluster.client(), gang.worker(0));
            boolean spared = mode.equals("spare");
            if (spared) {
                awaitSpare(job.name(), 0);
                spareCores = injector.cores(gang.spare(WORKERS), STANDING_BY);
            }
            for (int round = 1; round <= rounds; round++) {
                if (spared) {
                    awaitSpare(job.name(), round - 1);
                }
                measure(mode, round, gang);
            }
            stories.addAll(gang.log().story());
            tenant.kubectl("delete", "trainingjob/" + job.name());
            tenant.awaitNothing("capstan.dev/job=" + job.name(), PATIENCE);
            return plain;
        }
    }

    /** The one that took a rank is counted among the spares until the status tells of that recovery. */
    private void awaitSpare(String job, int recoveries) {
        tenant.await(
                job,
                "has a spare that is ready",
                PATIENCE,
                now -> recoveries(now) >= recoveries
                        && Integer.valueOf(1)
                                .equals(now.getStatus().getWorkers().getSparesReady()));
    }

    private static int recoveries(TrainingJob job) {
        var recovery = job.getStatus().getRecovery();
        return recovery == null || recovery.getRecoveries() == null ? 0 : recovery.getRecoveries();
    }

    private static JobManifest job(String name) {
        var layer = "- dense: {units: " + UNITS + ", activation: relu}\n";
        return JobManifest.of(name)
                .replicas(WORKERS)
                .withoutGpus()
                // For longer than it is looked at.
                .epochs(5000)
                .maxRestarts(1000)
                .with("model.layers", layer + layer + "- output: {units: 4, activation: softmax, loss: mcxent}")
                // A process that starts has much to do side by side: classes, compilers, libraries, the state. It
                // trains on one core.
                .with("workers.resources.limits", "{cpu: 2, memory: 2Gi}");
    }

    private void measure(String mode, int round, Gang gang) throws InterruptedException {
        int rank = random.nextInt(WORKERS);
        Thread.sleep(1000 + random.nextInt(2000));
        Pod pod = gang.worker(rank);
        var log = gang.log();
        var at = injector.kill(List.of(pod));
        await(gang, "the next step", () -> log.next(at).isPresent());
        var next = log.next(at).orElseThrow();
        var row = new Row(
                mode,
                round,
                rank,
                seconds(at, log.first(GangLog.Kind.MISSED, at)).orElse(Double.NaN),
                seconds(at, log.started(at)).orElse(Double.NaN),
                seconds(at, log.first(GangLog.Kind.TOLD, at)),
                seconds(at, Optional.of(next.at())).orElseThrow(),
                log.lost(at, next));
        rows.add(row);
        System.out.printf(
                Locale.ROOT,
                "%-8s %5d %4d %8.3f %8.3f %8s %8.3f %5d%n",
                mode,
                round,
                rank,
                row.missed(),
                row.started(),
                row.told().map(each -> String.format(Locale.ROOT, "%.3f", each)).orElse(""),
                row.step(),
                row.lost());
    }

    private static Optional<Double> seconds(Instant from, Optional<Instant> to) {
        return to.map(each -> Duration.between(from, each).toNanos() / 1e9);
    }

    private static void await(Gang gang, String what, java.util.function.BooleanSupplier holds)
            throws InterruptedException {
        if (!gang.log().await(PATIENCE, holds)) {
            throw new IllegalStateException(what + " was waited for in vain; what the workers said:\n"
                    + String.join("\n", gang.log().story()));
        }
    }

    private void report(Path csv, Path svg) throws IOException {
        var lines = new ArrayList<String>();
        lines.add("mode,round,rank,missed_s,started_s,told_s,step_s,lost_steps");
        rows.forEach(row -> lines.add(String.format(
                Locale.ROOT,
                "%s,%d,%d,%.4f,%.4f,%s,%.4f,%d",
                row.mode(),
                row.round(),
                row.rank(),
                row.missed(),
                row.started(),
                row.told().map(each -> String.format(Locale.ROOT, "%.4f", each)).orElse(""),
                row.step(),
                row.lost())));
        Files.write(csv, lines);
        Files.write(csv.resolveSibling("recovery.log"), stories);
        Map<String, List<Double>> seconds = rows.stream()
                .collect(Collectors.groupingBy(
                        Row::mode,
                        LinkedHashMap::new,
                        Collectors.mapping(
                                Row::step, Collectors.collectingAndThen(Collectors.toList(), RecoveryBench::sorted))));
        Files.writeString(svg, RecoveryPlot.svg(seconds));
        System.out.println(seconds.entrySet().stream()
                        .map(each -> String.format(
                                Locale.ROOT,
                                "%1$s_p50_s=%2$.3f %1$s_worst_s=%3$.3f ",
                                each.getKey(),
                                median(each.getValue()),
                                each.getValue().getLast()))
                        .collect(Collectors.joining())
                + "lost_steps_max="
                + rows.stream()
                        .filter(row -> !row.mode().equals("restart"))
                        .mapToLong(Row::lost)
                        .max()
                        .orElse(0)
                + " restart_lost_steps_max="
                + rows.stream()
                        .filter(row -> row.mode().equals("restart"))
                        .mapToLong(Row::lost)
                        .max()
                        .orElse(0)
                + String.format(Locale.ROOT, " spare_cores=%.4f", spareCores)
                + " rounds=" + rounds + " csv=" + csv + " svg=" + svg);
    }

    private static List<Double> sorted(List<Double> values) {
        return values.stream().sorted().toList();
    }

    /** The middle of sorted values; of an even number of them, the mean of the two. */
    private static double median(List<Double> sorted) {
        int count = sorted.size();
        return (sorted.get((count - 1) / 2) + sorted.get(count / 2)) / 2;
    }
}
