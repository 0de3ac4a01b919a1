package dev.capstan.worker.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each part once, by a thread of its own, and nobody goes on before all are done. */
class TeamTest {
    private static final int SIZE = 3;

    @Test
    void everyPartIsDoneOnceBeforeItGoesOn() throws InterruptedException {
        var team = Team.of(SIZE);
        var done = new long[SIZE];
        for (int i = 0; i < 20_000; i++) {
            team.together(part -> done[part]++);
            // What threads have written is seen without more ado.
            assertArrayEquals(new long[] {i + 1, i + 1, i + 1}, done);
            if (i % 5_000 == 0) {
                // Long enough for them to sleep.
                Thread.sleep(5);
            }
        }
    }

    @Test
    void aPartIsAlwaysTheSameThreads() {
        var threads = new Thread[SIZE];
        Team.of(SIZE).together(part -> threads[part] = Thread.currentThread());
        assertEquals(SIZE, new HashSet<>(Set.of(threads)).size());
        assertEquals(Thread.currentThread(), threads[0]);
        Team.of(SIZE).together(part -> assertEquals(threads[part], Thread.currentThread()));
    }

    @Test
    void whatAPartThrowsEndsTheCallAndNoMore() {
        var team = Team.of(SIZE);
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> team.together(part -> {
                    throw part == 0 ? new IllegalArgumentException("0") : new IllegalStateException("" + part);
                }));
        assertEquals("0", thrown.getMessage());
        assertThrows(
                AssertionError.class,
                () -> team.together(part -> {
                    if (part == 2) {
                        throw new AssertionError();
                    }
                }));
        var done = new boolean[SIZE];
        team.together(part -> done[part] = true);
        assertArrayEquals(new boolean[] {true, true, true}, done);
    }
}
