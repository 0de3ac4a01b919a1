package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Faults that come at random can be repeated. */
class FaultTest {
    private static final List<Fault.Kind> ALL = List.of(Fault.Kind.values());

    @Test
    void theSeedDecidesAndEveryKindComesInTheOrderOfSteps() {
        var plan = Fault.plan(7, 20, ALL, 3);
        assertEquals(plan, Fault.plan(7, 20, ALL, 3));
        assertNotEquals(plan, Fault.plan(8, 20, ALL, 3));
        assertEquals(
                EnumSet.allOf(Fault.Kind.class), plan.stream().map(Fault::kind).collect(Collectors.toSet()));
        assertEquals(
                plan,
                plan.stream()
                        .sorted((a, b) -> Double.compare(a.share(), b.share()))
                        .toList());
        assertTrue(plan.getFirst().share() > 0 && plan.getLast().share() < 0.9, plan.toString());
    }

    @Test
    void ranksThatAreHitAreTheJobs() {
        for (var fault : Fault.plan(3, 200, ALL, 3)) {
            var ranks = fault.hit(3);
            assertEquals(
                    switch (fault.kind()) {
                        case TWO -> 2;
                        case ALL -> 3;
                        default -> 1;
                    },
                    ranks.stream()
                            .distinct()
                            .filter(rank -> rank >= 0 && rank < 3)
                            .count(),
                    fault.toString());
            assertTrue(ranks.contains(fault.rank()) && fault.other(3) != fault.rank(), fault.toString());
        }
    }

    /** Only where all who have the state are gone, or a node is away for longer than is waited for. */
    @Test
    void whoIsAskedToEndIsReplacedAsWhoIsKilledIs() {
        assertEquals(
                EnumSet.of(Fault.Kind.ALL, Fault.Kind.CUT),
                ALL.stream().filter(Fault.Kind::mayBeginAnew).collect(Collectors.toSet()));
    }

    @Test
    void whoAsksForWhatThereIsntHearsWhatThereIs() {
        assertEquals(
                List.of(Fault.Kind.CUT),
                Fault.plan(1, 1, List.of(Fault.Kind.of("cut")), 3).stream()
                        .map(Fault::kind)
                        .toList());
        var refused = assertThrows(IllegalArgumentException.class, () -> Fault.Kind.of("cuts"));
        assertTrue(refused.getMessage().contains("kill"), refused.getMessage());
        assertEquals(ChaosModel.LSTM, ChaosModel.of("lstm"));
    }
}
