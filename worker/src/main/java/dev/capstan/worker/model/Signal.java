package dev.capstan.worker.model;

import dev.capstan.worker.data.Shape;

/** What one sample is between two layers. */
sealed interface Signal {
    /** The signal in words, for a sentence that begins "it gets". */
    String describe();

    /** What the first layer gets. */
    static Signal of(Shape shape) {
        return switch (shape) {
            case Shape.Flat(var inputs) -> new Row(inputs);
            case Shape.Image(var height, var width, var channels) -> new Image(height, width, channels);
            case Shape.Tokens(var length, var vocabulary) -> new Words(length, vocabulary);
        };
    }

    /** Numbers without an order. */
    record Row(long numbers) implements Signal {
        @Override
        public String describe() {
            return "rows of " + numbers + " numbers";
        }
    }

    /** Numbers in height, width and channels. */
    record Image(long height, long width, long channels) implements Signal {
        @Override
        public String describe() {
            return "images of " + height + " by " + width + " pixels and " + channels
                    + (channels == 1 ? " channel" : " channels");
        }
    }

    /** Whole numbers that stand for words. */
    record Words(long length, long vocabulary) implements Signal {
        @Override
        public String describe() {
            return "sequences of " + length + " words";
        }
    }

    /** Vectors in time. */
    record Sequence(long length, long width) implements Signal {
        @Override
        public String describe() {
            return "sequences of " + length + " vectors of " + width + " numbers";
        }
    }
}
