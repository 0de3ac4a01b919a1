package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.security.Security;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The worker's entry point: takes a role, plays it, and tells how it ended. */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {}

    /**
     * {@code train} does a job; {@code natives} unpacks the native libraries into javacpp's cache folder, which an
     * image does once so that no pod has to.
     */
    public static void main(String[] arguments) {
        var environment = System.getenv();
        var ending = new Ending(Settings.terminationMessage(environment));
        // Runs on SIGTERM and on every other exit; on those, the outcome is there already.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> Runtime.getRuntime()
                                .halt(ending.with(new Outcome(Reason.Terminated, "asked to stop by SIGTERM", null))),
                        "capstan-ending"));
        System.exit(ending.with(play(arguments, environment)));
    }

    private static Outcome play(String[] arguments, Map<String, String> environment) {
        // A peer's name appears and changes while it is waited for: "unknown" must not be remembered.
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        Security.setProperty("networkaddress.cache.ttl", "2");
        try {
            return switch (arguments.length == 1 ? arguments[0] : "") {
                case Contract.TRAIN -> new TrainRole(environment).run();
                case "natives" -> NativesRole.run(environment);
                default ->
                    throw new Failure(
                            Reason.WorkerError,
                            "the worker takes one argument, " + Contract.TRAIN + " or natives; it got "
                                    + String.join(" ", arguments));
            };
        } catch (Throwable e) {
            var failure = Failure.of(e);
            LOG.debug("", e);
            if (failure.reason() == Reason.WorkerError || failure.reason() == Reason.OutOfMemory) {
                LOG.error("the worker failed", e);
            }
            return new Outcome(failure.reason(), failure.getMessage(), null);
        }
    }
}
