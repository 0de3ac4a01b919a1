package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Json;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of training data. */
class ProfileTest {
    private static final List<String> CLASSES = List.of("0", "1", "2", "3");

    private static Profile profile(Samples samples, Preprocessing preprocessing) {
        return Profile.of(samples, preprocessing, () -> {});
    }

    static IntStream seeds() {
        return IntStream.range(0, 200);
    }

    /** Numbers of all sizes, among them equal ones, whole ones and zero. */
    private static float[] numbers(int seed) {
        var random = new Random(seed);
        double size = Math.pow(10, random.nextInt(61) - 30);
        double middle = random.nextInt(3) == 0 ? 0 : random.nextGaussian() * Math.pow(10, random.nextInt(41) - 20);
        var numbers = new float[1 + random.nextInt(300)];
        for (int i = 0; i < numbers.length; i++) {
            double number = middle + size * random.nextGaussian();
            numbers[i] = (float) (seed % 3 == 0 ? Math.rint(number) : number);
        }
        return numbers;
    }

    private static Spread.Column spread(float[] numbers) {
        var spread = new Spread();
        for (float each : numbers) {
            spread.add(each);
        }
        return spread.column("x");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aHistogramHoldsAllAndIsTheSameInWhateverOrder(int seed) {
        var numbers = numbers(seed);
        var column = spread(numbers);
        var histogram = column.histogram();
        int bins = histogram.counts().length;
        assertTrue(bins >= 1 && bins <= Spread.BINS, bins + " bins");
        var counted = new long[bins];
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (float each : numbers) {
            counted[(int) Math.floor((each - histogram.from()) / histogram.width())]++;
            min = Math.min(min, each + 0f);
            max = Math.max(max, each + 0f);
            sum += each;
        }
        double mean = sum / numbers.length;
        double squares = 0;
        for (float each : numbers) {
            squares += (each - mean) * (each - mean);
        }
        assertArrayEquals(counted, histogram.counts());
        assertTrue(counted[0] > 0 && counted[bins - 1] > 0, "the first and the last bin hold something");
        double narrower = histogram.width() / 2;
        assertTrue(
                Math.floor(max / narrower) - Math.floor(min / narrower) >= Spread.BINS
                        || histogram.width() == Float.MIN_VALUE,
                "no narrower bins would do");
        assertEquals(min, column.min());
        assertEquals(max, column.max());
        assertEquals(mean, column.mean(), 1e-9 * Math.max(Math.abs(min), Math.abs(max)));
        assertEquals(squares / numbers.length, column.variance(), 1e-6 * (max - min) * (max - min) + 1e-300);

        var shuffled = numbers.clone();
        var random = new Random(seed);
        for (int i = shuffled.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            float kept = shuffled[i];
            shuffled[i] = shuffled[other];
            shuffled[other] = kept;
        }
        var again = spread(shuffled).histogram();
        assertEquals(histogram.from(), again.from());
        assertEquals(histogram.width(), again.width());
        assertArrayEquals(histogram.counts(), again.counts());
    }

    @Test
    void imagesByChannel() {
        var images = Fixtures.images(50, 1);
        var profile = profile(images, new Preprocessing(images.shape(), CLASSES, null));
        assertEquals(50, profile.samples());
        assertEquals(
                50,
                profile.classes().stream().mapToInt(Profile.ClassShare::samples).sum());
        assertEquals(
                1,
                profile.classes().stream()
                        .mapToDouble(Profile.ClassShare::share)
                        .sum(),
                1e-9);
        assertNull(profile.columns());
        assertNull(profile.text());
        var grey = profile.channels().getFirst();
        assertEquals("grey", grey.name());
        assertEquals(
                50L * images.inputs(), Arrays.stream(grey.histogram().counts()).sum());
        assertTrue(grey.min() >= 0 && grey.max() <= 1, grey.toString());
    }

    @Test
    void textsByLengthAndWord() {
        var texts = Fixtures.words(40);
        var vocabulary = IntStream.range(2, 12).mapToObj(i -> "word" + i).toList();
        var text = profile(texts, new Preprocessing(texts.shape(), CLASSES, vocabulary))
                .text();
        assertEquals(40, Arrays.stream(text.lengths().histogram().counts()).sum());
        assertEquals(1, text.lengths().min());
        assertEquals(10, text.words().size());
        assertTrue(text.unknown() > 0);
        assertEquals(
                1,
                text.unknown()
                        + text.words().stream().mapToDouble(Profile.Word::share).sum(),
                1e-9);
    }

    /** @param each what a sample's numbers are made of */
    private record Rows(int size, int inputs) implements Samples {
        @Override
        public Shape shape() {
            return new Shape.Flat(inputs);
        }

        @Override
        public int inputs() {
            return inputs;
        }

        @Override
        public int label(int sample) {
            return sample % 4;
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            for (int i = 0; i < inputs; i++) {
                target[offset + i] = sample % 2 * (i + 1);
            }
        }
    }

    @Test
    void rowsByColumnAndBagsByWord() {
        var rows = new Rows(10, 3);
        var columns =
                profile(rows, new Preprocessing(rows.shape(), CLASSES, null)).columns();
        assertEquals(
                List.of("0", "1", "2"),
                columns.stream().map(Spread.Column::name).toList());
        assertEquals(
                List.of(0.5, 1.0, 1.5),
                columns.stream().map(Spread.Column::mean).toList());
        assertEquals(
                List.of(0.25, 1.0, 2.25),
                columns.stream().map(Spread.Column::variance).toList());

        var bag = profile(rows, new Preprocessing(rows.shape(), CLASSES, List.of("a", "b")))
                .text();
        assertEquals(List.of(new Profile.Word("a", 1.0 / 3), new Profile.Word("b", 2.0 / 3)), bag.words());
        assertNull(bag.lengths());
        assertNull(bag.unknown());
    }

    @Test
    void thousandsOfColumnsAreToldTogetherBeyondTheFirst() {
        var rows = new Rows(4, 1500);
        var columns =
                profile(rows, new Preprocessing(rows.shape(), CLASSES, null)).columns();
        assertEquals(1001, columns.size());
        assertEquals("others", columns.getLast().name());
        assertEquals(
                4L * 500, Arrays.stream(columns.getLast().histogram().counts()).sum());
    }

    @Test
    void whoIsToldToStopStops() {
        var images = Fixtures.images(20, 1);
        assertThrows(
                IllegalStateException.class,
                () -> Profile.of(images, new Preprocessing(images.shape(), CLASSES, null), () -> {
                    throw new IllegalStateException("stop");
                }));
    }

    @Test
    void itIsReadBackAsItWasWritten() {
        var images = Fixtures.images(20, 1);
        var profile = profile(images, new Preprocessing(images.shape(), CLASSES, null));
        var written = Json.write(profile);
        assertEquals(written, Json.write(Json.read(written, Profile.class)));
    }
}
