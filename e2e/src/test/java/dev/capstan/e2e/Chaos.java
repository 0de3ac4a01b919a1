package dev.capstan.e2e;

import dev.capstan.crds.Conditions;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A job whose workers are taken from it at random moments, in every way that the cluster knows, ends with the model of
 * one that nobody disturbs. {@code ./capstan chaos} runs it; it takes minutes, and the tests of a change leave it out.
 */
final class Chaos {
    private static final int WORKERS = 3;
    private static final String JOB = "struck";
    private static final String UNDISTURBED = "calm";
    /** Until a gang has to be at work again, whatever came over it. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final Duration TO_THE_END = Duration.ofMinutes(40);
    /** A node is away for so many seconds at least; workers are missed after 30. */
    private static final int SHORTEST_CUT = 8;

    private static final int LONGEST_CUT = 50;

    private final Options options;
    private final Cluster cluster;
    private final Tenant tenant;
    private final FaultInjector injector;
    private final Gang gang;
    private final List<Outcome> outcomes = new ArrayList<>();
    private long steps;
    private long stepsOfEpoch;

    /** @param seed of the faults' kinds, moments and ranks */
    private record Options(long seed, int kills, ChaosModel model, List<Fault.Kind> kinds, int spares) {
        static Options of(String... arguments) {
            long seed = new Random().nextInt(1_000_000);
            int kills = 20;
            var model = ChaosModel.MLP;
            var kinds = new ArrayList<>(List.of(Fault.Kind.values()));
            int spares = 0;
            for (int i = 0; i < arguments.length; i += 2) {
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(arguments[i] + " needs a value");
                }
                var value = arguments[i + 1];
                switch (arguments[i]) {
                    case "--seed" -> seed = Long.parseLong(value);
                    case "--kills" -> kills = Integer.parseInt(value);
                    case "--model" -> model = ChaosModel.of(value);
                    case "--faults" ->
                        kinds = Arrays.stream(value.split(","))
                                .map(Fault.Kind::of)
                                .collect(Collectors.toCollection(ArrayList::new));
                    case "--spares" -> spares = Integer.parseInt(value);
                    default -> throw new IllegalArgumentException(arguments[i] + " is no option");
                }
            }
            if (kills < 1 || kills > 200) {
                throw new IllegalArgumentException("--kills " + kills + " must be from 1 to 200");
            }
            if (spares < 0 || spares > 1) {
                throw new IllegalArgumentException(
                        "--spares " + spares + " must be 0 or 1: nodes have no place for more");
            }
            if (spares == 0) {
                kinds.remove(Fault.Kind.SPARE);
            }
            if (kinds.isEmpty()) {
                throw new IllegalArgumentException("--faults spare needs --spares 1");
            }
            return new Options(seed, kills, model, List.copyOf(kinds), spares);
        }
    }

    /**
     * What a fault has come to.
     *
     * @param seconds from the fault to the next completed step
     * @param lost steps that were done before, and again
     */
    private record Outcome(Fault fault, double seconds, long lost, boolean anew) {}

    /**
     * A fault as it came.
     *
     * @param who was hit, by rank, or -1 of a spare
     * @param undone when it was undone, or need not be; empty where a gang that is whole again shows that it is over
     */
    private record Hit(Instant at, SequencedMap<Integer, Pod> who, Optional<Instant> undone) {
        static Hit of(Instant at, int rank, Pod pod) {
            return new Hit(at, new TreeMap<>(Map.of(rank, pod)), Optional.empty());
        }

        /** For people. */
        String ranks() {
            return who.keySet().stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        Pod first() {
            return who.firstEntry().getValue();
        }
    }

    private Chaos(Options options, Cluster cluster, Tenant tenant) {
        this.options = options;
        this.cluster = cluster;
        this.tenant = tenant;
        injector = new FaultInjector(cluster);
        gang = Gang.of(cluster, tenant, JOB);
    }

    public static void main(String[] arguments) throws InterruptedException, IOException {
        Options options;
        try {
            options = Options.of(arguments);
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
            options.model.putData(tenant);
            var faults = Fault.plan(options.seed, options.kills, options.kinds, WORKERS);
            say(
                    "%d faults, seed %d, model %s, spares %d; --seed %d and the same options repeat them",
                    faults.size(), options.seed, options.model, options.spares, options.seed);
            tenant.create(options.model.job(JOB, WORKERS, options.kills, options.spares));
            var progress = tenant.await(JOB, "trains", PATIENCE, Tenant::trains)
                    .getStatus()
                    .getProgress();
            steps = progress.getSteps();
            stepsOfEpoch = steps / progress.getEpochs();
            tenant.await(
                    JOB, "can replace workers", PATIENCE, job -> job.getStatus().getMembership() != null);
            say("%6s %-11s %-7s %-12s %8s %5s  %s", "step", "fault", "ranks", "moment", "seconds", "lost", "then");
            for (var fault : faults) {
                inflict(fault);
            }
            say("all faults have come; waits for the end of %d steps", steps);
            var digest = digest(JOB);
            say("the same job, undisturbed, for %d steps", steps);
            tenant.create(options.model.job(UNDISTURBED, WORKERS, options.kills, 0));
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
        var hit = strike(fault);
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
        var outcome = new Outcome(
                fault,
                Duration.between(hit.at(), next.at()).toMillis() / 1e3,
                gang.log().lost(hit.at(), next),
                anew);
        outcomes.add(outcome);
        say(
                "%6d %-11s %-7s %-12s %8.3f %5d  %s",
                gang.log().step(process, hit.at()),
                fault.kind(),
                hit.ranks(),
                gang.log().moment(process, hit.at(), options.model.everySteps(), stepsOfEpoch),
                outcome.seconds(),
                outcome.lost(),
                anew ? "attempt " + status.getAttempt() : "term " + status.getTerm());
    }

    private Optional<GangLog.Next> next(Hit hit) {
        return hit.undone()
                .map(undone -> gang.log().nextOrResumed(hit.at(), undone))
                .orElseGet(() -> gang.log().next(hit.at()));
    }

    private Hit strike(Fault fault) throws InterruptedException {
        int rank = fault.rank();
        return switch (fault.kind()) {
            case KILL, LEADER, TWO, ALL -> {
                var who = workers(fault.hit(WORKERS).stream());
                yield new Hit(injector.kill(List.copyOf(who.values())), who, Optional.empty());
            }
            case DELETE -> {
                var pod = gang.worker(rank);
                yield Hit.of(injector.delete(pod), rank, pod);
            }
            case EVICT -> {
                var pod = gang.worker(rank);
                yield Hit.of(injector.evict(pod), rank, pod);
            }
            case VALIDATION -> atTheEdge(rank, stepsOfEpoch);
            case CHECKPOINT -> atTheEdge(rank, options.model.everySteps());
            case REFORMING -> twice(fault);
            case CUT -> cut(fault);
            case SPARE -> {
                var spare = gang.spare(WORKERS);
                var at = injector.kill(List.of(spare));
                yield new Hit(at, new TreeMap<>(Map.of(-1, spare)), Optional.of(at));
            }
        };
    }

    private SequencedMap<Integer, Pod> workers(Stream<Integer> ranks) {
        return ranks.collect(Collectors.toMap(Function.identity(), gang::worker, (one, other) -> one, TreeMap::new));
    }

    /** A worker is killed as soon as it has done a step whose number is a multiple of that. */
    private Hit atTheEdge(int rank, long every) {
        var pod = gang.worker(rank);
        long soon = gang.log().step() + Math.min(every, 20);
        long edge = (soon / every + 1) * every;
        var at = injector.killWhen(pod, "step " + edge + " is done", PATIENCE)
                .orElseThrow(() -> new AssertionError("step " + edge + " was never done"));
        return Hit.of(at, rank, pod);
    }

    /** Another one is killed, or the one that comes for the first, when that one is missed. */
    private Hit twice(Fault fault) throws InterruptedException {
        int rank = fault.rank();
        int other = fault.other(WORKERS);
        var first = gang.worker(rank);
        var second = gang.worker(other);
        var at = injector.kill(List.of(first));
        boolean newcomer = fault.chance() < 0.5;
        if (newcomer) {
            second = gang.successor(rank, first);
            // As it starts, reads its data, or takes over the state: a spare has done most of that.
            Thread.sleep(Math.round((options.spares == 0 ? 8000 : 1000) * fault.chance()));
        } else {
            gang.log()
                    .await(
                            PATIENCE,
                            () -> gang.log().first(GangLog.Kind.MISSED, at).isPresent());
        }
        injector.kill(List.of(second));
        // Of one rank, the first.
        var who = new TreeMap<>(Map.of(newcomer ? rank : other, second));
        who.put(rank, first);
        return new Hit(at, who, Optional.empty());
    }

    /** Of the nodes that workers are on, the one with the fewest. */
    private Hit cut(Fault fault) throws InterruptedException {
        var byNode = workers(Stream.iterate(0, rank -> rank + 1).limit(WORKERS)).entrySet().stream()
                .collect(Collectors.groupingBy(
                        each -> Gang.node(each.getValue()),
                        TreeMap::new,
                        Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, other) -> one, TreeMap::new)));
        var node = byNode.keySet().stream()
                .min(Comparator.comparing(each -> byNode.get(each).size()))
                .orElseThrow();
        var at = injector.cut(node);
        Thread.sleep(Math.round(1000 * (SHORTEST_CUT + (LONGEST_CUT - SHORTEST_CUT) * fault.chance())));
        return new Hit(at, byNode.get(node), Optional.of(injector.restore(node)));
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
                options.seed,
                options.model,
                options.spares,
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
        return Shell.CHECKOUT.resolve("target/chaos/%s-%d.log".formatted(options.model, options.seed));
    }

    private void keepLog() throws IOException {
        Files.createDirectories(log().getParent());
        Files.write(log(), gang.log().story());
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
