package dev.capstan.worker.onnx;

/** What goes from one layer to the next: a tensor's name, and what its dimensions mean. N is the number of samples. */
sealed interface Signal {
    /** The tensor's name. */
    String tensor();

    /** The same numbers' successor, of the same shape. */
    Signal as(String tensor);

    /** Rows of numbers, [N, width]. */
    record Row(String tensor, long width) implements Signal {
        @Override
        public Row as(String successor) {
            return new Row(successor, width);
        }
    }

    /**
     * Images, [N, channels, height, width].
     *
     * @param channelsLast whether DL4J holds them as [N, height, width, channels], which decides how they flatten
     */
    record Image(String tensor, long channels, long height, long width, boolean channelsLast) implements Signal {
        @Override
        public Image as(String successor) {
            return new Image(successor, channels, height, width, channelsLast);
        }
    }

    /** Words by their numbers, as floats, [N, length]; 0 where a text is over. */
    record Words(String tensor, long length) implements Signal {
        @Override
        public Words as(String successor) {
            return new Words(successor, length);
        }
    }

    /**
     * Vectors in time, [length, N, width]: time first, as ONNX' recurrent operators take them. Where a text is over
     * they may be anything.
     */
    record Sequence(String tensor, long length, long width) implements Signal {
        @Override
        public Sequence as(String successor) {
            return new Sequence(successor, length, width);
        }
    }
}
