package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/**
 * What may happen in a cluster. A number that picks something picks one of those that are there, so that any events may
 * follow each other.
 */
sealed interface Event {
    void happensIn(NaiveCluster cluster);

    /** At most so many, about half of that on average. */
    static Arbitrary<List<Event>> atMost(int steps) {
        var node = upTo(NaiveCluster.NODES - 1);
        var namespace = upTo(NaiveCluster.NAMESPACES.size() - 1);
        var pick = upTo(20);
        var some = Arbitraries.of(true, false, false, false);
        Arbitrary<Event> arrives = Combinators.combine(
                        namespace,
                        upTo(6).map(size -> size + 1),
                        upTo(2),
                        upTo(1).map(cpus -> cpus + 1),
                        upTo(2),
                        Arbitraries.of(Near.class),
                        upTo(4).map(tens -> 10 * tens),
                        some)
                .as(Arrives::new);
        Arbitrary<Event> isThere = Combinators.combine(
                        node,
                        upTo(4),
                        upTo(NaiveCluster.RACKS),
                        upTo(1),
                        Arbitraries.of(State.USABLE, State.USABLE, State.USABLE, State.CORDONED, State.NOT_READY))
                .as(NodeIsThere::new);
        Arbitrary<Event> quotaIsSet = Combinators.combine(
                        Arbitraries.integers().between(1, NaiveCluster.NAMESPACES.size() - 1),
                        upTo(8),
                        upTo(6).map(amount -> amount - 3),
                        upTo(6).map(amount -> amount - 3),
                        upTo(20).map(amount -> amount - 10),
                        upTo(2).map(weight -> weight + 1),
                        Arbitraries.of(true, false, false, false, false, false))
                .as(QuotaIsSet::new);
        var workers = arrives.map(Arrives.class::cast);
        Arbitrary<Event> mixed = Combinators.combine(
                        workers, upTo(2).map(count -> count + 1), upTo(3).map(cpus -> cpus + 1), upTo(2), upTo(3))
                .as(ArrivesMixed::new);
        Arbitrary<Event> elastic =
                Combinators.combine(workers, upTo(4).map(later -> later + 1)).as(ArrivesElastic::new);
        Arbitrary<Event> service = Combinators.combine(
                        workers,
                        upTo(4).map(later -> later + 1),
                        upTo(2),
                        Arbitraries.of("rack", "kubernetes.io/hostname"))
                .as(ArrivesService::new);
        Arbitrary<Event> apart = Combinators.combine(workers, Arbitraries.of("rack", "kubernetes.io/hostname"))
                .as(ArrivesApart::new);
        return Arbitraries.frequencyOf(
                        Tuple.of(5, arrives),
                        Tuple.of(2, apart),
                        Tuple.of(2, service),
                        Tuple.of(2, Combinators.combine(pick, upTo(6), upTo(3)).as(ServiceIsScaled::new)),
                        Tuple.of(3, mixed),
                        Tuple.of(2, elastic),
                        Tuple.of(2, Combinators.combine(pick, pick).as(SeatIsGivenBack::new)),
                        Tuple.of(6, upTo(6).map(Grants::new)),
                        Tuple.of(5, isThere),
                        Tuple.of(3, quotaIsSet),
                        Tuple.of(4, Combinators.combine(pick, some).as(PodIsBound::new)),
                        Tuple.of(2, pick.map(JobEnds::new)),
                        Tuple.of(1, pick.map(GivesUp::new)),
                        Tuple.of(1, Combinators.combine(pick, upTo(30)).as(EndIsMoved::new)),
                        Tuple.of(1, namespace.map(QuotaIsGone::new)),
                        Tuple.of(1, Combinators.combine(pick, node).as(IsBarred::new)),
                        Tuple.of(
                                1, Combinators.combine(namespace, node, upTo(2)).as(StrangersPod::new)),
                        Tuple.of(2, pick.map(PodFinishes::new)),
                        Tuple.of(2, pick.map(PodIsGone::new)),
                        Tuple.of(1, node.map(NodeIsGone::new)),
                        Tuple.of(2, upTo(30).map(TimeGoesBy::new)))
                .list()
                .ofMaxSize(steps)
                .withSizeDistribution(RandomDistribution.uniform());
    }

    enum State {
        USABLE,
        CORDONED,
        NOT_READY
    }

    enum Near {
        ANYWHERE,
        RACK_REQUIRED,
        RACK_PREFERRED,
        HOST_REQUIRED
    }

    record Arrives(int namespace, int size, int gpus, int cpus, int priority, Near near, int minutes, boolean onlyH100)
            implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.put(workload(cluster, size, List.of()));
        }

        Workload workload(NaiveCluster cluster, int minimum, List<PodSet> others) {
            var name = cluster.name();
            var where = NodeConstraints.of(onlyH100 ? Map.of("gpu", "h100") : Map.of(), List.of(), List.of());
            var podSets = new ArrayList<PodSet>();
            podSets.add(new PodSet(
                    "worker",
                    0,
                    size,
                    minimum,
                    Resources.units("cpu", cpus).plus(gpus == 0 ? Resources.NONE : Resources.units(Scenario.GPU, gpus)),
                    where));
            others.forEach(other -> podSets.add(
                    new PodSet(other.name(), other.firstRank(), other.count(), other.minimum(), other.each(), where)));
            return new Workload(
                    new WorkloadId("TrainingJob", NaiveCluster.NAMESPACES.get(namespace), name, name),
                    1,
                    priority,
                    cluster.now(),
                    List.copyOf(podSets),
                    switch (near) {
                        case ANYWHERE -> Optional.empty();
                        case RACK_REQUIRED -> Optional.of(new Workload.Topology("rack", true, Optional.empty()));
                        case RACK_PREFERRED -> Optional.of(new Workload.Topology("rack", false, Optional.empty()));
                        case HOST_REQUIRED ->
                            Optional.of(new Workload.Topology("kubernetes.io/hostname", true, Optional.empty()));
                    },
                    minutes == 0 ? Optional.empty() : Optional.of(Duration.ofMinutes(minutes)));
        }
    }

    /** With servers of another size beside its workers, of which the last may come later. */
    record ArrivesMixed(Arrives workers, int servers, int serverCpus, int serverGpus, int later) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            var each = Resources.units("cpu", serverCpus)
                    .plus(serverGpus == 0 ? Resources.NONE : Resources.units(Scenario.GPU, serverGpus));
            cluster.put(workers.workload(
                    cluster,
                    Math.max(1, workers.size() - later),
                    List.of(PodSet.whole("server", workers.size(), servers, each, NodeConstraints.ANYWHERE))));
        }
    }

    /** Of its workers so many may come later. */
    record ArrivesElastic(Arrives workers, int later) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.put(workers.workload(cluster, Math.max(1, workers.size() - later), List.of()));
        }
    }

    /** A gang, with its spares, whose pods are to be apart. */
    record ArrivesApart(Arrives workers, String spread) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            var gang = workers.workload(cluster, workers.size(), List.of());
            cluster.put(new Workload(
                    gang.id(),
                    gang.attempt(),
                    gang.priority(),
                    gang.createdAt(),
                    gang.podSets(),
                    gang.topology(),
                    gang.longest(),
                    Optional.of(spread),
                    false));
        }
    }

    /** It never ends: its further replicas may come later, and routers of one core come with the first ones. */
    record ArrivesService(Arrives workers, int later, int routers, String spread) implements Event {
        static final int FIRST_ROUTER = 100;

        @Override
        public void happensIn(NaiveCluster cluster) {
            var some = routers == 0
                    ? List.<PodSet>of()
                    : List.of(PodSet.whole(
                            "router", FIRST_ROUTER, routers, Resources.units("cpu", 1), NodeConstraints.ANYWHERE));
            cluster.put(lasting(
                    workers.workload(cluster, Math.max(1, workers.size() - later), some), Optional.of(spread)));
        }

        static Workload lasting(Workload workload, Optional<String> spread) {
            return new Workload(
                    workload.id(),
                    workload.attempt(),
                    workload.priority(),
                    workload.createdAt(),
                    workload.podSets(),
                    workload.topology(),
                    Optional.empty(),
                    spread,
                    true);
        }
    }

    /** It wants so many replicas from now on, and has to have so many of them. */
    record ServiceIsScaled(int pick, int less, int minimum) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (cluster.services().isEmpty()) {
                return;
            }
            var service = any(cluster.services(), pick);
            var podSets = new ArrayList<>(service.podSets());
            var replicas = podSets.getFirst();
            int count = 7 - less;
            podSets.set(
                    0,
                    new PodSet(
                            replicas.name(),
                            0,
                            count,
                            Math.clamp(minimum, 1, count),
                            replicas.each(),
                            replicas.where()));
            cluster.asks(ArrivesService.lasting(
                    new Workload(
                            service.id(),
                            service.attempt(),
                            service.priority(),
                            cluster.now(),
                            List.copyOf(podSets),
                            service.topology(),
                            Optional.empty()),
                    service.spread()));
        }
    }

    /**
     * One of a job's places isn't needed any more, or its pod is lost and is to come back elsewhere; a service asks for
     * it anew, as far as it wants it, and may give back its last one.
     */
    record SeatIsGivenBack(int pick, int rank) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.holds().isEmpty()) {
                var hold = any(cluster.holds(), pick);
                var seats = hold.lasting()
                        ? any(hold.podSets(), pick / 7)
                        : hold.podSets().getFirst();
                var ranks = seats.pods().boxed().toList();
                if (ranks.size() > 1 || hold.lasting() && !ranks.isEmpty()) {
                    cluster.giveBack(hold, seats, any(ranks, rank));
                }
            }
        }
    }

    /** Of those that a pass places, so many get their grants written. */
    record Grants(int most) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.engine.cycle(cluster.now()).stream().limit(most).forEach(cluster::grant);
        }
    }

    record GivesUp(int pick) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.waiting().isEmpty()) {
                var uid = any(cluster.waiting(), pick).uid();
                if (cluster.hold(uid) == null) {
                    cluster.removeWorkload(uid);
                }
            }
        }
    }

    /** A node refused a pod of a gang. */
    record IsBarred(int pick, int node) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.waiting().isEmpty()) {
                var gang = any(cluster.waiting(), pick);
                cluster.put(gang.notOn(Set.of("n" + node)));
            }
        }
    }

    record JobEnds(int pick) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.holds().isEmpty()) {
                cluster.removeGrant(any(cluster.holds(), pick).uid());
            }
        }
    }

    /** A job will end at another time than was thought, or nobody knows when. */
    record EndIsMoved(int pick, int minutes) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.holds().isEmpty() && !any(cluster.holds(), pick).lasting()) {
                var hold = any(cluster.holds(), pick);
                var ends = minutes == 0
                        ? Optional.<Instant>empty()
                        : Optional.of(cluster.now().plus(Duration.ofMinutes(minutes)));
                cluster.put(new Grant(
                        hold.id(),
                        hold.attempt(),
                        hold.priority(),
                        hold.podSets(),
                        hold.since(),
                        ends,
                        hold.savedAt()));
            }
        }
    }

    /** A granted place gets its pod; on its node as a rule. */
    record PodIsBound(int pick, boolean elsewhere) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            var seats = new ArrayList<>(new TreeMap<>(byName(cluster)).entrySet());
            if (!seats.isEmpty()) {
                var seat = any(seats, pick);
                var hold = cluster.holds().stream()
                        .filter(each -> each.uid().equals(seat.getValue().jobUid()))
                        .findFirst()
                        .orElseThrow();
                var granted = cluster.seatsOf(seat.getValue());
                var node =
                        elsewhere ? "n0" : granted.nodes().get(seat.getValue().rank() - granted.firstRank());
                cluster.put(new ClusterView.Pod(
                        cluster.name(), hold.namespace(), node, false, granted.each(), Optional.of(seat.getValue())));
            }
        }

        private static Map<String, ClusterView.Seat> byName(NaiveCluster cluster) {
            var seats = new TreeMap<String, ClusterView.Seat>();
            cluster.emptySeats().keySet().forEach(seat -> seats.put(seat.toString(), seat));
            return seats;
        }
    }

    record StrangersPod(int namespace, int node, int gpus) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.put(new ClusterView.Pod(
                    cluster.name(),
                    NaiveCluster.NAMESPACES.get(namespace),
                    "n" + node,
                    false,
                    Scenario.gpus(gpus),
                    Optional.empty()));
        }
    }

    record PodFinishes(int pick) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.pods().isEmpty()) {
                var pod = any(cluster.pods(), pick);
                cluster.put(
                        new ClusterView.Pod(pod.uid(), pod.namespace(), pod.node(), true, pod.requests(), pod.seat()));
            }
        }
    }

    record PodIsGone(int pick) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            if (!cluster.pods().isEmpty()) {
                cluster.removePod(any(cluster.pods(), pick).uid());
            }
        }
    }

    /** A new node, or another state of one. */
    record NodeIsThere(int node, int gpus, int rack, int kind, State state) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            var labels = new ArrayList<String>();
            if (rack < NaiveCluster.RACKS) {
                labels.add("rack=r" + rack);
            }
            if (kind > 0) {
                labels.add("gpu=h100");
            }
            var usable = Nodes.offering(
                    Nodes.node("n" + node, gpus, labels.toArray(String[]::new)),
                    Resources.units(Scenario.GPU, gpus).plus(Resources.units("cpu", 6)));
            cluster.put(
                    switch (state) {
                        case USABLE -> usable;
                        case CORDONED -> Nodes.cordoned(usable);
                        case NOT_READY -> Nodes.notReady(usable);
                    });
        }
    }

    record NodeIsGone(int node) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.removeNode("n" + node);
        }
    }

    /** A new quota, or another version of one; amounts below 0 are left out. */
    record QuotaIsSet(int namespace, int nominal, int borrowing, int lending, int cpus, int weight, boolean stopped)
            implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            var name = NaiveCluster.NAMESPACES.get(namespace);
            var quota = Scenario.quota(name).weight(weight);
            if (!name.equals("green")) {
                quota.in("c");
            }
            quota.flavor("h100", "gpu=h100").lists(Scenario.GPU, nominal, orNone(borrowing), orNone(lending));
            quota.flavor("rest").lists(Scenario.GPU, nominal, orNone(lending), orNone(borrowing));
            if (cpus >= 0) {
                quota.lists("cpu", cpus);
            }
            cluster.put((stopped ? quota.stopped() : quota).resource());
        }

        private static Integer orNone(int amount) {
            return amount < 0 ? null : amount;
        }
    }

    record QuotaIsGone(int namespace) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.removeQuota(NaiveCluster.NAMESPACES.get(namespace));
        }
    }

    record TimeGoesBy(int minutes) implements Event {
        @Override
        public void happensIn(NaiveCluster cluster) {
            cluster.after(minutes);
        }
    }

    static <T> T any(List<T> some, int pick) {
        return some.get(pick % some.size());
    }

    static Arbitrary<Integer> upTo(int most) {
        return Arbitraries.integers().between(0, most);
    }
}
