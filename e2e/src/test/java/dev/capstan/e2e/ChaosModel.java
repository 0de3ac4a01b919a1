package dev.capstan.e2e;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/** What a job trains while workers are taken from it: each model holds its state in another way. */
enum ChaosModel {
    /** The plainest one. */
    MLP(5, """
            - dense: {units: 32, activation: relu}
            - output: {units: 4, activation: softmax, loss: mcxent}"""),
    /** Convolutions. */
    LENET(3, """
            - convolution: {filters: 6, kernelSize: 5, padding: same, activation: relu}
            - pooling: {type: max, kernelSize: 2}
            - convolution: {filters: 16, kernelSize: 5, activation: relu}
            - pooling: {type: max, kernelSize: 2}
            - dense: {units: 84, activation: relu}
            - output: {units: 4, activation: softmax, loss: mcxent}"""),
    /** Statistics that are no parameters, and that ranks average. */
    BATCHNORM(5, """
            - dense: {units: 32, activation: relu}
            - batchNormalization: {}
            - dense: {units: 32, activation: relu}
            - batchNormalization: {}
            - output: {units: 4, activation: softmax, loss: mcxent}"""),
    /** Texts, read word by word. */
    LSTM(4, """
            - embedding: {units: 16}
            - lstm: {units: 24}
            - output: {units: 4, activation: softmax, loss: mcxent}"""),
    /** What is drawn at random in every step, and differently on every rank. */
    DROPOUT(5, """
            - dense: {units: 64, activation: relu}
            - dropout: {rate: 0.3}
            - dense: {units: 32, activation: relu}
            - output: {units: 4, activation: softmax, loss: mcxent}""");

    /** Of all workers together. */
    static final int BATCH = 48;
    /** Half of the samples are kept out of training and measured after each epoch: a moment that can be hit. */
    private static final String SPLIT = "0.5";

    private static final int SIDE = 28;
    private static final int WORDS = 12;

    private final int epochsPerFault;
    private final String layers;

    ChaosModel(int epochsPerFault, String layers) {
        this.epochsPerFault = epochsPerFault;
        this.layers = layers;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException with the names that there are */
    static ChaosModel of(String name) {
        return Arrays.stream(values())
                .filter(each -> each.toString().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(name + " is no model: there are " + Arrays.toString(values())));
    }

    /** A job that trains it for so long that so many faults find their place. */
    JobManifest job(String name, int replicas, int faults, int spares) {
        return JobManifest.of(name)
                .replicas(replicas)
                .withoutGpus()
                .epochs(Math.max(8, epochsPerFault * (faults + 1)))
                .maxRestarts(1000)
                .with("model.layers", layers)
                .with("data.train", data())
                .with("data.test", data())
                .with("training.batchSize", Integer.toString(BATCH))
                .with("training.validationSplit", SPLIT)
                .with("checkpoint.everySteps", Integer.toString(everySteps()))
                .with("failurePolicy.maxCrashes", "1000")
                // On both nodes, so that one may be cut off.
                .with("redundancy", "{spread: kubernetes.io/hostname, spares: " + spares + "}");
    }

    /** After as many steps a checkpoint is made: some lie between two faults. */
    int everySteps() {
        return 20 * epochsPerFault;
    }

    private String data() {
        return switch (this) {
            case MLP, BATCHNORM, DROPOUT -> "{uri: \"pvc://data/chaos/train\", format: csv}";
            case LENET -> "{uri: \"pvc://data/chaos/train\", format: idx}";
            case LSTM ->
                "{uri: \"pvc://data/chaos/train\", format: text, text: {textColumn: 0, encoding: sequence, "
                        + "vocabularySize: 500, maxLength: " + WORDS + "}}";
        };
    }

    /**
     * Writes samples of four classes into the folder {@code chaos/train} of the tenant's claim; always the same ones.
     */
    void putData(Tenant tenant) {
        try {
            var folder = Files.createTempDirectory("chaos");
            switch (this) {
                case MLP, BATCHNORM, DROPOUT -> Blobs.write(folder, 8000, 1);
                case LENET -> writeImages(Files.createDirectories(folder.resolve("train")), 4000);
                case LSTM -> writeTexts(Files.createDirectories(folder.resolve("train")), 6000);
            }
            tenant.put("chaos", folder.resolve("train"));
            Shell.run("rm", "-r", folder.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Noise, with a bright square in one of four corners. */
    private static void writeImages(Path folder, int count) throws IOException {
        var random = new Random(1);
        try (var images = new java.io.BufferedOutputStream(
                        Files.newOutputStream(folder.resolve("train-images-idx3-ubyte")));
                var labels = new java.io.BufferedOutputStream(
                        Files.newOutputStream(folder.resolve("train-labels-idx1-ubyte")))) {
            header(images, count, SIDE, SIDE);
            header(labels, count);
            for (int i = 0; i < count; i++) {
                int label = random.nextInt(4);
                var pixels = new byte[SIDE * SIDE];
                random.nextBytes(pixels);
                int top = label / 2 * 12 + random.nextInt(8);
                int left = label % 2 * 12 + random.nextInt(8);
                for (int y = top; y < top + 8; y++) {
                    Arrays.fill(pixels, y * SIDE + left, y * SIDE + left + 8, (byte) (128 + random.nextInt(128)));
                }
                images.write(pixels);
                labels.write(label);
            }
        }
    }

    private static void header(OutputStream file, int... sizes) throws IOException {
        var header = ByteBuffer.allocate(4 + 4 * sizes.length).putInt(0x800 + sizes.length);
        Arrays.stream(sizes).forEach(header::putInt);
        file.write(header.array());
    }

    /** Words at random, each class with more of its own ones. */
    private static void writeTexts(Path folder, int count) throws IOException {
        var random = new Random(1);
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            int label = random.nextInt(4);
            for (int word = 0; word < WORDS; word++) {
                int any = random.nextInt(100);
                text.append(word == 0 ? "" : " ")
                        .append(random.nextInt(3) == 0 ? "own" + (any % 20 * 4 + label) : "word" + any);
            }
            text.append(',').append(label).append('\n');
        }
        Files.writeString(folder.resolve("texts.csv"), text);
    }
}
