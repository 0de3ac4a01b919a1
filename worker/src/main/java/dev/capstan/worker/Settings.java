package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What the pod's environment says. All but the rank have the contract's values unless a variable replaces them.
 *
 * @param jobFile {@code CAPSTAN_JOB_FILE}
 * @param tokenFile {@code CAPSTAN_TOKEN_FILE}
 * @param rank {@code CAPSTAN_RANK}
 * @param httpPort {@code CAPSTAN_HTTP_PORT}
 * @param grace {@code CAPSTAN_GRACE_SECONDS}: how long after SIGTERM the pod is killed
 * @param incarnation {@code CAPSTAN_INCARNATION}: which pod of its rank this is in the attempt, counted from 0
 * @param spare {@code CAPSTAN_SPARE}: the name of a spare's own pod; null of a worker that has a rank
 * @param meeting {@code CAPSTAN_MEETING_SECONDS}: how long peers may take to come
 */
record Settings(
        Path jobFile,
        Path tokenFile,
        int rank,
        int httpPort,
        int incarnation,
        String spare,
        Duration grace,
        Duration meeting) {
    private static final String TERMINATION_MESSAGE = "CAPSTAN_TERMINATION_MESSAGE";

    /** @throws Failure WorkerError if a variable is missing or no number: the operator sets them, not the user */
    static Settings of(Map<String, String> environment) {
        return new Settings(
                jobFile(environment),
                tokenFile(environment),
                number(environment, Contract.RANK, -1),
                number(environment, "CAPSTAN_HTTP_PORT", Contract.HTTP_PORT),
                number(environment, Contract.INCARNATION, 0),
                environment.get(Contract.SPARE),
                grace(environment),
                seconds(environment, Contract.MEETING, Patience.DEFAULT.meeting()));
    }

    /**
     * The rank in that job's gang, or a spare's lack of one.
     *
     * @throws Failure WorkerError if the gang has no such rank, or needs no spare
     */
    Place place(JobFile job) {
        int ranks = job.peers().size();
        if (spare != null) {
            if (ranks < 2 || job.timeouts().regroup() == null) {
                throw new Failure(
                        Reason.WorkerError,
                        Contract.SPARE + " is set, but by its job file nobody tells this gang of " + ranks
                                + " who is in it after a loss");
            }
            return Place.ofSpare(spare, rank);
        }
        if (rank >= ranks) {
            throw new Failure(
                    Reason.WorkerError, Contract.RANK + " is " + rank + ", but the job has " + ranks + " peers");
        }
        return Place.ofRank(rank);
    }

    /** What peers and the operator prove to each other to know. */
    byte[] token() {
        try {
            var text = Files.readString(tokenFile).strip();
            if (text.isEmpty()) {
                throw new Failure(Reason.WorkerError, "token file " + tokenFile + " is empty");
            }
            return text.getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "token file " + tokenFile + " can't be read: " + e, e);
        }
    }

    /** Where the job file is; all that a worker without peers needs to know. */
    static Path jobFile(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("CAPSTAN_JOB_FILE", Contract.JOB_FILE));
    }

    /** Where the service file is; a replica or a router knows the rest from there. */
    static Path serviceFile(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("CAPSTAN_SERVICE_FILE", Contract.SERVICE_FILE));
    }

    /** Where the secret is that the operator proves to know. */
    static Path tokenFile(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("CAPSTAN_TOKEN_FILE", Contract.TOKEN_FILE));
    }

    /** How long after SIGTERM the pod is killed. */
    static Duration grace(Map<String, String> environment) {
        return seconds(environment, Contract.GRACE, Duration.ofSeconds(60));
    }

    /** How many cores this worker may count on; 1 unless the operator tells more. */
    static int cores(Map<String, String> environment) {
        return Math.max(1, number(environment, Contract.CORES, 1));
    }

    /** A port, which tests and people on their own machine set. */
    static int port(Map<String, String> environment, String name, int otherwise) {
        return number(environment, name, otherwise);
    }

    /** Where what is fetched and what doesn't fit into memory goes. */
    static Path scratch(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("CAPSTAN_SCRATCH", Contract.SCRATCH));
    }

    /** Where the outcome goes; known even when nothing else is right. */
    static Path terminationMessage(Map<String, String> environment) {
        return Path.of(environment.getOrDefault(TERMINATION_MESSAGE, "/dev/termination-log"));
    }

    private static Duration seconds(Map<String, String> environment, String name, Duration otherwise) {
        return Duration.ofSeconds(number(environment, name, (int) otherwise.toSeconds()));
    }

    private static int number(Map<String, String> environment, String name, int otherwise) {
        var text = environment.get(name);
        if (text == null && otherwise >= 0) {
            return otherwise;
        }
        if (text == null || !text.matches("[0-9]{1,9}")) {
            throw new Failure(
                    Reason.WorkerError,
                    "environment variable " + name + " is " + (text == null ? "missing" : '"' + text + '"')
                            + "; it must be a whole number");
        }
        return Integer.parseInt(text);
    }
}
