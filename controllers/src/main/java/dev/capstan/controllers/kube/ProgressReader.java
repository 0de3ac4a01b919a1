package dev.capstan.controllers.kube;

import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the workers how far they are. Each job has a virtual thread of its own, so that one that can't be reached delays
 * nothing else, and reconciliation waits for none of them.
 */
public final class ProgressReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressReader.class);

    private final WorkerHttp workers;
    private final Duration interval;
    private final Meters meters;
    private final Map<String, Follower> followers = new ConcurrentHashMap<>();
    private volatile Predicate<String> there = uid -> true;
    private volatile Consumer<JobRef> listener = job -> {};

    /** Asks each followed job's first worker once in an interval. */
    public ProgressReader(WorkerHttp workers, Duration interval, Meters meters) {
        this.workers = workers;
        this.interval = interval;
        this.meters = meters;
    }

    private record Follower(Plan.Follow target, Thread thread, Report report) {}

    private static final class Report {
        private volatile Progress last;
    }

    /**
     * Of which jobs, by UID, workers may be followed at all: those that are there. A pass that is under way when a job
     * goes would have it followed for ever; whoever says that it is gone calls {@link #forget} then.
     */
    public void followOnly(Predicate<String> those) {
        there = those;
    }

    /** Who is told of a job that has made progress. */
    public void onProgress(Consumer<JobRef> newListener) {
        listener = newListener;
    }

    /** Follows a worker of a job, in place of any other that was followed for it. */
    public void follow(HasMetadata job, Plan.Follow target) {
        followers.compute(job.getMetadata().getUid(), (uid, current) -> {
            if (!there.test(uid)) {
                return current;
            }
            if (current != null && current.target().equals(target)) {
                return current;
            }
            if (current != null) {
                current.thread().interrupt();
            }
            var report = new Report();
            var ref = JobRef.of(job);
            var name = ChildWriter.of(job);
            var thread = Thread.ofVirtual().name("progress " + name).unstarted(() -> ask(ref, uid, target, report));
            thread.start();
            return new Follower(target, thread, report);
        });
    }

    /** Stops following a job. */
    public void forget(String jobUid) {
        var follower = followers.remove(jobUid);
        if (follower != null) {
            follower.thread().interrupt();
        }
    }

    /** By which workers are spoken with. */
    Tokens tokens() {
        return workers.tokens();
    }

    /** The last report of a job that is followed. */
    public Optional<Progress> latest(String jobUid) {
        return Optional.ofNullable(followers.get(jobUid)).map(follower -> follower.report().last);
    }

    @Override
    public void close() {
        followers.keySet().forEach(this::forget);
    }

    private void ask(JobRef job, String uid, Plan.Follow target, Report report) {
        String bearer = null;
        boolean reached = true;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                bearer = bearer == null ? workers.bearer(job.namespace(), uid, target) : bearer;
                var answer = ask(target, bearer);
                if (!answer.equals(report.last)) {
                    report.last = answer;
                    listener.accept(job);
                }
                reached = true;
            } catch (IOException | RuntimeException e) {
                meters.unreachable();
                if (reached) {
                    LOG.debug("{}: no progress from {}: {}", job, target.podIp(), e.toString());
                }
                reached = false;
            } catch (InterruptedException e) {
                return;
            }
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Progress ask(Plan.Follow target, String bearer) throws IOException, InterruptedException {
        var response = workers.get(target, bearer, Contract.PROGRESS_PATH);
        if (response.statusCode() != 200) {
            throw new IOException("answered " + response.statusCode());
        }
        return Json.read(response.body(), Progress.class);
    }
}
