package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks workers for checkpoints, each job's first worker until it has taken the request. Like progress, off the
 * reconcile threads: each request has a virtual thread of its own.
 */
public final class CheckpointRequests implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointRequests.class);
    private static final int ACCEPTED = 202;

    private final WorkerHttp workers;
    private final Duration retry;
    private final Map<String, Request> requests = new ConcurrentHashMap<>();
    private volatile Predicate<String> there = uid -> true;
    private volatile Consumer<JobRef> listener = job -> {};

    /** @param retry how long to wait before a worker that didn't take a request is asked again */
    public CheckpointRequests(WorkerHttp workers, Duration retry) {
        this.workers = workers;
        this.retry = retry;
    }

    private record Request(Plan.Follow target, String text, Thread thread, AtomicBoolean taken) {
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

    /** Who is told of a job whose worker has taken a request. */
    public void onTaken(Consumer<JobRef> newListener) {
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
            var taken = new AtomicBoolean();
            var id = JobRef.of(job);
            var thread = Thread.ofVirtual()
                    .name("checkpoint " + ChildWriter.of(job))
                    .unstarted(() -> ask(id, uid, target, taken));
            thread.start();
            return new Request(target, text, thread, taken);
        });
    }

    /** The text of the request that a job's worker has taken. */
    public Optional<String> taken(String jobUid) {
        return Optional.ofNullable(requests.get(jobUid))
                .filter(request -> request.taken().get())
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

    private void ask(JobRef job, String uid, Plan.Follow target, AtomicBoolean taken) {
        try {
            while (!took(job, uid, target)) {
                Thread.sleep(retry);
            }
            taken.set(true);
            listener.accept(job);
        } catch (InterruptedException e) {
            // Forgotten, or asked for anew.
            Thread.currentThread().interrupt();
        }
    }

    private boolean took(JobRef job, String uid, Plan.Follow target) throws InterruptedException {
        try {
            var bearer = workers.bearer(job.namespace(), uid, target);
            return workers.post(target, bearer, Contract.CHECKPOINT_PATH).statusCode() == ACCEPTED;
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: no checkpoint asked of {}: {}", job, target.podIp(), e.toString());
            return false;
        }
    }
}
