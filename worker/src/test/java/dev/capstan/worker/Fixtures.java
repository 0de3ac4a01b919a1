package dev.capstan.worker;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;

/** Small jobs and data that several tests use. */
public final class Fixtures {
    /** Each JVM of the tests has ports of its own: the kernel tells nobody which ones another is about to use. */
    private static final int FIRST_PORT = 20_000 + (Integer.getInteger("tests.fork", 1) - 1) * 6_000;

    private static final int PORTS = 6_000;
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

    public static final int SIDE = 6;
    public static final int CLASSES = 4;
    public static final Optimizer SGD = new Optimizer.Sgd(0.1);
    public static final Optimizer NESTEROV = new Optimizer.Nesterov(0.05, 0.9);
    public static final Optimizer ADAM = new Optimizer.Adam(0.002, 0.9, 0.999, 1e-8);

    /** What is learned from {@link #images}. */
    public static final Preprocessing PREPROCESSING =
            new Preprocessing(new Shape.Flat(SIDE * SIDE), List.of("0", "1", "2", "3"), null);

    /** Of what lies on volumes nothing is fetched. */
    public static final Path NO_SCRATCH = Path.of("/nowhere");

    private Fixtures() {}

    /** Grey images of SIDE rows. */
    public record Images(byte[][] pixels, int[] labels) implements Samples {
        @Override
        public int size() {
            return labels.length;
        }

        @Override
        public Shape shape() {
            return new Shape.Image(SIDE, pixels[0].length / SIDE, 1);
        }

        @Override
        public int label(int sample) {
            return labels[sample];
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            for (int i = 0; i < inputs(); i++) {
                target[offset + i] = (pixels[sample][i] & 0xff) / 255f;
            }
        }
    }

    /** Images of four classes: a bright quarter each, in noise. */
    public static Images images(int count, long seed) {
        var random = new Random(seed);
        var pixels = new byte[count][SIDE * SIDE];
        var labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = random.nextInt(CLASSES);
            for (int p = 0; p < SIDE * SIDE; p++) {
                int quarter = (p / SIDE) / (SIDE / 2) * 2 + (p % SIDE) / (SIDE / 2);
                pixels[i][p] = (byte) (random.nextInt(120) + (quarter == labels[i] ? 100 : 0));
            }
        }
        return new Images(pixels, labels);
    }

    /** Puts a file there that can't be read: the kernel answers with EIO, as storage does that fails. */
    public static Path failing(Path file) throws IOException {
        return Files.createSymbolicLink(file, Path.of("/proc/self/mem"));
    }

    /** Sentences of different lengths, whose class is that of their first word. */
    public static Samples words(int count) {
        int longest = 7;
        var random = new Random(9);
        var words = new int[count][];
        for (int i = 0; i < count; i++) {
            words[i] = random.ints(1 + random.nextInt(longest), 1, 12).toArray();
        }
        return new Samples() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public Shape shape() {
                return new Shape.Tokens(longest, 12);
            }

            @Override
            public int label(int sample) {
                return words[sample][0] % CLASSES;
            }

            @Override
            public int length(int sample) {
                return words[sample].length;
            }

            @Override
            public void copyInputs(int sample, float[] target, int offset) {
                for (int i = 0; i < longest; i++) {
                    target[offset + i] = i < length(sample) ? words[sample][i] : 0;
                }
            }
        };
    }

    /** Writes images as the MNIST database does. */
    public static Path writeIdx(Path folder, Images images) throws IOException {
        Files.createDirectories(folder);
        try (var out = gzip(folder.resolve("some-images-idx3-ubyte.gz"))) {
            out.writeInt(0x803);
            out.writeInt(images.size());
            out.writeInt(SIDE);
            out.writeInt(images.inputs() / SIDE);
            for (var row : images.pixels()) {
                out.write(row);
            }
        }
        try (var out = gzip(folder.resolve("some-labels-idx1-ubyte.gz"))) {
            out.writeInt(0x801);
            out.writeInt(images.size());
            for (var label : images.labels()) {
                out.write(label);
            }
        }
        return folder;
    }

    private static DataOutputStream gzip(Path file) throws IOException {
        OutputStream raw = Files.newOutputStream(file);
        return new DataOutputStream(new GZIPOutputStream(raw));
    }

    public static List<Layer> layers() {
        return List.of(new Layer.Dense(16, "relu"), new Layer.Output(CLASSES, "softmax", "mcxent"));
    }

    /** A job on IDX data in the folder's train and test, with its output in the folder's out. */
    public static JobFile job(Path folder, String uid, int attempt, int workers, int epochs) throws IOException {
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job("team-a", "quarters", uid, attempt),
                new Work.Train(
                        new JobFile.Model(layers(), null, null, null),
                        new JobFile.Data(idx(folder, "train"), idx(folder, "test")),
                        training(epochs, 32, ADAM, 7)),
                new JobFile.Checkpoints(
                        folder.resolve("out/checkpoints").toString(), "pvc://models/out/checkpoints", 0, 0, 2),
                freePorts(workers).stream().map(port -> "localhost:" + port).toList(),
                new JobFile.Output(folder.resolve("out").toString(), "pvc://models/out", JobFile.Output.IfExists.FAIL),
                Timeouts.DEFAULT);
    }

    /** The same job with its output and its checkpoints in the bucket {@code models} of a service. */
    public static JobFile inBucket(JobFile job, JobFile.S3 s3, JobFile.Output.IfExists ifExists) {
        var checkpoints = job.checkpoints();
        return new JobFile(
                job.version(),
                job.job(),
                job.work(),
                new JobFile.Checkpoints(
                        null,
                        "s3://models/out/checkpoints",
                        checkpoints.everySteps(),
                        checkpoints.everySeconds(),
                        checkpoints.keep(),
                        checkpoints.listed(),
                        s3),
                job.peers(),
                new JobFile.Output(null, "s3://models/out", ifExists, s3),
                job.timeouts());
    }

    /** The job with something else to train, or on something else, or otherwise. */
    public static JobFile with(JobFile job, JobFile.Model model, JobFile.Data data, Training training) {
        return new JobFile(
                job.version(),
                job.job(),
                new Work.Train(model, data, training),
                job.checkpoints(),
                job.peers(),
                job.output(),
                job.timeouts());
    }

    /** Training without any of the extras. */
    public static Training training(int epochs, int batchSize, Optimizer optimizer, long seed) {
        return new Training(epochs, batchSize, optimizer, null, 0, 0, null, 0, null, null, seed);
    }

    private static JobFile.Dataset idx(Path folder, String name) {
        return dataset(folder.resolve(name), "pvc://data/" + name, JobFile.Dataset.Format.IDX, null);
    }

    /** A dataset on a volume, in a format without options or with those of CSV. */
    public static JobFile.Dataset dataset(Path path, String uri, JobFile.Dataset.Format format, JobFile.Csv csv) {
        return new JobFile.Dataset(new JobFile.Place(path.toString(), uri, null), format, csv, null, null);
    }

    /**
     * Ports that nobody listens on, others at each call. The kernel gives ports from 32768 on to outgoing connections,
     * which may take one between the look and its use; these lie below.
     */
    public static List<Integer> freePorts(int count) {
        var ports = new ArrayList<Integer>();
        while (ports.size() < count) {
            int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
            try (var socket = new ServerSocket(port)) {
                ports.add(socket.getLocalPort());
            } catch (IOException e) {
                // Taken: the next one.
            }
        }
        return ports;
    }
}
