package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
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
 * Looks whether what running pods need is still there. Services and network policies are watched. Secrets and config
 * maps are looked for by name, time and again, and never watched: whoever may watch them may read all that there are.
 */
public final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** How often each job's things are looked for. */
    private static final Duration EVERY = Duration.ofSeconds(5);
    /**
     * The time to each request, however many jobs there are: an API server is there for others too. Of hundreds of jobs
     * each is looked at less often.
     */
    private static final Duration EACH = Duration.ofMillis(50);

    private final KubernetesClient client;
    private final WatchedChildren watched;
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile Consumer<JobRef> listener = job -> {};

    /** @param namespaces where jobs are looked after; empty for all */
    public Upkeep(KubernetesClient client, Set<String> namespaces) {
        this.client = client;
        thread = Thread.ofVirtual().name("upkeep").unstarted(this::goRound);
        watched = new WatchedChildren(client, namespaces, this::hurry);
        thread.start();
    }

    private static final class Entry {
        private final JobRef job;
        private final String uid;
        private final int attempt;
        private final List<HasMetadata> needed;
        private volatile long due = System.nanoTime() + EVERY.toNanos();
        private volatile List<HasMetadata> gone = List.of();

        private Entry(JobRef job, String uid, int attempt, List<HasMetadata> needed) {
            this.job = job;
            this.uid = uid;
            this.attempt = attempt;
            this.needed = needed;
        }

        private boolean isDue() {
            return System.nanoTime() - due >= 0;
        }

        private void rest() {
            due = System.nanoTime() + EVERY.toNanos();
        }
    }

    /** Who is told of a job some of whose things are gone. */
    public void onGone(Consumer<JobRef> newListener) {
        listener = newListener;
    }

    /**
     * Which of the things that an attempt needs were gone when they were looked for last; from now on they are looked
     * for.
     *
     * @param attempt of a job; of whatever goes on for long, a number that is another one when other things are needed
     * @param needed is asked for once for an attempt
     */
    List<HasMetadata> gone(HasMetadata job, int attempt, Supplier<List<HasMetadata>> needed) {
        var uid = job.getMetadata().getUid();
        var there = entries.get(uid);
        if (there != null && there.attempt == attempt) {
            return there.gone;
        }
        entries.put(uid, new Entry(JobRef.of(job), uid, attempt, needed.get()));
        LockSupport.unpark(thread);
        return List.of();
    }

    /** What was gone of a job's or service's things has been made again, as far as that could be. */
    void made(String jobUid) {
        var entry = entries.get(jobUid);
        if (entry != null) {
            entry.gone = List.of();
            entry.rest();
        }
    }

    /** Looks for nothing of a job any more. */
    public void forget(String jobUid) {
        entries.remove(jobUid);
    }

    @Override
    public void close() {
        watched.close();
        thread.interrupt();
    }

    /** Something that a job or service of this UID owned was seen to go. */
    private void hurry(String ownerUid) {
        var entry = entries.get(ownerUid);
        if (entry != null) {
            entry.due = System.nanoTime();
            LockSupport.unpark(thread);
        }
    }

    private void goRound() {
        try {
            while (true) {
                for (var entry : entries.values()) {
                    if (entry.isDue()) {
                        Thread.sleep(EACH.multipliedBy(look(entry)));
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
        LockSupport.parkNanos((entries.isEmpty() ? EVERY : EVERY.dividedBy(10)).toNanos());
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** Answers how many requests it took. */
    private int look(Entry entry) {
        int requests = 0;
        try {
            var gone = new ArrayList<HasMetadata>();
            for (var object : entry.needed) {
                if (watched.has(object, entry.uid)) {
                    continue;
                }
                requests++;
                var there = client.resource(object).get();
                if (there == null || !there.hasOwnerReferenceFor(entry.uid)) {
                    gone.add(object);
                }
            }
            entry.gone = List.copyOf(gone);
            if (!gone.isEmpty()) {
                listener.accept(entry.job);
            }
        } catch (KubernetesClientException e) {
            LOG.debug("{}: its things couldn't be looked for: {}", entry.job, e.toString());
        } finally {
            entry.rest();
        }
        return requests;
    }
}
