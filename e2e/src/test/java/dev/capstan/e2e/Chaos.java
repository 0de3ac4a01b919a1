package dev.capstan.e2e;

import dev.capstan.crds.Conditions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A job whose workers are taken from it at random moments, in every way that the cluster knows, ends with the model of
 * one that nobody disturbs. {@code ./capstan chaos} runs it; it takes minutes, and the tests of a change leave it out.
 */
final class Chaos {
    private static final int WORKERS = 3;
    private static final String JOB = "struck";
    private static final String UNDISTURBED = "calm";
    /** Until a gang has to be at work again, whatever came over it. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Duration TO_THE_END = Duration.ofMinutes(40);

    private final ChaosOptions options;
    private final Cluster cluster;
    private final Tenant tenant;
    private final FaultInjector injector;
    private final Gang gang;
    private final List<Outcome> outcomes = new ArrayList<>();
    private Striker striker;
    private long steps;
    private long stepsOfEpoch;

    /**
     * What a fault has come to.
     *
     * @param seconds from the fault, or from when a worker left that was asked to, to the next completed step
     * @param lost steps that were done before, and again
     */
    private record Outcome(Fault fault, double seconds, long lost, boolean anew) {}

    private Chaos(ChaosOptions options, Cluster cluster, Tenant tenant) {
        this.options = options;
        this.cluster = cluster;
        this.tenant = tenant;
        injector = new FaultInjector(cluster);
        gang = Gang.of(cluster, tenant, JOB);
    }

    public static void main(String[] arguments) throws InterruptedException, IOException {
        ChaosOptions options;
        try {
            options = ChaosOptions.of(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("chaos: " + e.getMessage());
            System.exit(2);
            return;
        }
        boolean well = false;
        try (var cluster = Cluster.connect();
                var tenant = Tenant.create(cluster, "chaos");
                var logging = StepLogging.in(cluster, tenant)) {
            var chaos = new Chaos(options, cluster, tenant);
            // Whoever interrupts it leaves no node cut off, and no job behind.
            var undo = new Thread(() -> {
                chaos.injector.close();
                logging.close();
                tenant.close();
            });
            Runtime.getRuntime().addShutdownHook(undo);
            well = chaos.run();
            Runtime.getRuntime().removeShutdownHook(undo);
        }
        System.exit(well ? 0 : 1);
    }

    private boolean run() throws InterruptedException, IOException {
        try {
            options.model().putData(tenant);
            var faults = Fault.plan(options.seed(), options.kills(), options.kinds(), WORKERS);
            say(
                    "%d faults, seed %d, model %s, spares %d; --seed %d and the same options repeat them",
                    faults.size(), options.seed(), options.model(), options.spares(), options.seed());
            tenant.create(options.model().job(JOB, WORKERS, options.kills(), options.spares()));
            var progress = tenant.await(JOB, "trains", PATIENCE, Tenant::trains)
                    .getStatus()
                    .getProgress();
            steps = progress.getSteps();
            stepsOfEpoch = steps / progress.getEpochs();
            striker = new Striker(
                    injector, gang, WORKERS, options.spares(), options.model().everySteps(), stepsOfEpoch, PATIENCE);
            tenant.await(
                    JOB, "can replace workers", PATIENCE, job -> job.getStatus().getMembership() != null);
            say("%6s %-11s %-7s %-12s %8s %5s  %s", "step", "fault", "ranks", "moment", "seconds", "lost", "then");
            for (var fault : faults) {
                inflict(fault);
            }
            say("all faults have come; waits for the end of %d steps", steps);
            var digest = digest(JOB);
            say("the same job, undisturbed, for %d steps", steps);
            tenant.create(options.model().job(UNDISTURBED, WORKERS, options.kills(), 0));
            return conclude(digest, digest(UNDISTURBED));
        } catch (AssertionError | RuntimeException e) {
            say("FAIL  %s", e);
            System.out.println(tenant.describe());
            return false;
        } finally {
            keepLog();
            injector.close();
            gang.close();
        }
    }

    private String digest(String job) {
        tenant.awaitCondition(job, Conditions.COMPLETE, "True", TO_THE_END);
        return tenant.job(job).getStatus().getArtifact().getDigest();
    }

    private void inflict(Fault fault) throws InterruptedException {
        long due = Math.round(fault.share() * steps);
        if (!gang.log().await(TO_THE_END, () -> gang.log().step() >= due)) {
            throw new AssertionError("step %d was never done; the last one is %d"
                    .formatted(due, gang.log().step()));
        }
        int attempt = tenant.job(JOB).getStatus().getAttempt();
        var hit = striker.strike(fault);
        boolean again = gang.log().await(PATIENCE, () -> next(hit).isPresent());
        if (!again) {
            throw new AssertionError("no step was done within %d s after %s of ranks %s at step %d"
                    .formatted(
                            PATIENCE.toSeconds(),
                            fault.kind(),
                            hit.ranks(),
                            gang.log().step()));
        }
        var next = next(hit).orElseThrow();
        var status = tenant.job(JOB).getStatus();
        boolean anew = status.getAttempt() != attempt;
        var process = Gang.process(hit.first());
        // Who is asked to end works on for a while.
        var missed = fault.kind() == Fault.Kind.EVICT
                ? gang.log().first(GangLog.Kind.MISSED, hit.at()).orElse(hit.at())
                : hit.at();
        var outcome = new Outcome(
                fault,
                Duration.between(missed, next.at()).toMillis() / 1e3,
                gang.log().lost(hit.at(), next),
                anew);
        outcomes.add(outcome);
        say(
                "%6d %-11s %-7s %-12s %8.3f %5d  %s",
                gang.log().step(process, hit.at()),
                fault.kind(),
                hit.ranks(),
                gang.log()
                        .moment(process, hit.at(), hit.writes(), options.model().everySteps(), stepsOfEpoch),
                outcome.seconds(),
                outcome.lost(),
                anew ? "attempt " + status.getAttempt() : "term " + status.getTerm());
    }

    private Optional<GangLog.Next> next(Striker.Hit hit) {
        return hit.undone()
                .map(undone -> gang.log().nextOrResumed(hit.at(), undone))
                .orElseGet(() -> gang.log().next(hit.at()));
    }

    private boolean conclude(String digest, String undisturbed) {
        var status = tenant.job(JOB).getStatus();
        var inPlace = outcomes.stream().filter(each -> !each.anew()).toList();
        var unexpected = outcomes.stream()
                .filter(each -> each.anew() && !each.fault().kind().mayBeginAnew())
                .toList();
        unexpected.forEach(each -> say(
                "FAIL  %s of rank %d began a new attempt, though workers with the state were left",
                each.fault().kind(), each.fault().rank()));
        boolean same = digest.equals(undisturbed);
        if (!same) {
            say("FAIL  the model's digest is %s, and %s of the job that nobody disturbed", digest, undisturbed);
        }
        var seconds = inPlace.stream().map(Outcome::seconds).sorted().toList();
        System.out.printf(
                Locale.ROOT,
                "seed=%d model=%s spares=%d faults=%d in_place=%d p50_s=%.3f worst_s=%.3f lost_steps_max=%d attempts=%d terms=%d digest=%s log=%s%n",
                options.seed(),
                options.model(),
                options.spares(),
                outcomes.size(),
                inPlace.size(),
                seconds.isEmpty() ? Double.NaN : seconds.get((seconds.size() - 1) / 2),
                seconds.isEmpty() ? Double.NaN : seconds.getLast(),
                inPlace.stream().mapToLong(Outcome::lost).max().orElse(0),
                status.getAttempt(),
                status.getTerm() == null ? 0 : status.getTerm(),
                same ? "same" : "other",
                log());
        return same && unexpected.isEmpty();
    }

    private Path log() {
        return Shell.CHECKOUT.resolve("target/chaos/%s-%d.log".formatted(options.model(), options.seed()));
    }

    private void keepLog() throws IOException {
        Files.createDirectories(log().getParent());
        Files.write(log(), gang.log().story());
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
