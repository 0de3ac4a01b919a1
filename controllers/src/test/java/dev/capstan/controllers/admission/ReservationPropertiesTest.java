package dev.capstan.controllers.admission;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.PendingReason;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.constraints.IntRange;

/** What whoever comes first may count on while others come after it, minute by minute. */
class ReservationPropertiesTest {
    private static final int TRIES = 250;
    private static final int MOST_MINUTES = 100;
    private static final Pattern STARTS = Pattern.compile("expected to start about (\\S+)");
    private static final Pattern ROOM = Pattern.compile("^needs (\\d+) pods? .* room for (\\d+)(?: together)? now");

    @Property(tries = TRIES, seed = Seed.SAME)
    void whoIsNextStartsWhenItWasToldWhateverComesLater(
            @ForAll("minutes") List<Minute> minutes, @ForAll boolean quota) {
        var cluster = sharedBy(quota);
        var told = new HashMap<String, Instant>();
        for (var minute : minutes) {
            minute.passesIn(cluster);
            passTwice(cluster);
            for (var gang : cluster.waiting()) {
                var uid = gang.uid();
                start(cluster, uid).ifPresent(time -> told.merge(uid, time, ReservationPropertiesTest::sooner));
                assertTrue(
                        told.getOrDefault(uid, Instant.MAX).isAfter(cluster.now()),
                        () -> uid + " was to start by " + told.get(uid) + ": " + cluster.engine.explain(uid));
            }
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void whoIsNextStartsWhenAllWhoRanHaveEndedThoughNobodyKnowsWhen(
            @ForAll("minutes") List<Minute> minutes, @ForAll boolean quota) {
        var cluster = sharedBy(quota);
        var ran = new HashMap<String, List<String>>();
        for (var minute : minutes) {
            minute.unforeseen(0).passesIn(cluster);
            passTwice(cluster);
            for (var gang : cluster.waiting()) {
                var uid = gang.uid();
                if (comesFirst(cluster, uid) && cluster.isNext(uid)) {
                    ran.putIfAbsent(uid, running(cluster));
                }
            }
            checkNoneWaitsForNobody(cluster, ran);
        }
    }

    /** Pods end before their jobs are over, and outlive their grants; those may be waited for, too. */
    @Property(tries = TRIES, seed = Seed.SAME)
    void whoIsNextStartsWhenThePodsOfAllWhoRanHaveEndedToo(
            @ForAll("minutes") List<Minute> minutes, @ForAll boolean quota) {
        var cluster = sharedBy(quota);
        var ran = new HashMap<String, List<String>>();
        for (var minute : minutes) {
            bindAll(cluster);
            new Event.PodFinishes(Math.abs(minute.ending())).happensIn(cluster);
            cluster.engine.cycle(cluster.now()).forEach(cluster::grant);
            cluster.pods().stream()
                    .filter(pod -> cluster.hold(jobOf(pod)) == null)
                    .limit(3)
                    .forEach(pod -> cluster.removePod(pod.uid()));
            minute.unforeseen(0).passesIn(cluster);
            passTwice(cluster);
            var running = Stream.concat(
                            running(cluster).stream(),
                            cluster.pods().stream()
                                    .filter(ClusterView.Pod::takesRoom)
                                    .map(ReservationPropertiesTest::jobOf))
                    .toList();
            for (var gang : cluster.waiting()) {
                var uid = gang.uid();
                if (comesFirst(cluster, uid) && cluster.isNext(uid)) {
                    ran.putIfAbsent(uid, running);
                }
            }
            boolean someAreLeaving =
                    cluster.pods().stream().anyMatch(pod -> pod.takesRoom() && cluster.hold(jobOf(pod)) == null);
            if (!someAreLeaving) {
                checkNoneWaitsForNobody(cluster, running, ran);
            }
        }
    }

    private static void bindAll(NaiveCluster cluster) {
        cluster.emptySeats()
                .forEach((seat, node) -> cluster.put(new ClusterView.Pod(
                        cluster.name(),
                        seat.namespace(),
                        node,
                        false,
                        cluster.seatsOf(seat).each(),
                        Optional.of(seat))));
    }

    private static String jobOf(ClusterView.Pod pod) {
        return pod.seat().orElseThrow().jobUid();
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void aQuotasOwnIsGatheredForItsFirstWhoeverBorrowsMeanwhile(
            @ForAll("minutes") List<Minute> minutes,
            @ForAll("minutes") List<Minute> borrowers,
            @ForAll @IntRange(max = 12) int lending) {
        var cluster = new NaiveCluster(Scenario.engine());
        // There is room for all: only quota is scarce.
        cluster.put(Nodes.offering(Nodes.node("n0", 0), Scenario.gpus(10_000)));
        cluster.put(Scenario.quota("red").in("c").gpus(12, 0, lending).resource());
        cluster.put(Scenario.quota("blue").in("c").gpus(8).resource());
        var ran = new HashMap<String, List<String>>();
        for (int i = 0; i < minutes.size(); i++) {
            minutes.get(i).unforeseen(1).passesIn(cluster);
            if (i < borrowers.size()) {
                borrowers.get(i).unforeseen(2).passesIn(cluster);
            }
            passTwice(cluster);
            var running = running(cluster);
            cluster.waiting().stream()
                    .filter(gang -> gang.id().namespace().equals("red"))
                    .findFirst()
                    .filter(gang -> cluster.isNext(gang.uid()))
                    .ifPresent(gang -> ran.putIfAbsent(gang.uid(), running));
            checkNoneWaitsForNobody(cluster, ran);
        }
    }

    @Property(tries = TRIES, seed = Seed.SAME)
    void nobodyIsRefusedForRoomThatIsThere(@ForAll("minutes") List<Minute> minutes, @ForAll boolean quota) {
        var cluster = sharedBy(quota);
        for (var minute : minutes) {
            minute.passesIn(cluster);
            var placed = cluster.engine.cycle(cluster.now());
            var lucky = placed.stream().map(each -> each.id().uid()).toList();
            for (var gang : cluster.waiting()) {
                var uid = gang.uid();
                if (!lucky.contains(uid) && cluster.engine.reason(uid).orElseThrow() == PendingReason.NO_ROOM_NOW) {
                    var told = cluster.engine.explain(uid);
                    var room = ROOM.matcher(told);
                    assertTrue(
                            !room.find() || Integer.parseInt(room.group(2)) < Integer.parseInt(room.group(1)),
                            () -> uid + ": " + told);
                }
            }
            placed.forEach(cluster::grant);
        }
    }

    /** The second on what was kept by the first. */
    private static void passTwice(NaiveCluster cluster) {
        cluster.engine.cycle(cluster.now()).forEach(cluster::grant);
        cluster.engine.cycle(cluster.now()).forEach(cluster::grant);
        cluster.engine.cycle(cluster.now());
    }

    private static List<String> running(NaiveCluster cluster) {
        return cluster.holds().stream().map(Grant::uid).toList();
    }

    /** @param ran for each that was next once, the jobs that ran then */
    private static void checkNoneWaitsForNobody(NaiveCluster cluster, Map<String, List<String>> ran) {
        checkNoneWaitsForNobody(cluster, running(cluster), ran);
    }

    private static void checkNoneWaitsForNobody(
            NaiveCluster cluster, List<String> running, Map<String, List<String>> ran) {
        for (var gang : cluster.waiting()) {
            var uid = gang.uid();
            assertTrue(
                    !ran.containsKey(uid) || ran.get(uid).stream().anyMatch(running::contains),
                    () -> uid + " waits for none of " + ran.get(uid) + ": " + cluster.engine.explain(uid));
        }
    }

    /** Four nodes for one team alone, under a quota or none. */
    private static NaiveCluster sharedBy(boolean quota) {
        var cluster = new NaiveCluster(Scenario.engine());
        for (int i = 0; i < 4; i++) {
            new Event.NodeIsThere(i, 4, i / 2, 0, Event.State.USABLE).happensIn(cluster);
        }
        if (quota) {
            cluster.put(Scenario.quota("default").gpus(10).resource());
        }
        return cluster;
    }

    private static Instant sooner(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Optional<Instant> start(NaiveCluster cluster, String uid) {
        var start = STARTS.matcher(cluster.engine.explain(uid));
        return comesFirst(cluster, uid) && start.find() ? Optional.of(Instant.parse(start.group(1))) : Optional.empty();
    }

    private static boolean comesFirst(NaiveCluster cluster, String uid) {
        return cluster.waiting().getFirst().uid().equals(uid);
    }

    /** Some arrive; all end whose time it is, and perhaps one more. */
    record Minute(List<Event.Arrives> arrivals, int ending) {
        void passesIn(NaiveCluster cluster) {
            cluster.after(1);
            cluster.holds().stream()
                    .filter(hold -> hold.ends()
                            .filter(end -> !end.isAfter(cluster.now()))
                            .isPresent())
                    .forEach(hold -> cluster.removeGrant(hold.uid()));
            if (ending >= 0) {
                new Event.JobEnds(ending).happensIn(cluster);
            }
            arrivals.forEach(arrives -> arrives.happensIn(cluster));
        }

        /** The same, but that nobody knows how long jobs take. */
        Minute unforeseen(int namespace) {
            return new Minute(
                    arrivals.stream()
                            .map(each -> new Event.Arrives(
                                    namespace,
                                    each.size(),
                                    each.gpus(),
                                    each.cpus(),
                                    each.priority(),
                                    each.near(),
                                    0,
                                    false))
                            .toList(),
                    ending);
        }
    }

    @Provide
    Arbitrary<List<Minute>> minutes() {
        var arrives = Combinators.combine(
                        Event.upTo(9).map(size -> size + 1),
                        Event.upTo(2),
                        Event.upTo(2),
                        Arbitraries.of(Event.Near.class),
                        Event.upTo(12))
                .as((size, gpus, cpus, near, minutes) ->
                        new Event.Arrives(0, size, gpus, cpus, 0, near, minutes, false));
        return Combinators.combine(arrives.list().ofMaxSize(2), Event.upTo(40).map(pick -> pick - 20))
                .as(Minute::new)
                .list()
                .ofMaxSize(MOST_MINUTES)
                .withSizeDistribution(RandomDistribution.uniform());
    }
}
