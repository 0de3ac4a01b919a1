package dev.capstan.worker.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Samples;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowsTest {
    private static final int CLASSES = 8;

    @Test
    void aDrawOfDataThatLieClassByClassShowsEachClass() {
        // Or one class after the other, again and again, which an even stride would take one of.
        for (var labels : new int[][] {
            IntStream.range(0, 8000).map(each -> each / 1000).toArray(),
            IntStream.range(0, 8000).map(each -> each % CLASSES).toArray()
        }) {
            var all = new Fixtures.Images(new byte[labels.length][1], labels);
            var drawn = labels(Rows.drawn(all, 100));
            assertEquals(100, drawn.length);
            for (int label = 0; label < CLASSES; label++) {
                int each = label;
                long count = IntStream.of(drawn).filter(one -> one == each).count();
                assertTrue(count >= 3, Arrays.toString(drawn));
            }
            assertEquals(Arrays.toString(drawn), Arrays.toString(labels(Rows.drawn(all, 100))));
        }
        var few = new Fixtures.Images(new byte[3][1], new int[3]);
        assertEquals(3, Rows.drawn(few, 100).size());
    }

    private static int[] labels(Samples samples) {
        return IntStream.range(0, samples.size()).map(samples::label).toArray();
    }
}
