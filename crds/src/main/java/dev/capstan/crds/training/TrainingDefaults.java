package dev.capstan.crds.training;

import dev.capstan.crds.Checkpoints;
import dev.capstan.crds.CsvOptions;
import dev.capstan.crds.Data;
import dev.capstan.crds.EnvironmentVariable;
import dev.capstan.crds.FailurePolicy;
import dev.capstan.crds.IfExists;
import dev.capstan.crds.ImageOptions;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.Output;
import dev.capstan.crds.S3;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.TextOptions;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.Workers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What holds where a TrainingJob's spec says nothing. The API server pours no defaults into the spec, so that it stays
 * as its user wrote it; whoever acts on a spec reads these values instead of the fields. Every method takes null for a
 * block that is absent.
 */
public final class TrainingDefaults {
    public static final int REPLICAS = 1;
    public static final int TERMINATION_GRACE_PERIOD_SECONDS = 60;
    public static final int TIMEOUT_SECONDS = 300;
    /** The most that {@code scheduling.timeoutSeconds} may say. */
    public static final int MAX_TIMEOUT_SECONDS = 86_400;

    public static final int MAX_RESTARTS = 10;
    public static final int MAX_CRASHES = 3;
    public static final int CHECKPOINTS_KEPT = 2;
    public static final boolean SUSPEND = false;
    public static final boolean CHECK_FIRST = false;
    public static final long SEED = 0;
    public static final boolean CSV_HEADER = false;
    public static final int CSV_LABEL_COLUMN = -1;
    public static final int IMAGE_CHANNELS = 1;
    public static final boolean TEXT_HEADER = false;
    public static final int TEXT_COLUMN = 0;
    public static final int TEXT_LABEL_COLUMN = -1;
    public static final int TEXT_VOCABULARY_SIZE = 10000;
    public static final int TEXT_MAX_LENGTH = 64;
    public static final String S3_REGION = "us-east-1";
    public static final int CONVOLUTION_STRIDE = 1;
    public static final double BATCH_NORMALIZATION_DECAY = 0.9;
    public static final double BATCH_NORMALIZATION_EPSILON = 1e-5;
    public static final boolean LSTM_RETURN_SEQUENCES = false;
    public static final double NESTEROV_MOMENTUM = 0.9;
    public static final double ADAM_LEARNING_RATE = 0.001;
    public static final double ADAM_BETA1 = 0.9;
    public static final double ADAM_BETA2 = 0.999;
    public static final double ADAM_EPSILON = 1e-8;
    public static final double ADAM_W_LEARNING_RATE = 0.001;
    public static final double ADAM_W_BETA1 = 0.9;
    public static final double ADAM_W_BETA2 = 0.999;
    public static final double ADAM_W_EPSILON = 1e-8;
    public static final double ADAM_W_WEIGHT_DECAY = 0.01;
    public static final double RMS_PROP_LEARNING_RATE = 0.001;
    public static final double RMS_PROP_DECAY = 0.9;
    public static final double RMS_PROP_EPSILON = 1e-8;
    public static final double ADA_GRAD_LEARNING_RATE = 0.01;
    public static final double ADA_GRAD_EPSILON = 1e-8;
    public static final double POLYNOMIAL_POWER = 1.0;
    public static final int WARMUP_STEPS = 0;
    public static final double L1 = 0;
    public static final double L2 = 0;
    public static final int EARLY_STOPPING_PATIENCE = 3;
    public static final double EARLY_STOPPING_MIN_DELTA = 0;
    public static final boolean EARLY_STOPPING_RESTORE_BEST = true;
    public static final boolean CLASS_WEIGHTS_BALANCED = false;

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

    /** Secrets to pull the image with. */
    public static List<LocalReference> imagePullSecrets(TrainingJobSpec spec) {
        return or(spec.getWorkers(), Workers::getImagePullSecrets, List.of());
    }

    /** Variables for the environment of the workers. */
    public static List<EnvironmentVariable> env(TrainingJobSpec spec) {
        return or(spec.getWorkers(), Workers::getEnv, List.of());
    }

    /** Value of a variable. */
    public static String value(EnvironmentVariable variable) {
        return or(variable, EnvironmentVariable::getValue, "");
    }

    /** Labels for the pods, beside those of Capstan. */
    public static Map<String, String> labels(TrainingJobSpec spec) {
        return or(spec.getWorkers(), Workers::getLabels, Map.of());
    }

    /** Annotations for the pods. */
    public static Map<String, String> annotations(TrainingJobSpec spec) {
        return or(spec.getWorkers(), Workers::getAnnotations, Map.of());
    }

    /** Seconds that a worker may take to stop. */
    public static int terminationGracePeriodSeconds(TrainingJobSpec spec) {
        return or(spec.getWorkers(), Workers::getTerminationGracePeriodSeconds, TERMINATION_GRACE_PERIOD_SECONDS);
    }

    /** How the work is divided. */
    public static Strategy strategy(TrainingJobSpec spec) {
        return or(spec.getParallelism(), Parallelism::getStrategy, Strategy.DATA_PARALLEL);
    }

    /** Seconds after which a granted gang that is not whole is rolled back. */
    public static int timeoutSeconds(TrainingJobSpec spec) {
        return or(spec.getScheduling(), Scheduling::getTimeoutSeconds, TIMEOUT_SECONDS);
    }

    /** Name of the PriorityClass that orders the queue; empty for the cluster's own default. */
    public static Optional<String> priorityClassName(TrainingJobSpec spec) {
        return Optional.ofNullable(spec.getScheduling()).map(Scheduling::getPriorityClassName);
    }

    /** How many new attempts may follow after lost workers. */
    public static int maxRestarts(TrainingJobSpec spec) {
        return or(spec.getFailurePolicy(), FailurePolicy::getMaxRestarts, MAX_RESTARTS);
    }

    /** How many crashes in a row fail the job. */
    public static int maxCrashes(TrainingJobSpec spec) {
        return or(spec.getFailurePolicy(), FailurePolicy::getMaxCrashes, MAX_CRASHES);
    }

    /** Steps between checkpoints; 0 for none by steps. */
    public static int everySteps(TrainingJobSpec spec) {
        return or(spec.getCheckpoint(), Checkpoints::getEverySteps, 0);
    }

    /** Seconds between checkpoints; 0 for none by time. */
    public static int everySeconds(TrainingJobSpec spec) {
        return or(spec.getCheckpoint(), Checkpoints::getEverySeconds, 0);
    }

    /** How many checkpoints are kept. */
    public static int keep(TrainingJobSpec spec) {
        return or(spec.getCheckpoint(), Checkpoints::getKeep, CHECKPOINTS_KEPT);
    }

    /** Where checkpoints lie: what the spec says, else a folder in the output's storage. */
    public static VolumeUri checkpointStorage(TrainingJobSpec spec) {
        return Optional.ofNullable(spec.getCheckpoint())
                .map(Checkpoints::getStorage)
                .map(storage -> VolumeUri.parse(storage.getUri()))
                .orElseGet(() ->
                        VolumeUri.parse(spec.getOutput().getStorage().getUri()).resolve("checkpoints"));
    }

    /** What to do about the artifact of another job. */
    public static IfExists ifExists(Output output) {
        return or(output, Output::getIfExists, IfExists.FAIL);
    }

    /** Whether the job rests. */
    public static boolean suspend(TrainingJobSpec spec) {
        return or(spec, TrainingJobSpec::getSuspend, SUSPEND);
    }

    /** How long the job may be active; empty for no end. */
    public static Optional<Duration> activeDeadline(TrainingJobSpec spec) {
        return Optional.ofNullable(spec.getActiveDeadlineSeconds()).map(Duration::ofSeconds);
    }

    /** How long the job is kept after its end; empty for ever. */
    public static Optional<Duration> timeToLiveAfterFinished(TrainingJobSpec spec) {
        return Optional.ofNullable(spec.getTtlSecondsAfterFinished()).map(Duration::ofSeconds);
    }

    /** Whether the samples are checked before the job queues. */
    public static boolean checkFirst(Data data) {
        return or(data, Data::getCheckFirst, CHECK_FIRST);
    }

    /** Whether each CSV file begins with the names of the columns. */
    public static boolean header(CsvOptions csv) {
        return or(csv, CsvOptions::getHeader, CSV_HEADER);
    }

    /** Index of the column with the class, negative from the end. */
    public static int labelColumn(CsvOptions csv) {
        return or(csv, CsvOptions::getLabelColumn, CSV_LABEL_COLUMN);
    }

    /** Numbers for each pixel, 1 or 3. */
    public static int channels(ImageOptions images) {
        return or(images, ImageOptions::getChannels, IMAGE_CHANNELS);
    }

    /** Whether each file begins with the names of the columns. */
    public static boolean header(TextOptions text) {
        return or(text, TextOptions::getHeader, TEXT_HEADER);
    }

    /** Index of the column with the text, negative from the end. */
    public static int textColumn(TextOptions text) {
        return or(text, TextOptions::getTextColumn, TEXT_COLUMN);
    }

    /** Index of the column with the class, negative from the end. */
    public static int labelColumn(TextOptions text) {
        return or(text, TextOptions::getLabelColumn, TEXT_LABEL_COLUMN);
    }

    /** Number of words that are told apart. */
    public static int vocabularySize(TextOptions text) {
        return or(text, TextOptions::getVocabularySize, TEXT_VOCABULARY_SIZE);
    }

    /** Number of words of a text that are read. */
    public static int maxLength(TextOptions text) {
        return or(text, TextOptions::getMaxLength, TEXT_MAX_LENGTH);
    }

    /** Region that requests are signed for. */
    public static String region(S3 s3) {
        return or(s3, S3::getRegion, S3_REGION);
    }

    /** Step of the kernel in pixels. */
    public static int stride(ConvolutionLayer convolution) {
        return or(convolution, ConvolutionLayer::getStride, CONVOLUTION_STRIDE);
    }

    /** What happens at the edges. */
    public static Padding padding(ConvolutionLayer convolution) {
        return or(convolution, ConvolutionLayer::getPadding, Padding.VALID);
    }

    /** Step of the square in pixels. */
    public static int stride(PoolingLayer pooling) {
        return or(pooling, PoolingLayer::getStride, pooling.getKernelSize());
    }

    /** Share of the running statistics that is kept. */
    public static double decay(BatchNormalizationLayer layer) {
        return or(layer, BatchNormalizationLayer::getDecay, BATCH_NORMALIZATION_DECAY);
    }

    /** Added to the variance. */
    public static double epsilon(BatchNormalizationLayer layer) {
        return or(layer, BatchNormalizationLayer::getEpsilon, BATCH_NORMALIZATION_EPSILON);
    }

    /** Function that the state goes through. */
    public static Activation activation(LstmLayer lstm) {
        return or(lstm, LstmLayer::getActivation, Activation.TANH);
    }

    /** Whether the output is that of every word. */
    public static boolean returnSequences(LstmLayer lstm) {
        return or(lstm, LstmLayer::getReturnSequences, LSTM_RETURN_SEQUENCES);
    }

    /** Seed of all that is drawn. */
    public static long seed(Training training) {
        return or(training, Training::getSeed, SEED);
    }

    /** Factor of the sum of the absolute weights in the loss. */
    public static double l1(Training training) {
        return or(training, Training::getL1, L1);
    }

    /** Factor of half the sum of the squared weights in the loss. */
    public static double l2(Training training) {
        return or(training, Training::getL2, L2);
    }

    /** Share of the training data that is measured on; 0 for none. */
    public static double validationSplit(Training training) {
        return or(training, Training::getValidationSplit, 0.0);
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

    /** Step size. */
    public static double learningRate(AdamW adamW) {
        return or(adamW, AdamW::getLearningRate, ADAM_W_LEARNING_RATE);
    }

    /** Decay of the first moment. */
    public static double beta1(AdamW adamW) {
        return or(adamW, AdamW::getBeta1, ADAM_W_BETA1);
    }

    /** Decay of the second moment. */
    public static double beta2(AdamW adamW) {
        return or(adamW, AdamW::getBeta2, ADAM_W_BETA2);
    }

    /** Guard against division by zero. */
    public static double epsilon(AdamW adamW) {
        return or(adamW, AdamW::getEpsilon, ADAM_W_EPSILON);
    }

    /** Share of each weight, times the learning rate, that is taken off. */
    public static double weightDecay(AdamW adamW) {
        return or(adamW, AdamW::getWeightDecay, ADAM_W_WEIGHT_DECAY);
    }

    /** Step size. */
    public static double learningRate(RmsProp rmsProp) {
        return or(rmsProp, RmsProp::getLearningRate, RMS_PROP_LEARNING_RATE);
    }

    /** Decay of the mean of squared gradients. */
    public static double decay(RmsProp rmsProp) {
        return or(rmsProp, RmsProp::getDecay, RMS_PROP_DECAY);
    }

    /** Guard against division by zero. */
    public static double epsilon(RmsProp rmsProp) {
        return or(rmsProp, RmsProp::getEpsilon, RMS_PROP_EPSILON);
    }

    /** Step size. */
    public static double learningRate(AdaGrad adaGrad) {
        return or(adaGrad, AdaGrad::getLearningRate, ADA_GRAD_LEARNING_RATE);
    }

    /** Guard against division by zero. */
    public static double epsilon(AdaGrad adaGrad) {
        return or(adaGrad, AdaGrad::getEpsilon, ADA_GRAD_EPSILON);
    }

    /** Power of the share of the epochs that is left. */
    public static double power(PolynomialSchedule polynomial) {
        return or(polynomial, PolynomialSchedule::getPower, POLYNOMIAL_POWER);
    }

    /** Steps in which the learning rate rises. */
    public static int warmupSteps(LearningRateSchedule schedule) {
        return or(schedule, LearningRateSchedule::getWarmupSteps, WARMUP_STEPS);
    }

    /** What is measured on the validation split. */
    public static Metric metric(EarlyStopping stopping) {
        return or(stopping, EarlyStopping::getMetric, Metric.LOSS);
    }

    /** Epochs in a row without an improvement. */
    public static int patience(EarlyStopping stopping) {
        return or(stopping, EarlyStopping::getPatience, EARLY_STOPPING_PATIENCE);
    }

    /** What counts as an improvement. */
    public static double minDelta(EarlyStopping stopping) {
        return or(stopping, EarlyStopping::getMinDelta, EARLY_STOPPING_MIN_DELTA);
    }

    /** Whether the best epoch is kept. */
    public static boolean restoreBest(EarlyStopping stopping) {
        return or(stopping, EarlyStopping::getRestoreBest, EARLY_STOPPING_RESTORE_BEST);
    }

    /** Whether all classes count alike. */
    public static boolean balanced(ClassWeights weights) {
        return or(weights, ClassWeights::getBalanced, CLASS_WEIGHTS_BALANCED);
    }

    private static <B, V> V or(B block, Function<B, V> field, V otherwise) {
        return Optional.ofNullable(block).map(field).orElse(otherwise);
    }
}
