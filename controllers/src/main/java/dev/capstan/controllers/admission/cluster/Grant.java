package dev.capstan.controllers.admission.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Places that a workload holds.
 *
 * <p>A pod that has its place in a grant takes that place, and nothing beside it. If the workload ends some time, a
 * place whose pod has ended is free: no other pod will come. One that keeps its places has them taken until they are
 * given back, as another pod is to follow in each, and so does a lasting one; and since a place that was given back may
 * be granted again, be it on another node, while the pod before still ends, only a pod on the place's own node takes
 * it.
 *
 * @param attempt of the workload for which they were granted
 * @param priority of the workload: who is evicted is chosen by it
 * @param podSets which places
 * @param since when they were granted
 * @param ends when the workload will be through, as far as anybody knows
 * @param savedAt until when its work is saved: what it has done since would be lost
 * @param lasting whether the workload never ends by itself, and gives its places back one by one
 * @param keeps whether another pod follows in the place of one that has ended
 */
public record Grant(
        WorkloadId id,
        int attempt,
        int priority,
        List<Seats> podSets,
        Instant since,
        Optional<Instant> ends,
        Instant savedAt,
        boolean lasting,
        boolean keeps) {

    /** Of a workload that keeps its places if it never ends by itself. */
    public Grant(
            WorkloadId id,
            int attempt,
            int priority,
            List<Seats> podSets,
            Instant since,
            Optional<Instant> ends,
            Instant savedAt,
            boolean lasting) {
        this(id, attempt, priority, podSets, since, ends, savedAt, lasting, lasting);
    }

    /** Of a workload that ends some time. */
    public Grant(
            WorkloadId id,
            int attempt,
            int priority,
            List<Seats> podSets,
            Instant since,
            Optional<Instant> ends,
            Instant savedAt) {
        this(id, attempt, priority, podSets, since, ends, savedAt, false);
    }

    /** The same places of other pods. */
    public Grant withPodSets(List<Seats> others) {
        return new Grant(id, attempt, priority, others, since, ends, savedAt, lasting, keeps);
    }

    /**
     * Seats of one pod set.
     *
     * @param podSet its name
     * @param firstRank the rank of its first pod: ranks count through all pod sets of a workload
     * @param each what each pod takes
     * @param nodes a node for each pod; null for one that has no place, or has given it back
     */
    public record Seats(String podSet, int firstRank, Resources each, List<String> nodes) {
        /** The pods that have a place, counted from 0. */
        public IntStream pods() {
            return IntStream.range(0, nodes.size()).filter(this::has);
        }

        /** How many pods have a place. */
        public int count() {
            return (int) pods().count();
        }

        /** The places of both, by pod set; a pod has its place in one of them at most. */
        public static List<Seats> merged(List<Seats> some, List<Seats> more) {
            var all = new LinkedHashMap<String, Seats>();
            Stream.concat(some.stream(), more.stream()).forEach(seats -> all.merge(seats.podSet(), seats, Seats::with));
            return List.copyOf(all.values());
        }

        private Seats with(Seats more) {
            var all = new String[Math.max(nodes.size(), more.nodes.size())];
            pods().forEach(pod -> all[pod] = nodes.get(pod));
            more.pods().forEach(pod -> all[pod] = more.nodes.get(pod));
            return new Seats(podSet, firstRank, each, Arrays.asList(all));
        }

        /** Whether a pod has a place. */
        public boolean has(int pod) {
            return pod < nodes.size() && nodes.get(pod) != null;
        }

        private Seats without(Map<Integer, String> givenBack) {
            var left = new String[nodes.size()];
            pods().filter(pod -> !nodes.get(pod).equals(givenBack.get(firstRank + pod)))
                    .forEach(pod -> left[pod] = nodes.get(pod));
            return new Seats(podSet, firstRank, each, Arrays.asList(left));
        }
    }

    public String uid() {
        return id.uid();
    }

    public String namespace() {
        return id.namespace();
    }

    /** The places of a pod set; empty if it has none. */
    public Optional<Seats> seats(String podSet) {
        return podSets.stream().filter(seats -> seats.podSet().equals(podSet)).findFirst();
    }

    /**
     * What is left of it when places are given back; empty if none is.
     *
     * @param givenBack nodes by rank; a place of that rank on another node isn't meant
     */
    public Optional<Grant> without(Map<Integer, String> givenBack) {
        var left = podSets.stream().map(seats -> seats.without(givenBack)).toList();
        return left.stream().allMatch(seats -> seats.count() == 0)
                ? Optional.empty()
                : Optional.of(new Grant(id, attempt, priority, left, since, ends, savedAt, lasting, keeps));
    }

    /** The nodes of all places. */
    public Stream<String> nodes() {
        return podSets.stream().flatMap(seats -> seats.nodes().stream()).filter(Objects::nonNull);
    }

    /** The seat of a pod, counted from 0 within its pod set. */
    public ClusterView.Seat seat(Seats seats, int pod) {
        return new ClusterView.Seat(namespace(), uid(), attempt, seats.firstRank() + pod);
    }

    /**
     * What it would cost to evict it, in seconds of devices (of pods, if they take no device): the work since it was
     * last saved, which would have to be done again by all of them.
     */
    public double evictionCost(Instant now) {
        double lost = Math.max(0, Duration.between(savedAt, now).toMillis() / 1000.0);
        return lost * podSets.stream().mapToDouble(Grant::devices).sum();
    }

    private static double devices(Seats seats) {
        double each = seats.each().thousandths().entrySet().stream()
                        .filter(amount -> Resources.isDevice(amount.getKey()))
                        .mapToLong(amount -> amount.getValue())
                        .sum()
                / 1000.0;
        return seats.count() * (each == 0 ? 1 : each);
    }
}
