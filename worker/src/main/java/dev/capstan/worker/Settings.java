package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
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
 * @param meeting {@code CAPSTAN_MEETING_SECONDS}: how long peers may take to come
 */
record Settings(Path jobFile, Path tokenFile, int rank, int httpPort, Duration grace, Duration meeting) {
    private static final String TERMINATION_MESSAGE = "CAPSTAN_TERMINATION_MESSAGE";

    /** @throws Failure WorkerError if a variable is missing or no number: the operator sets them, not the user */
    static Settings of(Map<String, String> environment) {
        return new Settings(
                jobFile(environment),
                Path.of(environment.getOrDefault("CAPSTAN_TOKEN_FILE", Contract.TOKEN_FILE)),
                number(environment, Contract.RANK, -1),
                number(environment, "CAPSTAN_HTTP_PORT", Contract.HTTP_PORT),
                seconds(environment, Contract.GRACE, Duration.ofSeconds(60)),
                seconds(environment, Contract.MEETING, Patience.DEFAULT.meeting()));
    }

    /** Where the job file is; all that a worker without peers needs to know. */
    static Path jobFile(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("CAPSTAN_JOB_FILE", Contract.JOB_FILE));
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
