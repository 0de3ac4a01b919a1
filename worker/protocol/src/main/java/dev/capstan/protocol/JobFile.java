package dev.capstan.protocol;

import java.util.List;

/**
 * What a worker is told: the operator writes it once an attempt, the pod mounts it read-only. A worker needs nothing
 * else to train but its rank ({@link Contract#RANK}) and the peers' token ({@link Contract#TOKEN_FILE}).
 *
 * @param version {@link #VERSION}; a worker refuses a version that it doesn't know
 * @param job which job and which attempt of it
 * @param model the layers, from input to output
 * @param data where the samples lie
 * @param training how long, how fast and from which seed
 * @param peers {@code host:port} of every rank, in rank order; its size is the world size
 * @param output where the artifact goes
 */
public record JobFile(
        int version, Job job, Model model, Data data, Training training, List<String> peers, Output output) {

    /** The version that this code writes and reads. */
    public static final int VERSION = 1;

    /**
     * @param namespace the TrainingJob's namespace
     * @param name the TrainingJob's name
     * @param uid the TrainingJob's UID: tells this job's files from those of an earlier one of the same name
     * @param attempt 1 for the first run, one more for each restart
     */
    public record Job(String namespace, String name, String uid, int attempt) {}

    /** @param layers at least one, the last of them an output layer */
    public record Model(List<Layer> layers) {}

    /**
     * A layer of the network. The number of inputs follows from the layer before it, or from the data.
     *
     * @param kind what the layer computes
     * @param units number of outputs
     * @param activation activation function in lower case, as DL4J names it: {@code relu}, {@code softmax}, …
     * @param loss loss function of an output layer in lower case: {@code mcxent}, {@code mse}, …; null elsewhere
     */
    public record Layer(Kind kind, int units, String activation, String loss) {
        /** What a layer computes. */
        public enum Kind {
            /** Fully connected. */
            DENSE,
            /** Fully connected, with a loss. */
            OUTPUT
        }
    }

    /**
     * @param train samples to learn from
     * @param test samples that are only measured on; null when the job has none
     */
    public record Data(Dataset train, Dataset test) {}

    /**
     * A set of labelled samples.
     *
     * @param path file or folder in the pod
     * @param uri the same place as the user wrote it, for messages
     * @param format how the samples are written
     * @param csv how to read CSV; null for other formats
     */
    public record Dataset(String path, String uri, Format format, Csv csv) {
        /** How samples are written in files. */
        public enum Format {
            /** The MNIST database's format: one images file and one labels file, gzipped or plain. */
            IDX,
            /** Comma-separated values (RFC 4180), one sample a line. */
            CSV
        }
    }

    /**
     * @param header whether each file's first line names the columns
     * @param labelColumn index of the column with the class, counted from 0; negative counts from the last, -1
     */
    public record Csv(boolean header, int labelColumn) {}

    /**
     * @param epochs passes over the training data
     * @param batchSize samples in one step over all workers together
     * @param optimizer how gradients become updates
     * @param seed of the initial weights and of the samples' order
     */
    public record Training(int epochs, int batchSize, Optimizer optimizer, long seed) {}

    /**
     * An optimizer with every parameter spelled out; what its kind doesn't use is 0.
     *
     * @param kind the rule
     * @param learningRate step size
     * @param momentum of Nesterov's rule
     * @param beta1 Adam's decay of the first moment
     * @param beta2 Adam's decay of the second moment
     * @param epsilon Adam's guard against division by zero
     */
    public record Optimizer(
            Kind kind, double learningRate, double momentum, double beta1, double beta2, double epsilon) {
        /** Update rules. */
        public enum Kind {
            /** Stochastic gradient descent. */
            SGD,
            /** Nesterov's accelerated gradient. */
            NESTEROV,
            /** Adam, Kingma and Ba 2015 (arXiv:1412.6980). */
            ADAM
        }
    }

    /**
     * @param path folder in the pod
     * @param uri the same place as the user wrote it
     */
    public record Output(String path, String uri) {}
}
