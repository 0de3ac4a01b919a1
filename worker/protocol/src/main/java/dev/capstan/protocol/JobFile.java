package dev.capstan.protocol;

import java.util.List;

/**
 * What a worker is told: the operator writes it once an attempt, the pod mounts it read-only. A worker needs nothing
 * else but its rank ({@link Contract#RANK}) and the peers' token ({@link Contract#TOKEN_FILE}). Every default is
 * spelled out.
 *
 * @param version {@link #VERSION}, or an older one that {@link #read} knows
 * @param job which job and which attempt of it
 * @param work what to do
 * @param checkpoints where and when the state is kept
 * @param peers {@code host:port} of every rank, in rank order; its size is the world size
 * @param output where the artifact goes
 * @param timeouts how long what gets nowhere is waited for
 */
public record JobFile(
        int version,
        Job job,
        Work work,
        Checkpoints checkpoints,
        List<String> peers,
        Output output,
        Timeouts timeouts) {

    /** The version that this code writes. */
    public static final int VERSION = 3;

    /** The version that the release before wrote. */
    public static final int VERSION_BEFORE = 2;

    /**
     * Reads a job file of this version, or of the one before it.
     *
     * @throws IllegalArgumentException with what is wrong, when it is no job file, or one of another version
     */
    public static JobFile read(String text) {
        int version = Json.read(text, Versioned.class).version();
        return switch (version) {
            case VERSION -> Json.read(text, JobFile.class);
            case VERSION_BEFORE -> Json.read(text, JobFileV2.class).today();
            default ->
                throw new IllegalArgumentException("of version " + version + ", this worker reads versions "
                        + VERSION_BEFORE + " and " + VERSION
                        + "; use the worker image that belongs to the operator");
        };
    }

    /** What every version has. */
    private record Versioned(int version) {}

    /**
     * The work of a job that trains.
     *
     * @throws IllegalStateException if the job does anything else
     */
    public Work.Train train() {
        return switch (work) {
            case Work.Train train -> train;
            case Work.Compress compress -> throw new IllegalStateException("a compression, where a training belongs");
        };
    }

    /** How its workers send each other what they sum. */
    public Wire wire() {
        return switch (work) {
            case Work.Train(var model, var data, var training) when training.wire() != null -> training.wire();
            case Work.Train train -> Wire.DEFAULT;
            case Work.Compress compress -> Wire.DEFAULT;
        };
    }

    /**
     * @param namespace the job's namespace
     * @param name the job's name
     * @param uid the job's UID: tells this job's files from those of an earlier one of the same name
     * @param attempt 1 for the first run, one more for each restart
     */
    public record Job(String namespace, String name, String uid, int attempt) {}

    /**
     * The network to train. Exactly one of {@code layers}, {@code configuration}, {@code from} and {@code torchScript}
     * is set.
     *
     * @param layers from input to output, the last of them an output layer; null for other models
     * @param configuration file in the pod with DL4J's own JSON ({@link Contract#MODEL_FILE}); null for other models
     * @param from an earlier artifact to go on from; null for other models
     * @param jar the user's own layers; null if there are none
     * @param torchScript the file of a module; null for other models
     */
    public record Model(List<Layer> layers, String configuration, From from, Place jar, Place torchScript) {
        /** Of a network of DL4J's. */
        public Model(List<Layer> layers, String configuration, From from, Place jar) {
            this(layers, configuration, from, jar, null);
        }
    }

    /**
     * An earlier artifact.
     *
     * @param place its folder
     * @param digest {@code sha256:…} that its model must have; null if any will do
     */
    public record From(Place place, String digest) {}

    /**
     * A file or folder to read.
     *
     * @param path where it lies in the pod; null if it has to be fetched
     * @param uri the same place as the user wrote it, for messages
     * @param s3 how to fetch it; null if it lies on a volume
     */
    public record Place(String path, String uri, S3 s3) {}

    /**
     * A service that speaks the S3 API.
     *
     * @param endpoint {@code http://} or {@code https://} and host; null for AWS's own of the region
     * @param region name of the region
     * @param credentials folder in the pod with the files {@code accessKeyId}, {@code secretAccessKey} and perhaps
     *     {@code sessionToken}
     */
    public record S3(String endpoint, String region, String credentials) {}

    /**
     * @param train samples to learn from; null when the job needs none
     * @param test samples that are only measured on; null when the job has none
     */
    public record Data(Dataset train, Dataset test) {}

    /**
     * A set of labelled samples.
     *
     * @param place file or folder
     * @param format how the samples are written
     * @param csv how to read CSV; null for other formats
     * @param images how to read images; null for other formats
     * @param text how to read text; null for other formats
     */
    public record Dataset(Place place, Format format, Csv csv, Images images, Text text) {
        /** How samples are written in files. */
        public enum Format {
            /** The MNIST database's format: one images file and one labels file, gzipped or plain. */
            IDX,
            /** Comma-separated values (RFC 4180), one sample a line. */
            CSV,
            /** A folder for each class, image files in it. */
            IMAGES,
            /** Comma-separated values (RFC 4180) with a column of text and a column of labels. */
            TEXT
        }
    }

    /**
     * How a table is read. What is null is as in files of older operators, which had no word for it.
     *
     * @param header whether each file's first line names the columns
     * @param labelColumn index of the column with the class, counted from 0; negative counts from the last, -1
     * @param labelName name of that column; null if its index tells
     * @param delimiter one character between two columns; null for a comma
     * @param labels what stands in the column with the class; null for numbers
     * @param columns what the network takes, in this order; null for all columns but the label, or the targets
     * @param targets columns with the numbers that the network is to predict; null if it tells classes apart
     * @param standardize whether the network takes each column less its mean, divided by its standard deviation, both
     *     of the training data; null for no
     */
    public record Csv(
            boolean header,
            int labelColumn,
            String labelName,
            String delimiter,
            Labels labels,
            List<Column> columns,
            List<Column> targets,
            Boolean standardize) {
        /** Commas between all numbers, and a class that is one. */
        public Csv(boolean header, int labelColumn) {
            this(header, labelColumn, null, null, null, null, null, null);
        }

        /** What stands in the column with the class. */
        public enum Labels {
            /** A whole number from 0 on. */
            NUMBERS,
            /** A name, whatever it is. */
            NAMES
        }
    }

    /**
     * A column of a table.
     *
     * @param index counted from 0; negative counts from the last, -1; null if the name tells
     * @param name as the header has it; null if the index tells
     */
    public record Column(Integer index, String name) {}

    /**
     * The size that every image is brought to.
     *
     * @param height in pixels
     * @param width in pixels
     * @param channels 1 for grey, 3 for red, green, blue
     */
    public record Images(int height, int width, int channels) {}

    /**
     * @param header whether each file's first line names the columns
     * @param textColumn index of the column with the text, counted from 0; negative counts from the last, -1
     * @param labelColumn index of the column with the class, which may be a word
     * @param encoding what the network sees
     * @param vocabularySize number of different words that are told apart, the most frequent ones of the training data
     * @param maxLength words of a text that are read; the rest is cut off. Of no meaning to a bag of words
     * @param delimiter one character between two columns; null for a comma
     */
    public record Text(
            boolean header,
            int textColumn,
            int labelColumn,
            Encoding encoding,
            int vocabularySize,
            int maxLength,
            String delimiter) {
        /** With commas between the columns. */
        public Text(
                boolean header, int textColumn, int labelColumn, Encoding encoding, int vocabularySize, int maxLength) {
            this(header, textColumn, labelColumn, encoding, vocabularySize, maxLength, null);
        }

        /** What the network sees of a text. */
        public enum Encoding {
            /** The words' numbers in their order. */
            SEQUENCE,
            /** How often each word of the vocabulary occurs. */
            BAG_OF_WORDS
        }
    }

    /**
     * @param path folder in the pod; null if it lies in a bucket
     * @param uri the same place as the user wrote it
     * @param everySteps steps between checkpoints; 0 for none by steps
     * @param everySeconds seconds between checkpoints; 0 for none by time
     * @param keep how many are kept, at least 1
     * @param listed those that the job's status listed when the attempt began: the newest, or none; null if an older
     *     operator wrote the file, which doesn't say
     * @param s3 how to reach the bucket; null if it lies on a volume
     * @param acceptedData digest of other training samples than the checkpoint's, with which the job may go on from it
     *     all the same; null if there are none
     * @param auto what the worker finds the time between two checkpoints by, in the place of everySeconds; null where
     *     that says it
     * @param resumeFrom folder of another job's checkpoint to begin with, and the digest that its manifest must have or
     *     null; null to begin at the first step
     */
    public record Checkpoints(
            String path,
            String uri,
            long everySteps,
            long everySeconds,
            int keep,
            List<Progress.Checkpoint> listed,
            S3 s3,
            String acceptedData,
            Auto auto,
            From resumeFrom) {
        /**
         * What is known of failures when an attempt begins.
         *
         * @param failures that have ended an attempt of this job so far
         * @param seconds for how long the attempts before this one have had their places
         */
        public record Auto(int failures, double seconds) {}

        /** With everySeconds as it is. */
        public Checkpoints(
                String path,
                String uri,
                long everySteps,
                long everySeconds,
                int keep,
                List<Progress.Checkpoint> listed,
                S3 s3,
                String acceptedData) {
            this(path, uri, everySteps, everySeconds, keep, listed, s3, acceptedData, null, null);
        }

        /** With the samples that the checkpoint was trained on, and no others. */
        public Checkpoints(
                String path,
                String uri,
                long everySteps,
                long everySeconds,
                int keep,
                List<Progress.Checkpoint> listed,
                S3 s3) {
            this(path, uri, everySteps, everySeconds, keep, listed, s3, null);
        }

        /** On a volume. */
        public Checkpoints(
                String path,
                String uri,
                long everySteps,
                long everySeconds,
                int keep,
                List<Progress.Checkpoint> listed) {
            this(path, uri, everySteps, everySeconds, keep, listed, null);
        }

        /** Without saying what the status lists. */
        public Checkpoints(String path, String uri, long everySteps, long everySeconds, int keep) {
            this(path, uri, everySteps, everySeconds, keep, null);
        }
    }

    /**
     * @param path folder in the pod; null if it lies in a bucket
     * @param uri the same place as the user wrote it
     * @param ifExists what to do about another job's artifact there
     * @param s3 how to reach the bucket; null if it lies on a volume
     */
    public record Output(String path, String uri, IfExists ifExists, S3 s3) {
        /** On a volume. */
        public Output(String path, String uri, IfExists ifExists) {
            this(path, uri, ifExists, null);
        }

        /** What to do about an artifact that another job has left in the output's place. */
        public enum IfExists {
            /** End the job. */
            FAIL,
            /** Take it for this job's own, if it was made by the same recipe. */
            REUSE,
            /** Replace it, when the new one is whole. */
            OVERWRITE
        }
    }
}
