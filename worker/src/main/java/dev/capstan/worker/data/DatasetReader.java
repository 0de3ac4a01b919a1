package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Fetched;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Reads the samples that a job names, checks every one of them once, and packs them. */
public final class DatasetReader {
    private final Source source;
    private final Dataset dataset;
    private final Room room;

    private DatasetReader(String field, Dataset dataset, Room room) {
        var path = Fetched.path(field, dataset.place(), room.scratch());
        source = new Source(field, path, dataset.place().uri());
        this.dataset = dataset;
        this.room = room;
    }

    /**
     * All samples of a dataset, and what they teach about reading others: their shape, classes and vocabulary.
     *
     * @param field where the job names the dataset, for messages: {@code data.train}
     * @param classes units of the model's output layer; 0 or less if it takes as many as there are
     * @param scratch folder for what has to be fetched and for samples that don't fit into memory
     * @throws Failure InvalidData if the files aren't there or aren't as the format says; the sentence names file and
     *     record. StorageUnavailable if the volume fails while reading, because a later attempt may be luckier.
     *     OutOfMemory if a sample is too large for the worker
     */
    public static Learned learn(String field, Dataset dataset, int classes, Path scratch) {
        return learn(field, dataset, classes, Room.in(scratch));
    }

    static Learned learn(String field, Dataset dataset, int classes, Room room) {
        return new DatasetReader(field, dataset, room).read(null, classes);
    }

    /**
     * All samples of a dataset, read as those that a network was or will be trained on.
     *
     * @param field where the job names the dataset, for messages: {@code data.test}
     * @param like what was learned from the training data
     * @param scratch folder for what has to be fetched and for samples that don't fit into memory
     * @throws Failure as {@link #learn}, and InvalidData if they don't fit
     */
    public static Samples read(String field, Dataset dataset, Preprocessing like, Path scratch) {
        return read(field, dataset, like, Room.in(scratch));
    }

    static Samples read(String field, Dataset dataset, Preprocessing like, Room room) {
        return new DatasetReader(field, dataset, room)
                .read(like, like.outputs())
                .samples();
    }

    private Learned read(Preprocessing like, int classes) {
        var shape = like == null ? null : like.shape();
        var names = like == null ? null : like.classes();
        try {
            return switch (dataset.format()) {
                case IDX -> {
                    var numbered = new Classes.Numbered(source, classes);
                    yield learned(new IdxReader(source, numbered, shape, room).read(), numbered, like);
                }
                case CSV -> new CsvReader(source, dataset.csv(), classes, like, room).read();
                case IMAGES -> {
                    var named = new Classes.Named(source, names, classes);
                    yield new ImagesReader(source, dataset.images(), named, like, room).read();
                }
                case TEXT -> {
                    var named = new Classes.Named(source, names, classes);
                    yield new TextReader(source, dataset.text(), named, like, room).read();
                }
            };
        } catch (IOException e) {
            throw source.failure(e);
        } catch (UncheckedIOException e) {
            throw source.failure(e.getCause());
        }
    }

    private static Learned learned(Samples samples, Classes.Numbered classes, Preprocessing like) {
        return new Learned(samples, like != null ? like : new Preprocessing(samples.shape(), classes.names(), null));
    }
}
