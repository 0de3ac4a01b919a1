package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks workers for checkpoints, each job's first worker until it has made one. Like progress, off the reconcile
 * threads: each request has a virtual thread of its own.
 */
public final class CheckpointRequests implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointRequests.class);
    private static final int ACCEPTED = 202;
    private static final int DONE = 200;
    /** How soon a worker is asked again that is about to write a checkpoint. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private final WorkerHttp workers;
    private final Duration retry;
    private final Map<String, Request> requests = new ConcurrentHashMap<>();
    private volatile Predicate<String> there = uid -> true;
    private volatile Consumer<JobRef> listener = job -> {};

    /** @param retry how long to wait before a worker that didn't do a request is asked again */
    public CheckpointRequests(WorkerHttp workers, Duration retry) {
        this.workers = workers;
        this.retry = retry;
    }

    private record Request(Plan.Follow target, String text, Thread thread, AtomicBoolean done) {
        boolean is(Plan.Follow otherTarget, String otherText) {
            return target.equals(otherTarget) && text.equals(otherText);
        }
    }

    /**
     * Of which jobs, by UID, workers may be asked at all: those that are there. A pass that is under way when a job
     * goes would have it asked for ever; whoever says that it is gone calls {@link #forget} then.
     */
    public void askOnly(Predicate<String> those) {
        there = those;
    }

    /** Who is told of a job whose worker has done a request. */
    public void onDone(Consumer<JobRef> newListener) {
        listener = newListener;
    }

    /** Asks a worker of a job, in place of any earlier request of that job. */
    void ask(HasMetadata job, Plan.Follow target, String text) {
        requests.compute(job.getMetadata().getUid(), (uid, current) -> {
            if (!there.test(uid)) {
                return current;
            }
            if (current != null && current.is(target, text)) {
                return current;
            }
            if (current != null) {
                current.thread().interrupt();
            }
            var done = new AtomicBoolean();
            var id = JobRef.of(job);
            var thread = Thread.ofVirtual()
                    .name("checkpoint " + ChildWriter.of(job))
                    .unstarted(() -> ask(id, uid, target, text, done));
            thread.start();
            return new Request(target, text, thread, done);
        });
    }

    /** The text of the request that a job's worker has done. */
    public Optional<String> done(String jobUid) {
        return Optional.ofNullable(requests.get(jobUid))
                .filter(request -> request.done().get())
                .map(Request::text);
    }

    /** Asks no more for a job. */
    void forget(String jobUid) {
        var request = requests.remove(jobUid);
        if (request != null) {
            request.thread().interrupt();
        }
    }

    @Override
    public void close() {
        requests.keySet().forEach(this::forget);
    }

    private void ask(JobRef job, String uid, Plan.Follow target, String text, AtomicBoolean done) {
        try {
            while (true) {
                int answer = answer(job, uid, target, text);
                if (answer == done(target)) {
                    done.set(true);
                    listener.accept(job);
                    return;
                }
                boolean soon = answer == ACCEPTED && SOON.compareTo(retry) < 0;
                Thread.sleep(soon ? SOON : retry);
            }
        } catch (InterruptedException e) {
            // Forgotten, or asked for anew.
            Thread.currentThread().interrupt();
        }
    }

    /** A worker of the release before tells no more than that it has heard the request. */
    private static int done(Plan.Follow target) {
        return target.jobFile() <= JobFile.VERSION_BEFORE ? ACCEPTED : DONE;
    }

    private int answer(JobRef job, String uid, Plan.Follow target, String text) throws InterruptedException {
        try {
            var bearer = workers.bearer(job.namespace(), uid, target);
            var path = Contract.CHECKPOINT_PATH + "?" + Contract.REQUEST + "=" + id(text);
            return workers.post(target, bearer, path).statusCode();
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: no checkpoint asked of {}: {}", job, target.podIp(), e.toString());
            return -1;
        }
    }

    /** Tells requests apart, however long their texts are. */
    private static String id(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
