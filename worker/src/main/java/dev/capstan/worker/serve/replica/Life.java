package dev.capstan.worker.serve.replica;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.protocol.Serving;
import dev.capstan.protocol.Serving.State;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.infer.Models;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How far a replica is: loads its models, again and again where that may help, and knows what to tell. */
public final class Life {
    private static final Logger LOG = LoggerFactory.getLogger(Life.class);
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final Function<ServiceFile.Model, Keeping> keeping;
    private final Consumer<Failure> failed;
    /** Until the ports are open: before, nobody can be answered. */
    private final CountDownLatch open = new CountDownLatch(1);

    /** What is to be done with models that are loaded before clients come. */
    private volatile Runnable trial;

    private volatile Serving serving = new Serving(State.LOADING, "the model is being loaded", null, null, null);
    private Thread loading;

    /**
     * What became of the wish to keep a copy of a model for later replicas.
     *
     * @param message in words
     */
    public record Keeping(boolean kept, String message) {}

    /**
     * @param keeping keeps a copy of a model that answers
     * @param failed hears that a model can't be loaded, and why
     */
    public Life(Function<ServiceFile.Model, Keeping> keeping, Consumer<Failure> failed) {
        this.keeping = keeping;
        this.failed = failed;
    }

    void begin(Models models, List<ServiceFile.Model> wanted) {
        loading = Thread.ofPlatform().daemon().name("capstan-loading").start(() -> {
            try {
                if (load(models)) {
                    open.await();
                    trial.run();
                    answers(models, wanted);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** @param first to be done with models that are loaded, before clients are sent here */
    void open(Runnable first) {
        trial = first;
        open.countDown();
    }

    /** @return whether they are loaded; if not, it is no use to try again */
    private boolean load(Models models) throws InterruptedException {
        for (var wait = FIRST_WAIT; ; wait = longer(wait)) {
            try {
                models.loadAll();
                return true;
            } catch (Throwable e) {
                var failure = Failure.of(e);
                if (failure.reason() != Reason.StorageUnavailable) {
                    LOG.error("the model can't be loaded: {}", failure.getMessage());
                    LOG.debug("", e);
                    tell(State.FAILED, failure.getMessage());
                    failed.accept(failure);
                    return false;
                }
                LOG.warn("another try follows in {} s: {}", wait.toSeconds(), failure.getMessage());
                tell(State.LOADING, failure.getMessage());
                TimeUnit.NANOSECONDS.sleep(wait.toNanos());
            }
        }
    }

    private static Duration longer(Duration wait) {
        var twice = wait.multipliedBy(2);
        return twice.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : twice;
    }

    private void answers(Models models, List<ServiceFile.Model> wanted) {
        var loaded = models.loaded();
        var names = loaded.stream()
                .map(each -> each.model().name() + " version " + each.model().version())
                .collect(Collectors.joining(", "));
        var own = wanted.isEmpty()
                ? null
                : models.of(wanted.getFirst().name(), null).model().digest();
        long millis = sinceStart();
        LOG.info("ready after {} ms: {}", millis, names);
        tell(new Serving(State.READY, "serves " + names, own, null, millis));
        var kept = wanted.stream().map(keeping).toList();
        var first = kept.isEmpty() ? null : kept.getFirst();
        if (first != null) {
            tell(new Serving(serving.state(), serving.message() + "; " + first.message(), own, first.kept(), millis));
        }
    }

    private static long sinceStart() {
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(start -> Duration.between(start, Instant.now()).toMillis())
                .orElse(0L);
    }

    private void tell(State state, String message) {
        tell(new Serving(state, message, serving.digest(), serving.kept(), serving.loadMillis()));
    }

    private synchronized void tell(Serving latest) {
        // What drains won't be ready again, however its loading ends.
        serving = serving.state() == State.DRAINING && latest.state() != State.DRAINING
                ? new Serving(State.DRAINING, serving.message(), latest.digest(), latest.kept(), latest.loadMillis())
                : latest;
    }

    void drain() {
        tell(State.DRAINING, "answers what has come, and ends");
    }

    void end() {
        loading.interrupt();
    }

    /** What the operator is told. */
    public Serving serving() {
        return serving;
    }

    /** Why no clients should be sent here; null if they may be. */
    String waiting() {
        var now = serving;
        return now.state() == State.READY ? null : now.message();
    }
}
