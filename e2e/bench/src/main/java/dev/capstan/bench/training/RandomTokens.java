package dev.capstan.bench.training;

import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import java.util.Random;

/** Sequences of words drawn at random, all of them as long as they may be, in ten classes. */
record RandomTokens(Shape.Tokens shape, int size, int[] words) implements Samples {
    static RandomTokens of(Shape.Tokens shape, int size) {
        var words = new Random(1)
                .ints((long) size * shape.length(), 2, shape.vocabulary())
                .toArray();
        return new RandomTokens(shape, size, words);
    }

    @Override
    public int label(int sample) {
        return sample % 10;
    }

    @Override
    public void copyInputs(int sample, float[] target, int offset) {
        for (int i = 0; i < inputs(); i++) {
            target[offset + i] = words[sample * inputs() + i];
        }
    }
}
