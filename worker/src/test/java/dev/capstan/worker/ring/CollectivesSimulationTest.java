package dev.capstan.worker.ring;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Whatever happens to a gang, it ends with the state of one that nothing happened to; or nobody had the state any more. */
class CollectivesSimulationTest {
    private static final int SCHEDULES = Integer.getInteger("schedules", 300);
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    @Test
    void noStepIsLostOrDoneTwiceWhateverHappensWhen() {
        System.out.printf("simulated gangs: -Dseed=%d -Dschedules=%d%n", SEED, SCHEDULES);
        int whole = 0;
        int replaced = 0;
        for (int i = 0; i < SCHEDULES; i++) {
            long seed = SEED + i;
            try {
                var result = new SimulatedGang(seed).run();
                whole += result.lost() ? 0 : 1;
                replaced += result.lost() ? 0 : result.replaced();
            } catch (Throwable e) {
                throw new AssertionError("-Dseed=" + seed + " -Dschedules=1", e);
            }
        }
        System.out.printf("%d of %d ended, in which %d ranks were replaced%n", whole, SCHEDULES, replaced);
        assertTrue(whole > SCHEDULES / 2 && replaced > SCHEDULES / 10, whole + ", " + replaced);
    }
}
