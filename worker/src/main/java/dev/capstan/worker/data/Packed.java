package dev.capstan.worker.data;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Samples as bytes, each kind as small as it goes. */
final class Packed {
    private Packed() {}

    /** Bytes, which read as numbers from 0 to 1. */
    record Bytes(Shape shape, int[] labels, Spool rows) implements Samples {
        private static final float[] SCALED = new float[256];

        static {
            for (int value = 0; value < SCALED.length; value++) {
                SCALED[value] = value / 255f;
            }
        }

        /** Writes bytes as the network takes them. */
        static void fill(byte[] row, float[] target, int offset) {
            for (int i = 0; i < row.length; i++) {
                target[offset + i] = SCALED[row[i] & 0xff];
            }
        }

        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public int label(int sample) {
            return labels[sample];
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            var row = new byte[inputs()];
            rows.read((long) sample * row.length, row, row.length);
            fill(row, target, offset);
        }
    }

    /** Numbers as they are, big-endian. */
    record Floats(Shape shape, int[] labels, Spool rows) implements Samples {
        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public int label(int sample) {
            return labels[sample];
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            var row = new byte[Float.BYTES * inputs()];
            rows.read((long) sample * row.length, row, row.length);
            ByteBuffer.wrap(row).asFloatBuffer().get(target, offset, inputs());
        }
    }

    /** Numbers as they are, big-endian: those that the network takes, and then those that it is to predict. */
    record Targets(Shape shape, int targets, int size, Spool rows) implements Samples {
        @Override
        public int label(int sample) {
            throw new IllegalStateException("samples have " + targets + " numbers to predict, and no class");
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            copy(sample, 0, target, offset, inputs());
        }

        @Override
        public void copyTarget(int sample, float[] target) {
            copy(sample, inputs(), target, 0, targets);
        }

        private void copy(int sample, int from, float[] target, int offset, int length) {
            var part = new byte[Float.BYTES * length];
            long row = (long) sample * (inputs() + targets);
            rows.read(Float.BYTES * (row + from), part, part.length);
            ByteBuffer.wrap(part).asFloatBuffer().get(target, offset, length);
        }
    }

    /**
     * Words by their numbers, big-endian, as many as each text has.
     *
     * @param ends for each sample how many words it and all before it have
     * @param numbers turns a word's number as it was written to the one in the vocabulary: 1 for unknown words, then
     *     those of the vocabulary
     */
    record Words(Shape shape, int[] labels, Spool rows, long[] ends, IntUnaryOperator numbers) implements Samples {
        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public int label(int sample) {
            return labels[sample];
        }

        @Override
        public int length(int sample) {
            return shape instanceof Shape.Tokens ? words(sample) : inputs();
        }

        private int words(int sample) {
            return (int) (ends[sample] - begin(sample));
        }

        private long begin(int sample) {
            return sample == 0 ? 0 : ends[sample - 1];
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            var row = new byte[Integer.BYTES * words(sample)];
            rows.read(Integer.BYTES * begin(sample), row, row.length);
            fill(shape, ByteBuffer.wrap(row).asIntBuffer(), numbers, target, offset);
        }

        /** Writes a text as the network takes it. */
        static void fill(Shape shape, IntBuffer words, IntUnaryOperator numbers, float[] target, int offset) {
            Arrays.fill(target, offset, offset + shape.inputs(), 0);
            for (int i = 0; words.hasRemaining(); i++) {
                int number = numbers.applyAsInt(words.get());
                if (shape instanceof Shape.Tokens) {
                    target[offset + i] = number;
                } else if (number >= Vocabulary.FIRST) {
                    target[offset + number - Vocabulary.FIRST]++;
                }
            }
        }
    }
}
