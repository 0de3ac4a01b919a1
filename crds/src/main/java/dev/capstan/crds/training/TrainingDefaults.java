package dev.capstan.crds.training;

import dev.capstan.crds.CsvOptions;
import dev.capstan.crds.FailurePolicy;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.Workers;
import java.util.Optional;
import java.util.function.Function;

/**
 * What holds where a TrainingJob's spec says nothing. The API server pours no defaults into the spec, so that it stays
 * as its user wrote it; whoever acts on a spec reads these values instead of the fields. Every method takes null for a
 * block that is absent.
 */
public final class TrainingDefaults {
    public static final int REPLICAS = 1;
    public static final int TIMEOUT_SECONDS = 300;
    public static final int MAX_RESTARTS = 10;
    public static final long SEED = 0;
    public static final boolean CSV_HEADER = false;
    public static final int CSV_LABEL_COLUMN = -1;
    public static final double NESTEROV_MOMENTUM = 0.9;
    public static final double ADAM_LEARNING_RATE = 0.001;
    public static final double ADAM_BETA1 = 0.9;
    public static final double ADAM_BETA2 = 0.999;
    public static final double ADAM_EPSILON = 1e-8;

    private TrainingDefaults() {}

    /** Number of workers. */
    public static int replicas(TrainingJobSpec spec) {
        return or(spec.getWorkers(), Workers::getReplicas, REPLICAS);
    }

    /** Image of the workers, where {@code installed} is the one that the operator was installed with. */
    public static String image(TrainingJobSpec spec, String installed) {
        var image = or(spec.getWorkers(), Workers::getImage, "");
        return image.isEmpty() ? installed : image;
    }

    /** How the work is divided. */
    public static Strategy strategy(TrainingJobSpec spec) {
        return or(spec.getParallelism(), Parallelism::getStrategy, Strategy.DATA_PARALLEL);
    }

    /** Seconds after which a granted gang that is not whole is rolled back. */
    public static int timeoutSeconds(TrainingJobSpec spec) {
        return or(spec.getScheduling(), Scheduling::getTimeoutSeconds, TIMEOUT_SECONDS);
    }

    /** How many new attempts may follow after lost workers. */
    public static int maxRestarts(TrainingJobSpec spec) {
        return or(spec.getFailurePolicy(), FailurePolicy::getMaxRestarts, MAX_RESTARTS);
    }

    /** Seed of the initial weights and of the order of the samples. */
    public static long seed(Training training) {
        return or(training, Training::getSeed, SEED);
    }

    /** Whether each CSV file begins with the names of the columns. */
    public static boolean header(CsvOptions csv) {
        return or(csv, CsvOptions::getHeader, CSV_HEADER);
    }

    /** Index of the column with the class, negative from the end. */
    public static int labelColumn(CsvOptions csv) {
        return or(csv, CsvOptions::getLabelColumn, CSV_LABEL_COLUMN);
    }

    /** Share of the last update that is carried on. */
    public static double momentum(Nesterov nesterov) {
        return or(nesterov, Nesterov::getMomentum, NESTEROV_MOMENTUM);
    }

    /** Step size. */
    public static double learningRate(Adam adam) {
        return or(adam, Adam::getLearningRate, ADAM_LEARNING_RATE);
    }

    /** Decay of the first moment. */
    public static double beta1(Adam adam) {
        return or(adam, Adam::getBeta1, ADAM_BETA1);
    }

    /** Decay of the second moment. */
    public static double beta2(Adam adam) {
        return or(adam, Adam::getBeta2, ADAM_BETA2);
    }

    /** Guard against division by zero. */
    public static double epsilon(Adam adam) {
        return or(adam, Adam::getEpsilon, ADAM_EPSILON);
    }

    private static <B, V> V or(B block, Function<B, V> field, V otherwise) {
        return Optional.ofNullable(block).map(field).orElse(otherwise);
    }
}
