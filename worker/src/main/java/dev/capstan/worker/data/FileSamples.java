package dev.capstan.worker.data;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Reads files that somebody asks about: without labels, and as the samples that a model was trained on. Any number of
 * threads may read at once.
 */
public interface FileSamples {
    /**
     * What reads files for a model; empty if it gives neither classes nor numbers that have names.
     *
     * @param ground of the images that it was trained on
     */
    static Optional<FileSamples> of(Preprocessing preprocessing, Ground ground) {
        boolean named = preprocessing.predictsNumbers()
                ? !preprocessing.targets().isEmpty()
                : preprocessing.classes() != null && preprocessing.classes().size() > 1;
        if (!named) {
            return Optional.empty();
        }
        return Optional.ofNullable(
                switch (preprocessing.shape()) {
                    case Shape.Image image -> new ImageSamples(image, ground);
                    case Shape.Tokens tokens ->
                        preprocessing.vocabulary() == null ? null : new TextSamples(tokens, preprocessing.vocabulary());
                    case Shape.Flat flat ->
                        preprocessing.vocabulary() == null
                                ? new RowSamples(preprocessing)
                                : new TextSamples(flat, preprocessing.vocabulary());
                });
    }

    /** Media types of the files that it reads, the likeliest first. */
    List<String> mediaTypes();

    /**
     * The samples of a file, at least one.
     *
     * @return their numbers, as many as the model takes of each
     * @throws dev.capstan.worker.outcome.Failure InvalidData with what is wrong with it, after {@code the file: }
     */
    List<float[]> read(ByteBuffer file);

    /** All that a buffer still has; its position stays. */
    static byte[] bytes(ByteBuffer file) {
        var bytes = new byte[file.remaining()];
        file.get(file.position(), bytes);
        return bytes;
    }
}
