package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Timeouts;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a small network on a few rows of its own, by two ranks in this process, has a spare get ready to take a rank,
 * serves the network, and trains it once more by the other engine: all that a worker does between its start and its
 * end. A JVM that watches it (JEP 483, JEP 515) keeps the classes that workers load and what is hot in them, and an
 * image that holds what was kept starts faster.
 */
final class RehearseRole {
    private static final Logger LOG = LoggerFactory.getLogger(RehearseRole.class);
    private static final int ROWS = 500;
    private static final int RANKS = 2;
    /** Seconds in which somebody would say who is in the gang after a loss: so ranks do all that takes. */
    private static final int REGROUP = 60;

    private RehearseRole() {}

    /**
     * Leaves job, data and model in the folder of the environment's {@code CAPSTAN_SCRATCH}.
     *
     * @throws dev.capstan.worker.outcome.Failure what the training or the service failed with
     */
    static Outcome run(Map<String, String> environment) throws Exception {
        var folder = Settings.scratch(environment);
        Files.writeString(folder.resolve("rows.csv"), "1,0,0\n0,1,1\n".repeat(ROWS / 2));
        Files.writeString(folder.resolve("token"), "rehearsal");
        var job = Files.writeString(
                folder.resolve("job.json"), Json.write(job(folder, "out", Training.Engine.DEEPLEARNING4J, RANKS)));
        var second = new FutureTask<>(rank(1, job, environment));
        Thread.ofPlatform().daemon().start(second);
        var outcome = rank(0, job, environment).call();
        second.get();
        var spare = spare(job, environment);
        RehearsedService.run(folder, folder.resolve("out"), outcome.artifact().digest(), environment);
        var fast = Files.writeString(
                folder.resolve("fast.json"), Json.write(job(folder, "fast", Training.Engine.LIBTORCH, 1)));
        var other = rank(0, fast, environment).call();
        return new Outcome(
                Reason.Succeeded,
                "rehearsed: " + outcome.message() + "; by LibTorch: " + other.message()
                        + "; it has answered as a service; as a spare: " + spare.message(),
                null);
    }

    /** What a spare does until it waits; a worker that takes a lost one's place does most of it. */
    private static Outcome spare(Path job, Map<String, String> environment) throws Exception {
        var variables = variables(RANKS, job, environment);
        variables.put(Contract.SPARE, "spare");
        var session = new GangSession(variables, RehearseRole::hangs);
        var spare = new FutureTask<>(session::run);
        Thread.ofPlatform().daemon().start(spare);
        while (session.board().progress().stage() != Progress.Stage.STANDBY && !spare.isDone()) {
            Thread.sleep(10);
        }
        session.askToStop();
        return spare.get();
    }

    private static Callable<Outcome> rank(int rank, Path job, Map<String, String> environment) {
        var variables = variables(rank, job, environment);
        return () -> new GangSession(variables, RehearseRole::hangs).run();
    }

    private static Map<String, String> variables(int rank, Path job, Map<String, String> environment) {
        var folder = job.getParent();
        var variables = new HashMap<>(environment);
        variables.put("CAPSTAN_JOB_FILE", job.toString());
        variables.put("CAPSTAN_TOKEN_FILE", folder.resolve("token").toString());
        variables.put("CAPSTAN_HTTP_PORT", "0");
        variables.put(Contract.RANK, String.valueOf(rank));
        return variables;
    }

    /** Whoever builds the image waits for the rehearsal, and sees that it doesn't end. */
    private static void hangs(Outcome outcome) {
        LOG.error("{}", outcome.message());
    }

    private static JobFile job(Path folder, String name, Training.Engine engine, int ranks) throws IOException {
        var layers = List.<Layer>of(new Layer.Dense(8, "relu"), new Layer.Output(2, "softmax", "mcxent"));
        var adam = new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8);
        var rows = folder.resolve("rows.csv").toString();
        var data = new JobFile.Dataset(
                new JobFile.Place(rows, rows, null), Format.CSV, new JobFile.Csv(false, -1), null, null);
        var checkpoints = folder.resolve(name + "-checkpoints").toString();
        var out = folder.resolve(name).toString();
        var peers = new ArrayList<String>();
        for (int rank = 0; rank < ranks; rank++) {
            peers.add("localhost:" + freePort());
        }
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job("capstan", name, name, 1),
                new Work.Train(
                        new JobFile.Model(layers, null, null, null),
                        new JobFile.Data(data, data),
                        new Training(2, 16, adam, null, 0, 0, null, 0, null, null, 1).by(engine)),
                new JobFile.Checkpoints(checkpoints, checkpoints, 20, 0, 1),
                peers,
                new JobFile.Output(out, out, JobFile.Output.IfExists.FAIL),
                new Timeouts(
                        Timeouts.DEFAULT.silence(),
                        Timeouts.DEFAULT.late(),
                        Timeouts.DEFAULT.storage(),
                        ranks > 1 ? REGROUP : null));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
