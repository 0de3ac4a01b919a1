package dev.capstan.worker.ring;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Wire;
import dev.capstan.worker.ring.Chance.Deviating.Deviation;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens to a gang, it ends with the state of one that nothing happened to; or nobody had the state any more.
 */
class CollectivesSimulationTest {
    private static final int SCHEDULES = Integer.getInteger("schedules", 300);
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    @Test
    void noStepIsLostOrDoneTwiceWhateverHappensWhen() {
        System.out.printf("simulated gangs: -Dseed=%d -Dschedules=%d%n", SEED, SCHEDULES);
        int whole = 0;
        int replaced = 0;
        int taken = 0;
        int begunAnew = 0;
        int left = 0;
        int stopped = 0;
        for (int i = 0; i < SCHEDULES; i++) {
            long seed = SEED + i;
            try {
                var result = new SimulatedGang(seed).run();
                whole += result.lost() ? 0 : 1;
                replaced += result.lost() ? 0 : result.replaced();
                taken += result.lost() ? 0 : result.taken();
                begunAnew += result.lost() ? 0 : result.begunAnew();
                left += result.lost() ? 0 : result.left();
                stopped += result.stopped() ? 1 : 0;
            } catch (Throwable e) {
                throw new AssertionError("-Dseed=" + seed + " -Dschedules=1", e);
            }
        }
        System.out.printf(
                "%d of %d ended, in which %d ranks were replaced, %d by spares, %d had left, and %d began anew; %d stopped%n",
                whole, SCHEDULES, replaced, taken, left, begunAnew, stopped);
        assertTrue(
                whole > SCHEDULES / 2
                        && replaced > SCHEDULES / 10
                        && taken > SCHEDULES / 20
                        && left > SCHEDULES / 20
                        && begunAnew > 0
                        && stopped > 0,
                String.join(", ", whole + "", replaced + "", taken + "", left + "", begunAnew + "", stopped + ""));
    }

    /**
     * Nothing is drawn here: of two ranks with a spare and one step, every schedule that deviates from the simplest so
     * often at most; of those that deviate once, one in so many.
     */
    @Test
    void noStepIsLostOrDoneTwiceInAnySmallSchedule() {
        int[] count = new int[3];
        for (int shortSum : new int[] {0, Integer.MAX_VALUE}) {
            explore(List.of(), Integer.getInteger("deviations", 1), Integer.getInteger("every", 31), shortSum, count);
        }
        System.out.printf(
                "%d schedules, in which %d ranks were replaced, %d connections cut%n", count[0], count[1], count[2]);
        assertTrue(count[0] > 100 && count[1] > 20 && count[2] > 20, Arrays.toString(count));
    }

    private static void explore(List<Deviation> deviations, int left, int every, int shortSum, int[] count) {
        var chance = new Chance.Deviating(deviations);
        try {
            var result = new SimulatedGang(chance, 2, 1, 1, 2, 4000, 1, shortSum, Wire.Frames.PLAIN).run();
            count[0]++;
            count[1] += result.replaced();
            count[2] += result.cuts();
        } catch (Throwable e) {
            throw new AssertionError("the schedule " + chance, e);
        }
        if (left > 0) {
            var further = chance.further();
            for (int i = 0; i < further.size(); i += every) {
                explore(further.get(i), left - 1, 1, shortSum, count);
            }
        }
    }
}
