package dev.capstan.worker.model;

import org.nd4j.linalg.api.ndarray.INDArray;

/** The dimensions in which a network takes samples, which come as rows. */
public sealed interface Form {
    /** The rows in this form, without a copy. */
    INDArray of(INDArray rows);

    /** As they come. */
    record Rows() implements Form {
        @Override
        public INDArray of(INDArray rows) {
            return rows;
        }
    }

    /** Samples, channels, height, width. */
    record ChannelsFirst(int channels, int height, int width) implements Form {
        @Override
        public INDArray of(INDArray rows) {
            return rows.reshape(rows.rows(), channels, height, width);
        }
    }

    /** Samples, height, width, channels. */
    record ChannelsLast(int channels, int height, int width) implements Form {
        @Override
        public INDArray of(INDArray rows) {
            return rows.reshape(rows.rows(), channels, height, width).permute(0, 2, 3, 1);
        }
    }
}
