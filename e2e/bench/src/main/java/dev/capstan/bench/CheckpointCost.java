package dev.capstan.bench;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.Recipe;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.ring.Membership;
import dev.capstan.worker.ring.Patience;
import dev.capstan.worker.ring.Peer;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.ring.Wish;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.torch.Engines;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.Edge;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Split;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.Watch;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import javax.crypto.spec.SecretKeySpec;

/**
 * What it costs to keep a state of some 110 MB: one worker trains, and in every other stretch of time it keeps its
 * state once. Speed with against without in each pair of stretches, and for how long a checkpoint stops the training.
 */
final class CheckpointCost {
    private static final int INPUTS = 784;
    private static final int CLASSES = 10;
    private static final int BATCH = 64;

    /** Of parameters and Adam's two moments for each. */
    private static final List<Layer> LAYERS = List.of(
            new Layer.Dense(2700, "relu"),
            new Layer.Dense(2700, "relu"),
            new Layer.Output(CLASSES, "softmax", "mcxent"));

    private CheckpointCost() {}

    /** Arguments: the file for the samples, how many pairs, and seconds of a stretch. */
    public static void main(String[] arguments) throws Exception {
        Native.load(Map.of());
        var folder = Files.createTempDirectory(Path.of(arguments[0]).getParent(), "checkpoints-");
        try (var csv =
                new Csv(Path.of(arguments[0]), "pair,with_samples_s,without_samples_s,stall_ms,write_ms,bytes")) {
            var pairs =
                    new Pairs(Integer.parseInt(arguments[1]), Duration.ofSeconds(Long.parseLong(arguments[2])), csv);
            try {
                train(folder, pairs);
            } catch (Measured e) {
                pairs.show();
            }
        } finally {
            delete(folder);
        }
    }

    private static void train(Path folder, Pairs pairs) throws Exception {
        var training = new Training(
                        1000, BATCH, new Optimizer.Adam(0.001, 0.9, 0.999, 1e-8), null, 0, 0, null, 0, null, null, 1)
                .by(Training.Engine.LIBTORCH);
        var preprocessing = new Preprocessing(
                new Shape.Flat(INPUTS),
                IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList(),
                null);
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        var peers = List.of("localhost:" + port);
        var job = job(folder, training, peers);
        var network = Networks.create(job.train().model(), training, preprocessing, null);
        var engine = Engines.ready(network, new Engines.Decision(Training.Engine.LIBTORCH, "the benchmark asks"));
        var origin = new TrainingState.Origin(Recipe.of(job).description(), "sha256:data", preprocessing)
                .by(Training.Engine.LIBTORCH, 1);
        var watch = new Watch(null);
        var board = new ProgressBoard(1, System::nanoTime);
        var key = new SecretKeySpec(new byte[32], "HmacSHA256");
        try (var ring = Ring.join(new Membership("uid", 1, 0, Peer.list(peers), key), Patience.DEFAULT)) {
            var checkpointing = new Checkpointing(
                    job.checkpoints(),
                    new CheckpointFolder(job, folder, Clock.systemUTC()),
                    new TrainingState(job.job(), 1, origin, network, watch),
                    ring,
                    0,
                    board,
                    System::nanoTime,
                    Checkpointing.Limits.here(() -> Duration.ZERO, Timeouts.DEFAULT));
            Edge edge = position -> {
                checkpointing.reached(position);
                pairs.reached(position, ring, board);
            };
            try {
                var split = new Split(samples(), null);
                new Trainer(engine, split, training, ring, board, watch, edge).train();
            } finally {
                checkpointing.settled();
            }
        }
    }

    private static JobFile job(Path folder, Training training, List<String> peers) {
        var place = new JobFile.Place("/nowhere", "pvc://nowhere", null);
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job("bench", "checkpoints", "uid", 1),
                new Work.Train(
                        new JobFile.Model(LAYERS, null, null, null),
                        new JobFile.Data(
                                new JobFile.Dataset(place, JobFile.Dataset.Format.IDX, null, null, null), null),
                        training),
                new JobFile.Checkpoints(folder.toString(), "pvc://checkpoints", 0, 0, 2),
                peers,
                new JobFile.Output(folder.toString(), "pvc://output", JobFile.Output.IfExists.FAIL),
                Timeouts.DEFAULT);
    }

    private static Samples samples() {
        int count = 4096;
        var random = new Random(1);
        var floats = new float[count][INPUTS];
        for (var row : floats) {
            for (int i = 0; i < INPUTS; i++) {
                row[i] = random.nextFloat();
            }
        }
        return new Samples() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public Shape shape() {
                return new Shape.Flat(INPUTS);
            }

            @Override
            public int label(int sample) {
                return sample % CLASSES;
            }

            @Override
            public void copyInputs(int sample, float[] target, int offset) {
                System.arraycopy(floats[sample], 0, target, offset, INPUTS);
            }
        };
    }

    private static void delete(Path folder) throws Exception {
        try (var all = Files.walk(folder)) {
            for (var each : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(each);
            }
        }
    }

    /** All pairs are measured. */
    private static final class Measured extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Counts steps in stretches of time by turns: with a checkpoint, without one; and the other way round. */
    private static final class Pairs {
        /** At first code is compiled and memory touched, and the first copy finds none of its own. */
        private static final int WARM_UP = 1;

        private final int pairs;
        private final long stretch;
        private final Csv csv;
        private final List<Double> ratios = new ArrayList<>();
        private final List<Double> stalls = new ArrayList<>();
        private final double[] speeds = new double[2];
        private int stretches;
        private long began;
        private long step;

        private Pairs(int pairs, Duration stretch, Csv csv) {
            this.pairs = pairs;
            this.stretch = stretch.toNanos();
            this.csv = csv;
        }

        private void reached(Position position, Ring ring, ProgressBoard board) {
            long now = System.nanoTime();
            if (began == 0) {
                begin(position, now, ring);
            } else if (now - began >= stretch) {
                speeds[keeps() ? 0 : 1] = (position.step() - step) * BATCH / ((now - began) / 1e9);
                stretches++;
                if (stretches % 2 == 0) {
                    pair(board);
                }
                begin(position, now, ring);
            }
        }

        private void begin(Position position, long now, Ring ring) {
            began = now;
            step = position.step();
            if (keeps()) {
                ring.wish(Wish.CHECKPOINT);
            }
        }

        /** 0 1 1 0 0 1 1 0 …: what changes slowly is in both alike. */
        private boolean keeps() {
            return (stretches + 1) / 2 % 2 == 0;
        }

        private void pair(ProgressBoard board) {
            int pair = stretches / 2 - WARM_UP;
            var keeping = Optional.ofNullable(board.progress().keeping()).orElseThrow();
            double stall = keeping.stallMillis() * 1e8 / keeping.bytes();
            csv.row(
                    "%d,%.1f,%.1f,%.1f,%.1f,%d",
                    pair, speeds[0], speeds[1], keeping.stallMillis(), keeping.writeMillis(), keeping.bytes());
            if (pair > 0) {
                ratios.add(speeds[0] / speeds[1]);
                stalls.add(stall);
            }
            if (pair == pairs) {
                throw new Measured();
            }
        }

        private void show() {
            System.out.printf(
                    Locale.ROOT,
                    "checkpoint_ratio=%.3f (%.3f to %.3f) stall_ms=%.1f (%.1f to %.1f) a 100 MB%n",
                    Csv.median(ratios),
                    ratios.stream().mapToDouble(each -> each).min().orElseThrow(),
                    ratios.stream().mapToDouble(each -> each).max().orElseThrow(),
                    Csv.median(stalls),
                    stalls.stream().mapToDouble(each -> each).min().orElseThrow(),
                    stalls.stream().mapToDouble(each -> each).max().orElseThrow());
        }
    }
}
