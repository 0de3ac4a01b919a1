package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.pods.Owned;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether what running pods need is still there. It is looked for by name, time and again: secrets and config
 * maps are never watched, for whoever may watch them may read all that there are.
 */
public final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** How often each job's things are looked for. */
    private static final Duration EVERY = Duration.ofSeconds(5);
    /** The least time between two jobs, however many there are: an API server is there for others too. */
    private static final Duration BETWEEN = Duration.ofMillis(50);

    private final KubernetesClient client;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile Consumer<JobRef> listener = job -> {};

    public Upkeep(KubernetesClient client) {
        this.client = client;
        thread = Thread.ofVirtual().name("upkeep").start(this::goRound);
    }

    private static final class Entry {
        private final JobRef job;
        private final String uid;
        private final int attempt;
        private final List<HasMetadata> needed;
        private volatile long last = System.nanoTime();
        private volatile Set<String> gone = Set.of();

        private Entry(JobRef job, String uid, int attempt, List<HasMetadata> needed) {
            this.job = job;
            this.uid = uid;
            this.attempt = attempt;
            this.needed = needed;
        }

        private boolean isDue() {
            return System.nanoTime() - last >= EVERY.toNanos();
        }
    }

    /** Who is told of a job some of whose things are gone. */
    public void onGone(Consumer<JobRef> newListener) {
        listener = newListener;
    }

    /**
     * Which of the things that an attempt needs were gone when they were looked for last, as {@link Owned#key} names
     * them; from now on they are looked for.
     *
     * @param attempt of a job; of whatever goes on for long, a number that is another one when other things are needed
     * @param needed is asked for once for an attempt
     */
    Set<String> gone(HasMetadata job, int attempt, Supplier<List<HasMetadata>> needed) {
        var uid = job.getMetadata().getUid();
        if (entries.isEmpty()) {
            LockSupport.unpark(thread);
        }
        return entries.compute(
                        uid,
                        (same, entry) -> entry != null && entry.attempt == attempt
                                ? entry
                                : new Entry(JobRef.of(job), uid, attempt, needed.get()))
                .gone;
    }

    /** What was gone of a job's or service's things has been made again, as far as that could be. */
    void made(String jobUid) {
        var entry = entries.get(jobUid);
        if (entry != null) {
            entry.gone = Set.of();
            entry.last = System.nanoTime();
        }
    }

    /** Looks for nothing of a job any more. */
    public void forget(String jobUid) {
        entries.remove(jobUid);
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void goRound() {
        try {
            while (true) {
                for (var entry : entries.values()) {
                    if (entry.isDue()) {
                        look(entry);
                        Thread.sleep(BETWEEN);
                    }
                }
                rest();
            }
        } catch (InterruptedException e) {
            // The end.
        }
    }

    /** Nobody's processor is woken for nothing. */
    private void rest() throws InterruptedException {
        if (entries.isEmpty()) {
            LockSupport.parkNanos(EVERY.toNanos());
        } else {
            Thread.sleep(EVERY.dividedBy(10));
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private void look(Entry entry) {
        try {
            var gone = new HashSet<String>();
            for (var object : entry.needed) {
                var there = client.resource(object).get();
                if (there == null || !there.hasOwnerReferenceFor(entry.uid)) {
                    gone.add(Owned.key(object));
                }
            }
            entry.gone = gone;
            if (!gone.isEmpty()) {
                listener.accept(entry.job);
            }
        } catch (KubernetesClientException e) {
            LOG.debug("{}: its things couldn't be looked for: {}", entry.job, e.toString());
        } finally {
            entry.last = System.nanoTime();
        }
    }
}
