package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Has faults come over a gang. */
final class Striker {
    /** A node is away for so many seconds at least; workers are missed after 30. */
    private static final int SHORTEST_CUT = 8;

    private static final int LONGEST_CUT = 50;

    private final FaultInjector injector;
    private final Gang gang;
    private final int ranks;
    private final int spares;
    private final long everySteps;
    private final long stepsOfEpoch;
    private final Duration patience;

    /**
     * @param everySteps after as many, rank 0 writes a checkpoint
     * @param stepsOfEpoch after as many, the validation split is measured
     * @param patience for a moment to come
     */
    Striker(
            FaultInjector injector,
            Gang gang,
            int ranks,
            int spares,
            long everySteps,
            long stepsOfEpoch,
            Duration patience) {
        this.injector = injector;
        this.gang = gang;
        this.ranks = ranks;
        this.spares = spares;
        this.everySteps = everySteps;
        this.stepsOfEpoch = stepsOfEpoch;
        this.patience = patience;
    }

    /**
     * A fault as it came.
     *
     * @param who was hit, by rank, or -1 of a spare
     * @param undone when it was undone, or need not be; empty where a gang that is whole again shows that it is over
     */
    record Hit(Instant at, SequencedMap<Integer, Pod> who, Optional<Instant> undone) {
        static Hit of(Instant at, int rank, Pod pod) {
            return new Hit(at, new TreeMap<>(Map.of(rank, pod)), Optional.empty());
        }

        /** For people. */
        String ranks() {
            return who.keySet().stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        /** Whether the first of them writes checkpoints. */
        boolean writes() {
            return who.firstEntry().getKey() == 0;
        }

        Pod first() {
            return who.firstEntry().getValue();
        }
    }

    Hit strike(Fault fault) throws InterruptedException {
        int rank = fault.rank();
        return switch (fault.kind()) {
            case KILL, LEADER, TWO, ALL -> {
                var who = workers(fault.hit(ranks).stream());
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
            case CHECKPOINT -> atTheEdge(rank, everySteps);
            case REFORMING -> twice(fault);
            case CUT -> cut(fault);
            case SPARE -> {
                var spare = gang.spare(ranks);
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
        var at = injector.killWhen(pod, "step " + edge + " is done", patience)
                .orElseThrow(() -> new AssertionError("step " + edge + " was never done"));
        return Hit.of(at, rank, pod);
    }

    /** Another one is killed, or the one that comes for the first, when that one is missed. */
    private Hit twice(Fault fault) throws InterruptedException {
        int rank = fault.rank();
        int other = fault.other(ranks);
        var first = gang.worker(rank);
        var second = gang.worker(other);
        var at = injector.kill(List.of(first));
        boolean newcomer = fault.chance() < 0.5;
        if (newcomer) {
            second = gang.successor(rank, first);
            // As it starts, reads its data, or takes over the state: a spare has done most of that.
            Thread.sleep(Math.round((spares == 0 ? 8000 : 1000) * fault.chance()));
        } else {
            gang.log()
                    .await(
                            patience,
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
        var byNode = workers(Stream.iterate(0, rank -> rank + 1).limit(ranks)).entrySet().stream()
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
}
