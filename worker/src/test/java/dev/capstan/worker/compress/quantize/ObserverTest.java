package dev.capstan.worker.compress.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.compress.quantize.Calibration.Entropy;
import dev.capstan.worker.compress.quantize.Calibration.MinMax;
import dev.capstan.worker.compress.quantize.Calibration.Percentile;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ObserverTest {
    private static final List<Calibration> ALL = List.of(new MinMax(), new Percentile(99.9), new Entropy());

    /** Bell-shaped, with some outliers; in any order. */
    private static float[] bell(int count, int outliers, boolean positive) {
        var random = new Random(3);
        var values = new float[count];
        for (int each = 0; each < count; each++) {
            double value = random.nextGaussian() * (each < outliers ? 30 : 1);
            values[each] = (float) (positive ? Math.abs(value) : value);
        }
        return values;
    }

    @Test
    void theRangeDoesntDependOnHowTheValuesAreCutIntoBatches() {
        var values = bell(10_000, 20, false);
        var whole = new Observer();
        whole.add(values);
        for (int size : new int[] {1, 7, 500, 9_999}) {
            var parts = new Observer();
            // The other way round: the outliers come last, so that the histogram has to grow.
            for (int end = values.length; end > 0; end -= size) {
                parts.add(Arrays.copyOfRange(values, Math.max(0, end - size), end));
            }
            ALL.forEach(each -> assertEquals(whole.range(each), parts.range(each)));
        }
        assertEquals(10_000, whole.count());
    }

    @Test
    void theLeastAndTheGreatestAreMet() {
        var observer = new Observer();
        observer.add(new float[] {0.25f, 3, -1});
        observer.add(new float[] {-2, 1});
        assertEquals(new Range(-2, 3), observer.range(new MinMax()));
        assertEquals(new Range(-2, 3), observer.range(new Percentile(100)));
    }

    @Test
    void whatIsNeverNegativeHasARangeFromZero() {
        var observer = new Observer();
        observer.add(bell(5_000, 5, true));
        ALL.forEach(each -> assertEquals(0, observer.range(each).min()));
    }

    @Test
    void aPercentileCoversItsShareOfTheValues() {
        var values = bell(100_000, 100, false);
        var observer = new Observer();
        observer.add(values);
        for (double percent : new double[] {90, 99, 99.9}) {
            double threshold = observer.range(new Percentile(percent)).max();
            double covered = 0;
            double coveredByLess = 0;
            for (float each : values) {
                covered += Math.abs(each) <= threshold ? 1 : 0;
                coveredByLess += Math.abs(each) <= threshold * 0.95 ? 1 : 0;
            }
            assertTrue(covered / values.length >= percent / 100);
            assertTrue(coveredByLess / values.length < percent / 100);
        }
    }

    @Test
    void entropyCutsOffFewOutliersAndNothingOfAnEvenSpread() {
        for (boolean positive : new boolean[] {false, true}) {
            var tailed = new Observer();
            tailed.add(bell(100_000, 10, positive));
            var range = tailed.range(new Entropy());
            assertTrue(range.max() > 2.5 && range.max() < 15, range::toString);
        }
        var even = new Observer();
        var random = new Random(5);
        var values = new float[100_000];
        for (int each = 0; each < values.length; each++) {
            values[each] = random.nextFloat(-4, 4);
        }
        even.add(values);
        assertTrue(even.range(new Entropy()).max() > 3.8);
    }

    @Test
    void nothingButZerosHasTheRangeOfZero() {
        var observer = new Observer();
        observer.add(new float[100]);
        ALL.forEach(each -> assertEquals(new Range(0, 0), observer.range(each)));
        observer.add(new float[] {5e-42f, 0});
        assertEquals(5e-42f, (float) observer.range(new MinMax()).max());
        observer.add(new float[] {Float.MAX_VALUE});
        ALL.forEach(each -> assertTrue(Double.isFinite(observer.range(each).max())));
        assertEquals(Float.MAX_VALUE, observer.range(new MinMax()).max());
    }

    @Test
    void aPercentileThatCutsHalfIsRefused() {
        for (double percent : new double[] {50, 101, Double.NaN, -1}) {
            var message = assertThrows(IllegalArgumentException.class, () -> new Percentile(percent))
                    .getMessage();
            assertTrue(message.contains("above 50 and at most 100"), message);
        }
    }
}
