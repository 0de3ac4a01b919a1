package dev.capstan.controllers.admission;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.capacity.CycleCapacity;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.BestFit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.forecast.ActiveReservations;
import dev.capstan.controllers.admission.forecast.Reservation;
import dev.capstan.controllers.admission.queue.Pending;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import dev.capstan.controllers.admission.quota.QuotaBook;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Reservations that are let go, and kept again. */
class ActiveReservationsTest {
    private static final Amounts GPU_AND_CPU = new Amounts(new int[] {0, 1}, new long[] {1000, 1000});
    private static final Amounts CPU = new Amounts(new int[] {1}, new long[] {1000});

    /** Lists of rows that are known rely on it: see {@link BestFit}. */
    @Property(seed = Seed.SAME)
    void whateverIsTakenInBetweenNoRowHasMoreFreeThanBefore(@ForAll("steps") List<Step> steps) {
        var cluster = new Cluster();
        for (var step : steps) {
            var before =
                    Arrays.stream(cluster.capacity.free()).map(long[]::clone).toArray(long[][]::new);
            step.happensIn(cluster);
            for (int resource = 0; resource < before.length; resource++) {
                for (int row = 0; row < before[resource].length; row++) {
                    long was = before[resource][row];
                    long is = cluster.capacity.free()[resource][row];
                    assertTrue(is <= was, () -> was + " free before, now " + is + ", by " + step);
                }
            }
        }
    }

    /** Two nodes of 4 GPUs and 6 cores, on the second of which more GPUs are taken than there are. */
    private static final class Cluster {
        final CycleCapacity capacity;
        final ActiveReservations active;
        int named;

        Cluster() {
            var nodes = new NodeTable();
            nodes.resource(Scenario.GPU);
            nodes.resource("cpu");
            for (int row = 0; row < 2; row++) {
                nodes.put(Nodes.offering(
                        Nodes.node("n" + row, 4),
                        Resources.units(Scenario.GPU, 4).plus(Scenario.cpus(6))));
            }
            nodes.take("n1", new Amounts(new int[] {0}, new long[] {5000}));
            capacity = new CycleCapacity(
                    nodes, new ShapeTable(nodes), QuotaAccounting.none(QuotaBook.of(List.of(), Map.of()), nodes));
            active = new ActiveReservations(capacity);
        }

        /** So many pods are put on a node, or as many as have room there. */
        void take(Amounts each, int row, int pods) {
            each.take(capacity.free(), row, Math.min(pods, each.fits(capacity.free(), row)));
        }
    }

    private interface Step {
        void happensIn(Cluster cluster);
    }

    record Keeps(boolean gpus, int row, int pods, int returning) implements Step {
        @Override
        public void happensIn(Cluster cluster) {
            var each = gpus ? GPU_AND_CPU : CPU;
            var back = new long[each.resources().length];
            Arrays.fill(back, 1000L * returning);
            var name = Integer.toString(cluster.named++);
            cluster.active.keep(new Reservation(
                    new QuotaFlavor(Optional.of(name), Optional.empty()),
                    new Pending(Scenario.job(name).workload(), -1, -1),
                    Optional.empty(),
                    List.of(kept("n" + row, each, pods, back)),
                    new int[0],
                    new long[0],
                    new long[0],
                    new long[0],
                    List.of(),
                    Set.of(),
                    false,
                    Scenario.START));
        }
    }

    private static Reservation.Kept kept(String node, Amounts each, int pods, long[] back) {
        var wanted =
                Arrays.stream(each.thousandths()).map(amount -> amount * pods).toArray();
        return new Reservation.Kept(node, new boolean[] {true}, each.resources(), wanted, back);
    }

    /** @param open who keeps nothing meanwhile: a bit for each */
    record Takes(boolean gpus, int row, int pods, int open) implements Step {
        @Override
        public void happensIn(Cluster cluster) {
            var some = cluster.active.those(
                    each -> (open >> Integer.parseInt(each.pending().workload().uid()) & 1) == 1);
            ActiveReservations.without(some, () -> {
                cluster.take(gpus ? GPU_AND_CPU : CPU, row, pods);
                return null;
            });
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        var row = Event.upTo(1);
        Arbitrary<Step> keeps = Combinators.combine(Arbitraries.of(true, false), row, Event.upTo(4), Event.upTo(3))
                .as(Keeps::new);
        Arbitrary<Step> takes = Combinators.combine(Arbitraries.of(true, false), row, Event.upTo(3), Event.upTo(255))
                .as(Takes::new);
        return Arbitraries.oneOf(keeps, takes).list().ofMaxSize(12);
    }
}
