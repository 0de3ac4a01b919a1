package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.security.Security;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The worker's entry point: takes a role, plays it, and tells how it ended. */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private final Map<String, String> environment;
    private final Ending ending;
    /** Set once there is a gang that can be asked to stop. */
    private volatile GangSession session;
    /** Set once there is something that answers requests. */
    private volatile Draining draining;

    Main(Map<String, String> environment) {
        this.environment = environment;
        ending = new Ending(Settings.terminationMessage(environment));
    }

    /**
     * {@code train} and {@code compress} do a job, as one of its gang; {@code check} reads what it would read;
     * {@code serve} answers requests, {@code route} passes them on to replicas; {@code rehearse} does a small job of
     * its own, which is watched while an image is built; {@code device} compares a GPU with the CPU.
     */
    public static void main(String[] arguments) {
        var main = new Main(System.getenv());
        // Runs on SIGTERM and on every other exit; on those, the outcome is there already.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(main.stop()), "capstan-ending"));
        System.exit(main.ending.with(main.play(arguments)));
    }

    /** Lets a gang keep its state, or a server answer what has come, as long as the pod may live; then ends. */
    private int stop() {
        var server = draining;
        if (server != null && !ending.within(Duration.ZERO)) {
            return ending.with(server.drain());
        }
        var gang = session;
        if (ending.within(Duration.ZERO) || gang == null || !gang.askToStop()) {
            return ending.with(
                    gang == null
                            ? new Outcome(Reason.Terminated, "asked to stop by SIGTERM", null)
                            : gang.nothingToKeep());
        }
        var patience = lessMargin(gang.grace());
        LOG.info("asked to stop by SIGTERM; the state is kept after this step, within {} s", patience.toSeconds());
        ending.within(patience);
        return ending.with(new Outcome(
                Reason.StateNotKept,
                "asked to stop by SIGTERM, and " + gang.notDone() + " within " + patience.toSeconds()
                        + " s; a longer workers.terminationGracePeriodSeconds gives it more time",
                null,
                gang.lastCheckpoint()));
    }

    /** What is left for the end itself, before the kubelet kills the pod. */
    static Duration lessMargin(Duration grace) {
        var margin = Math.clamp(grace.toMillis() / 10, 500, 10_000);
        return grace.minusMillis(Math.min(margin, grace.toMillis()));
    }

    /** Plays the role to its end, however that is. */
    Outcome play(String... arguments) {
        // A peer's name appears and changes while it is waited for: "unknown" must not be remembered.
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        Security.setProperty("networkaddress.cache.ttl", "2");
        try {
            return switch (arguments.length == 1 ? arguments[0] : "") {
                case Contract.TRAIN, Contract.COMPRESS -> {
                    session = new GangSession(environment, outcome -> System.exit(ending.with(outcome)));
                    yield session.run();
                }
                case Contract.SERVE -> served(ServeRole.start(environment));
                case Contract.ROUTE -> served(RouteRole.start(environment));
                case Contract.CHECK -> CheckRole.run(environment);
                case "rehearse" -> RehearseRole.run(environment);
                case "device" -> DeviceRole.run(environment);
                default ->
                    throw new Failure(
                            Reason.WorkerError,
                            "the worker takes one argument, " + Contract.TRAIN + ", " + Contract.COMPRESS + ", "
                                    + Contract.CHECK + ", " + Contract.SERVE + ", "
                                    + Contract.ROUTE + ", rehearse or device; it got "
                                    + String.join(" ", arguments));
            };
        } catch (Throwable e) {
            var failure = session == null ? Failure.of(e) : session.failure(e);
            LOG.debug("", e);
            if (failure.reason() == Reason.WorkerError || failure.reason() == Reason.OutOfMemory) {
                LOG.error("the worker failed", e);
            }
            var gang = session;
            return new Outcome(
                    failure.reason(), failure.getMessage(), null, gang == null ? null : gang.lastCheckpoint());
        }
    }

    /** Answers until SIGTERM, after which {@link #stop} ends the process. */
    private Outcome served(Draining server) throws InterruptedException {
        draining = server;
        new CountDownLatch(1).await();
        throw new AssertionError("nobody counts down");
    }
}
