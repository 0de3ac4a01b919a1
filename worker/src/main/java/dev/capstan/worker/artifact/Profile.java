package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.data.Ground;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.storage.BoundedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What the training data looked like, to tell later how far from it the data is that a model is asked about. It is told
 * of the samples as a network gets them, in their order, so that any number of workers has the same.
 *
 * @param version {@link #VERSION}
 * @param samples number of training samples, without those of the validation split
 * @param classes how many samples each class has, by the output's index; empty of a model that predicts numbers
 * @param columns the numbers of rows, column by column; at most {@link #MOST_COLUMNS}, and then all others as one; null
 *     for other data
 * @param channels the numbers of images, channel by channel; null for other data
 * @param text null for other data
 * @param targets the numbers to predict, one by one; null of a model that tells classes apart
 */
public record Profile(
        int version,
        int samples,
        List<ClassShare> classes,
        List<Spread.Column> columns,
        List<Spread.Column> channels,
        Text text,
        List<Spread.Column> targets) {
    static final int VERSION = 1;
    static final int MOST_COLUMNS = 1000;
    static final int MOST_WORDS = 100;

    /** The number that stands for every word that the vocabulary lacks, and that of the vocabulary's first. */
    private static final int UNKNOWN = 1;

    private static final int FIRST = 2;

    /** How many samples are read before somebody may look round. */
    private static final int A_WHILE = 1000;

    /** @param share of all samples, 0 to 1 */
    record ClassShare(String name, int samples, double share) {}

    /**
     * @param lengths how many texts have how many words; null for bags of words, which don't tell
     * @param words the vocabulary's most frequent ones
     * @param unknown share of all words that the vocabulary lacks, 0 to 1; null for bags of words
     */
    record Text(Spread.Column lengths, List<Word> words, Double unknown) {}

    /** @param share of all words, 0 to 1 */
    record Word(String word, double share) {}

    /**
     * The profile of samples, each of which is read once.
     *
     * @param meanwhile is run now and then; what it throws ends the reading
     */
    public static Profile of(Samples samples, Preprocessing preprocessing, Runnable meanwhile) {
        var row = new float[samples.inputs()];
        var classes = new int[preprocessing.classes().size()];
        var numbers = new Numbers(samples.shape(), preprocessing.vocabulary(), preprocessing.columns());
        var targets = new float[samples.targets()];
        var predicted = Stream.generate(Spread::new).limit(targets.length).toList();
        for (int i = 0; i < samples.size(); i++) {
            if (i % A_WHILE == 0) {
                meanwhile.run();
            }
            samples.copyInputs(i, row, 0);
            if (targets.length == 0) {
                classes[samples.label(i)]++;
            } else {
                samples.copyTarget(i, targets);
                for (int target = 0; target < targets.length; target++) {
                    predicted.get(target).add(targets[target]);
                }
            }
            numbers.add(row, samples.length(i));
        }
        return new Profile(
                VERSION,
                samples.size(),
                IntStream.range(0, classes.length)
                        .mapToObj(i -> new ClassShare(
                                preprocessing.classes().get(i), classes[i], (double) classes[i] / samples.size()))
                        .toList(),
                numbers.columns(),
                numbers.channels(),
                numbers.text(),
                targets.length == 0
                        ? null
                        : IntStream.range(0, targets.length)
                                .mapToObj(i -> predicted
                                        .get(i)
                                        .column(preprocessing.targets().get(i)))
                                .toList());
    }

    /** Share of all pixels that have to be as dark, or as bright, as can be: of MNIST's, four fifths are. */
    private static final double MOST = 0.6;

    /**
     * The ground of the images that a profile is of.
     *
     * @param file as it was written; null if there is none
     * @throws IllegalArgumentException if it is no profile
     */
    static Ground ground(Path file) throws IOException {
        var channels = file == null
                ? null
                : Json.read(BoundedText.of(file, BoundedText.LONG), Profile.class)
                        .channels();
        if (channels == null || channels.size() != 1) {
            return Ground.EITHER;
        }
        var grey = channels.getFirst();
        var counts = grey.histogram().counts();
        double all = LongStream.of(counts).sum();
        if (grey.histogram().from() == 0 && counts[0] >= MOST * all) {
            return Ground.DARK;
        }
        return grey.max() == 1 && counts[counts.length - 1] >= MOST * all ? Ground.BRIGHT : Ground.EITHER;
    }

    /** What is counted while samples are read. */
    private static final class Numbers {
        private final Shape shape;
        private final List<String> vocabulary;
        private final List<String> names;
        private final List<Spread> spreads = new ArrayList<>();
        private final double[] words;
        private double all;

        /**
         * @param vocabulary null for other data than text
         * @param names of columns; null if they have none
         */
        Numbers(Shape shape, List<String> vocabulary, List<String> names) {
            this.names = names;
            this.shape = shape;
            this.vocabulary = vocabulary;
            int many = switch (shape) {
                case Shape.Image image -> image.channels();
                case Shape.Tokens tokens -> 1;
                case Shape.Flat(var inputs) -> vocabulary == null ? Math.min(inputs, MOST_COLUMNS + 1) : 0;
            };
            Stream.generate(Spread::new).limit(many).forEach(spreads::add);
            words = vocabulary == null ? null : new double[FIRST + vocabulary.size()];
        }

        void add(float[] row, int length) {
            switch (shape) {
                case Shape.Image image -> {
                    int pixels = image.height() * image.width();
                    for (int i = 0; i < row.length; i++) {
                        spreads.get(i / pixels).add(row[i]);
                    }
                }
                case Shape.Tokens tokens -> {
                    spreads.getFirst().add(length);
                    for (int i = 0; i < length && words != null; i++) {
                        count((int) row[i], 1);
                    }
                }
                case Shape.Flat flat -> {
                    for (int i = 0; i < row.length; i++) {
                        if (words == null) {
                            spreads.get(Math.min(i, MOST_COLUMNS)).add(row[i]);
                        } else if (i + FIRST < words.length) {
                            count(FIRST + i, row[i]);
                        }
                    }
                }
            }
        }

        private void count(int word, float times) {
            if (word < words.length) {
                words[word] += times;
                all += times;
            }
        }

        List<Spread.Column> columns() {
            if (!(shape instanceof Shape.Flat) || words != null) {
                return null;
            }
            return IntStream.range(0, spreads.size())
                    .mapToObj(i -> spreads.get(i).column(i < MOST_COLUMNS ? name(i) : "others"))
                    .toList();
        }

        private String name(int column) {
            return names == null ? String.valueOf(column) : names.get(column);
        }

        List<Spread.Column> channels() {
            if (!(shape instanceof Shape.Image)) {
                return null;
            }
            var names = spreads.size() == 3 ? List.of("red", "green", "blue") : List.of("grey");
            return IntStream.range(0, spreads.size())
                    .mapToObj(i -> spreads.get(i).column(i < names.size() ? names.get(i) : String.valueOf(i)))
                    .toList();
        }

        Text text() {
            if (words == null) {
                return null;
            }
            boolean sequences = shape instanceof Shape.Tokens;
            return new Text(
                    sequences ? spreads.getFirst().column("words") : null,
                    IntStream.range(0, Math.min(MOST_WORDS, vocabulary.size()))
                            .mapToObj(i -> new Word(vocabulary.get(i), share(words[FIRST + i])))
                            .toList(),
                    sequences ? share(words[UNKNOWN]) : null);
        }

        private double share(double count) {
            return all == 0 ? 0 : count / all;
        }
    }
}
