package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Every worker of a job that outlives losses: threads of this process, until somebody takes a rank's place. */
final class Workers implements AutoCloseable {
    private static final String TOKEN = "s3cret";
    static final int RANKS = 3;

    private final Path file;
    final Worker[] members = new Worker[RANKS];
    final List<Worker> spares = new ArrayList<>();
    private final Regrouped operator;
    private final int grace;
    private final Random random;

    /**
     * @param file of the job
     * @param from the first rank that is one of these threads
     * @param waiting so many workers more, which are ready before the others begin, and wait until one is lost
     * @param grace seconds to end; for a sixth of them, who is asked to stop waits whether all are
     * @param random decides when ranks are lost
     */
    Workers(Path file, int from, int waiting, int grace, Random random) throws Exception {
        this.file = file;
        this.random = random;
        this.grace = grace;
        var job = JobFile.read(Files.readString(file));
        operator = new Regrouped(job, TOKEN);
        for (int i = 0; i < waiting; i++) {
            spares.add(new Worker(file, RANKS + i, 0, "spare-" + i, grace));
        }
        for (var each : spares) {
            while (each.session.board().progress().stage() != Stage.STANDBY && !each.end.isDone()) {
                Thread.sleep(5);
            }
        }
        for (int rank = from; rank < RANKS; rank++) {
            members[rank] = new Worker(file, rank, 0, null, grace);
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
        members[rank] = new Worker(file, rank, incarnation, null, grace);
        operator.at(rank, "pod", "localhost:" + Fixtures.freePorts(1).getFirst());
    }

    private void takeSpare(int rank) {
        members[rank] = spares.removeFirst();
        operator.at(
                rank, members[rank].spare, "localhost:" + Fixtures.freePorts(1).getFirst());
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

    /** One of them. */
    static final class Worker {
        private final int rank;
        private final int incarnation;
        private final String spare;
        private final int httpPort = Fixtures.freePorts(1).getFirst();
        final GangSession session;
        final CompletableFuture<Outcome> end = new CompletableFuture<>();

        /**
         * @param spare its pod's name, if it has no rank yet; else null
         * @param grace seconds that it has to end
         */
        Worker(Path file, int rank, int incarnation, String spare, int grace) throws Exception {
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
            variables.put(Contract.GRACE, String.valueOf(grace));
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
}
