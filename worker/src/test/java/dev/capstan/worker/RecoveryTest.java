package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A gang whose ranks are lost at moments that are drawn, and replaced, ends with the bytes of one that nothing happened
 * to. Its workers are threads of this process; the one that is lost has its connections cut, like a node that is cut
 * off.
 */
class RecoveryTest {
    private static final String TOKEN = "s3cret";
    private static final int RANKS = 3;
    private static final int EPOCHS = Integer.getInteger("epochs", 12);
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    private static final int FOREVER = 1_000_000;

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);

    @BeforeEach
    void write() throws Exception {
        Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(301, 5));
        Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(60, 6));
    }

    static Stream<Arguments> trainings() {
        return Stream.of(
                Arguments.of("convolutions and batch normalization", Training.Engine.DEEPLEARNING4J, CONVOLUTIONS),
                Arguments.of("an LSTM", Training.Engine.DEEPLEARNING4J, LSTM),
                Arguments.of("dropout, by LibTorch", Training.Engine.LIBTORCH, DROPOUT));
    }

    private static final List<Layer> LSTM = List.of(
            new Layer.Embedding(4),
            new Layer.Lstm(5, "tanh", false),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
    private static final List<Layer> CONVOLUTIONS = List.of(
            new Layer.Convolution(3, 3, 1, Layer.Padding.SAME, "relu"),
            new Layer.BatchNormalization(0.9, 1e-5),
            new Layer.Pooling(Layer.PoolingType.MAX, 2, 2),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));
    private static final List<Layer> DROPOUT = List.of(
            new Layer.Dense(16, "relu"),
            new Layer.BatchNormalization(0.9, 1e-5),
            new Layer.Dropout(0.5),
            new Layer.Output(Fixtures.CLASSES, "softmax", "mcxent"));

    @ParameterizedTest(name = "{0}")
    @MethodSource("trainings")
    void whoeverIsLostWheneverTheModelHasTheBytesOfAnUndisturbedTraining(
            String name, Training.Engine engine, List<Layer> layers) throws Exception {
        System.out.println("-Dseed=" + SEED);
        var undisturbed = new Workers(job("undisturbed", layers, engine, null)).outcome();
        try (var workers = new Workers(job("disturbed", layers, engine, 120), 0, 3)) {
            workers.lose(List.of(0), 1);
            assertTrue(workers.recover(1));
            // What rank 0 has been given it now gives to all others; if the training isn't over already.
            if (workers.lose(List.of(1, 2), 1) && workers.recover(0) && workers.lose(List.of(0), 0)) {
                Thread.sleep(random.nextInt(100));
                workers.loseAgain(0);
                if (workers.recover(1)) {
                    workers.next();
                    System.out.println("also by a term that nobody needed: " + workers.recover(1));
                }
            }
            var outcome = workers.outcome();
            assertEquals(undisturbed.artifact().digest(), outcome.artifact().digest());
            assertEquals(undisturbed.artifact().metrics(), outcome.artifact().metrics());
            assertEquals(undisturbed.message(), outcome.message());
            // The third was never needed.
            var left = workers.spares.getFirst();
            assertEquals(Stage.STANDBY, left.session.board().progress().stage());
            assertFalse(left.session.askToStop());
            assertEquals(Reason.NotNeeded, left.end.get().reason());
        }
    }

    @Test
    void whoIsNotReplacedInTimeIsReportedAndTheStateIsKept() throws Exception {
        try (var workers = new Workers(job("alone", DROPOUT, Training.Engine.DEEPLEARNING4J, 1, FOREVER))) {
            while (workers.members[0].session.board().progress().step() == 0) {
                Thread.sleep(10);
            }
            workers.members[2].cutOff();
            for (int rank : new int[] {0, 1}) {
                var outcome = workers.members[rank].end.get();
                assertEquals(Reason.PeerLost, outcome.reason());
                assertTrue(outcome.message().startsWith("rank 2 ("), outcome.message());
                assertTrue(outcome.message().contains("; the gang was not whole again within 1 s"), outcome.message());
            }
            assertTrue(workers.members[0].end.get().checkpoint().step() > 0);
        }
    }

    /** One doesn't come to the first meeting, and its substitute is lost before all have read their data. */
    @Test
    void whoIsLostBeforeTheyHaveBegunIsReplacedAsWell() throws Exception {
        var undisturbed = new Workers(job("all", DROPOUT, Training.Engine.DEEPLEARNING4J, null)).outcome();
        try (var workers = new Workers(job("late", DROPOUT, Training.Engine.DEEPLEARNING4J, 120), 1, 0)) {
            workers.take(0);
            assertTrue(workers.next());
            while (workers.members[0].session.gang().all() == null) {
                Thread.sleep(1);
            }
            workers.members[0].cutOff();
            workers.replace(0);
            assertTrue(workers.next());
            assertTrue(workers.recover(1));
            assertEquals(
                    undisturbed.artifact().digest(),
                    workers.outcome().artifact().digest());
        }
    }

    /** Rank 0 is a process here, and is killed as the kernel kills one. */
    @Test
    void aKilledProcessIsReplaced() throws Exception {
        int epochs = 2 * EPOCHS;
        var undisturbed = new Workers(job("whole", DROPOUT, Training.Engine.DEEPLEARNING4J, null, epochs)).outcome();
        var job = job("killed", DROPOUT, Training.Engine.DEEPLEARNING4J, 120, epochs);
        try (var first = WorkerProcess.start(folder, Json.write(job), 0);
                var workers = new Workers(job, 1, 0)) {
            first.await(progress -> progress.stage().compareTo(Stage.TRAINING) >= 0);
            Thread.sleep(random.nextInt(50));
            first.kill();
            workers.take(0);
            assertTrue(workers.next());
            assertTrue(workers.recover(1));
            assertEquals(
                    undisturbed.artifact().digest(),
                    workers.outcome().artifact().digest());
        }
    }

    /** Every worker of a job: threads, until somebody takes a rank's place. */
    private final class Workers implements AutoCloseable {
        private final JobFile job;
        private final Path file;
        private final Worker[] members = new Worker[RANKS];
        private final List<Worker> spares = new ArrayList<>();
        private final Regrouped operator;

        Workers(JobFile job) throws Exception {
            this(job, 0, 0);
        }

        /**
         * @param from the first rank that is one of these threads
         * @param waiting so many workers more, which are ready before the others begin, and wait until one is lost
         */
        Workers(JobFile job, int from, int waiting) throws Exception {
            this.job = job;
            file = Files.writeString(folder.resolve(job.job().uid() + ".json"), Json.write(job));
            operator = new Regrouped(job, TOKEN);
            for (int i = 0; i < waiting; i++) {
                spares.add(new Worker(file, RANKS + i, 0, "spare-" + i));
            }
            for (var each : spares) {
                while (each.session.board().progress().stage() != Stage.STANDBY && !each.end.isDone()) {
                    Thread.sleep(5);
                }
            }
            for (int rank = from; rank < RANKS; rank++) {
                members[rank] = new Worker(file, rank, 0, null);
            }
        }

        /** A new worker in the place of one that is gone. */
        void replace(int rank) throws Exception {
            take(rank, members[rank].incarnation + 1);
        }

        /** A worker in the place of one that is gone and was none of these. */
        void take(int rank) throws Exception {
            take(rank, 1);
        }

        private void take(int rank, int incarnation) throws Exception {
            members[rank] = new Worker(file, rank, incarnation, null);
            operator.at(rank, "pod", "localhost:" + Fixtures.freePorts(1).getFirst());
        }

        private void takeSpare(int rank) {
            members[rank] = spares.removeFirst();
            operator.at(
                    rank,
                    members[rank].spare,
                    "localhost:" + Fixtures.freePorts(1).getFirst());
        }

        /**
         * Cuts these ranks off at some moment of the training, and gives their places to others.
         *
         * @param fromSpares of how many of them to spares
         * @return false if the training is over
         */
        boolean lose(List<Integer> ranks, int fromSpares) throws Exception {
            for (var each : members) {
                if (!each.trains()) {
                    return false;
                }
            }
            Thread.sleep(random.nextInt(15));
            if (members[0].session.board().progress().stage() != Stage.TRAINING) {
                return false;
            }
            for (int rank : ranks) {
                members[rank].cutOff();
                if (ranks.indexOf(rank) < fromSpares) {
                    takeSpare(rank);
                } else {
                    replace(rank);
                }
            }
            return next();
        }

        /** Cuts off one that has just come, wherever it is. */
        void loseAgain(int rank) throws Exception {
            members[rank].cutOff();
            replace(rank);
            next();
        }

        boolean next() throws Exception {
            var ports = new ArrayList<Integer>();
            for (var each : members) {
                ports.add(each.httpPort);
            }
            return operator.next(ports);
        }

        /** Waits until a rank goes on in the newest term; false if the training is over. */
        boolean recover(int rank) throws Exception {
            return operator.await(members[rank].httpPort, Events.Kind.RECOVERED);
        }

        Outcome outcome() throws Exception {
            for (var each : members) {
                assertEquals(Reason.Succeeded, each.end.get().reason(), () -> each.rank + ": " + each.end.join());
            }
            return members[0].end.get();
        }

        @Override
        public void close() {
            spares.forEach(each -> each.session.askToStop());
            operator.close();
        }
    }

    private static final class Worker {
        private final int rank;
        private final int incarnation;
        private final String spare;
        private final int httpPort = Fixtures.freePorts(1).getFirst();
        private final GangSession session;
        private final CompletableFuture<Outcome> end = new CompletableFuture<>();

        /** @param spare its pod's name, if it has no rank yet; else null */
        Worker(Path file, int rank, int incarnation, String spare) throws Exception {
            this.rank = rank;
            this.incarnation = incarnation;
            this.spare = spare;
            var variables = new HashMap<>(System.getenv());
            variables.put("CAPSTAN_JOB_FILE", file.toString());
            variables.put(
                    "CAPSTAN_TOKEN_FILE",
                    Files.writeString(file.resolveSibling("token"), TOKEN).toString());
            variables.put("CAPSTAN_HTTP_PORT", String.valueOf(httpPort));
            variables.put(Contract.RANK, String.valueOf(rank));
            variables.put(Contract.INCARNATION, String.valueOf(incarnation));
            if (spare != null) {
                variables.put(Contract.SPARE, spare);
            }
            session = new GangSession(variables, end::complete);
            Thread.ofPlatform()
                    .daemon()
                    .name("rank-" + rank + "-" + incarnation)
                    .start(() -> end.complete(run()));
        }

        private Outcome run() {
            try {
                return session.run();
            } catch (Throwable e) {
                var failure = Failure.of(e);
                return new Outcome(failure.reason(), failure.getMessage(), null, session.lastCheckpoint());
            }
        }

        /** Until it trains, or takes part in that. */
        boolean trains() throws Exception {
            while (session.board().progress().stage().compareTo(Stage.TRAINING) < 0 && !end.isDone()) {
                Thread.sleep(1);
            }
            return session.board().progress().stage() == Stage.TRAINING;
        }

        /** Nobody hears of it any more. */
        void cutOff() throws Exception {
            if (session.gang().all() != null) {
                session.gang().all().close();
            }
            session.askToStop();
        }
    }

    private JobFile job(String uid, List<Layer> layers, Training.Engine engine, Integer regroup) throws Exception {
        return job(uid, layers, engine, regroup, EPOCHS);
    }

    private JobFile job(String uid, List<Layer> layers, Training.Engine engine, Integer regroup, int epochs)
            throws Exception {
        var base = Fixtures.job(folder, uid, 1, RANKS, 1);
        var stopping = new Training.EarlyStopping(Training.EarlyStopping.Metric.LOSS, epochs, 0, true);
        var training = new Training(
                        epochs,
                        32,
                        Fixtures.ADAM,
                        new Training.Schedule(new Training.Decay.Step(2, 0.9), 12),
                        0,
                        0.001,
                        null,
                        0.1,
                        stopping,
                        null,
                        7)
                .by(engine);
        var out = folder.resolve(uid).toString();
        return new JobFile(
                base.version(),
                base.job(),
                new Work.Train(new JobFile.Model(layers, null, null, null), data(layers, base), training),
                new JobFile.Checkpoints(out + "/checkpoints", "pvc://models/checkpoints", 25, 0, 2),
                base.peers(),
                new JobFile.Output(out, "pvc://models/" + uid, JobFile.Output.IfExists.FAIL),
                new Timeouts(30, 1800, 600, regroup));
    }

    private JobFile.Data data(List<Layer> layers, JobFile base) throws Exception {
        if (layers != LSTM) {
            return base.train().data();
        }
        var lines = new StringBuilder();
        var words = new Random(3);
        for (int i = 0; i < 300; i++) {
            int label = words.nextInt(Fixtures.CLASSES);
            lines.append("word").append(label);
            words.ints(words.nextInt(5), 0, 12)
                    .forEach(word -> lines.append(" other").append(word));
            lines.append(',').append(label).append('\n');
        }
        var place = new JobFile.Place(
                Files.writeString(folder.resolve("words.csv"), lines).toString(), "pvc://data/words.csv", null);
        var text = new JobFile.Text(false, 0, 1, JobFile.Text.Encoding.SEQUENCE, 20, 6);
        var dataset = new JobFile.Dataset(place, JobFile.Dataset.Format.TEXT, null, null, text);
        return new JobFile.Data(dataset, dataset);
    }
}
