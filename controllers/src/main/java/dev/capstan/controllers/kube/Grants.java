package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.metrics.Meters;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Grants, and places given back, from the moment they are decided until the cache of jobs and services shows them; so
 * no place is given away twice in between. Granted places are held at once, those given back until it is known that
 * this is written. They are written beside the admission loop: a write that takes long delays one job. Of each kind
 * only so many are written at a time, so that one whose writes all hang delays no other kind.
 *
 * <p>A write without an answer may or may not have happened, and may even happen later. Its places stay held, and it is
 * written again, on the version of the job that it was decided on: then it is either taken, or refused because the job
 * has changed, and from then on the first one can't be taken any more either.
 *
 * <p>For use by the admission loop's thread alone; the writers only leave word of what became of theirs.
 */
final class Grants implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Grants.class);
    private static final String FIELD_MANAGER = "capstan-admission";
    /** Of one kind. */
    static final int MOST_AT_ONCE = 16;

    private static final Duration BEFORE_ANOTHER_TRY = Duration.ofSeconds(1);
    private static final Duration LAST_WRITES = Duration.ofSeconds(2);

    private final KubernetesClient client;
    private final StatusPatch patch;
    private final Listener listener;
    private final Runnable wake;
    private final Meters meters;
    private final Clock clock;
    private final Map<String, Open> open = new LinkedHashMap<>();
    private final Map<String, Integer> underWay = new HashMap<>();
    /** By UID, a version on which something was decided, and which was no longer the last one. */
    private final Map<String, String> outdated = new HashMap<>();

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final ExecutorService writers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("grants-", 0).factory());

    /** Is told what became of them. */
    interface Listener {
        /** It is there. */
        void written(HasMetadata job, PlaceChange change);

        /** The API server refuses it, in these words. */
        void refused(HasMetadata job, PlaceChange change, String words);
    }

    /** @param wake is run when there is something to {@link #settle} */
    Grants(KubernetesClient client, Listener listener, Runnable wake, Meters meters, Clock clock) {
        this.client = client;
        this.patch = new StatusPatch(client, FIELD_MANAGER);
        this.listener = listener;
        this.wake = wake;
        this.meters = meters;
        this.clock = clock;
    }

    private enum State {
        /** Somebody writes it, or reads whether it is there. */
        UNDER_WAY,
        WRITTEN,
        /** It may have been written, or may yet be. */
        UNKNOWN
    }

    private static final class Open {
        final WorkloadSource<?> source;
        final PlaceChange change;
        /** The version that it was decided on, or a later one that has it. */
        volatile HasMetadata job;

        State state = State.UNDER_WAY;
        /** Whether a write had no answer. */
        volatile boolean doubtful;
        /** Whether somebody was told that it is there. */
        boolean told;
        /** When it may be written or read again. */
        Instant next = Instant.MIN;

        Open(WorkloadSource<?> source, HasMetadata job, PlaceChange change) {
            this.source = source;
            this.job = job;
            this.change = change;
        }

        String uid() {
            return change.id().uid();
        }

        boolean isIn(HasMetadata read) {
            return change.isIn(source, read);
        }
    }

    /** What became of a write, or was read. */
    private sealed interface Outcome {
        /** @param job as it is now */
        record There(HasMetadata job) implements Outcome {}

        /**
         * It isn't there, and never will be.
         *
         * @param outdated whether that is because there is a later version than the one that it was decided on
         */
        record Never(boolean outdated) implements Outcome {}

        record Refused(String words) implements Outcome {}

        /** Nobody knows. */
        record Unknown() implements Outcome {}

        /** The API server doesn't know us: that is no fault of this job's. */
        record Unauthorized() implements Outcome {}
    }

    private record Answer(Open of, Outcome outcome) {}

    /** Whether something is being written of a job's places, or has been and the cache doesn't show it yet. */
    boolean isOpen(String uid) {
        return open.containsKey(uid);
    }

    /** Whether that is so, and the job gives places back. */
    boolean isGivingBack(String uid) {
        var of = open.get(uid);
        return of != null && of.change instanceof PlaceChange.GivenBack;
    }

    /** Of such a job all places that it holds, or may hold. */
    Optional<Grant> held(String uid) {
        return Optional.ofNullable(open.get(uid))
                .flatMap(of -> of.state == State.WRITTEN ? of.change.afterwards() : of.change.meanwhile());
    }

    /** The jobs of which that is so. */
    Set<String> open() {
        return Set.copyOf(open.keySet());
    }

    /** Whether a job is known to be another by now than this version, on which nothing can be decided any more. */
    boolean isOutdated(HasMetadata job) {
        return job.getMetadata()
                .getResourceVersion()
                .equals(outdated.get(job.getMetadata().getUid()));
    }

    /** Whether something has to be looked at again in a while, though nothing may change until then. */
    boolean anyUnknown() {
        return open.values().stream().anyMatch(grant -> grant.state == State.UNKNOWN);
    }

    /** Whether no more grants of a kind can be written at the moment. */
    boolean isFull(WorkloadSource<?> source) {
        return underWay.getOrDefault(kind(source), 0) >= MOST_AT_ONCE;
    }

    /** Holds places for a job from now on, and has them written to the version of it that they were decided on. */
    void grant(WorkloadSource<?> source, HasMetadata job, Decision.Granting places) {
        write(source, job, PlaceChange.Granted.of(source, job, places, clock.instant()));
    }

    /** Has such a change written to the version of a job that it was decided on. */
    void write(WorkloadSource<?> source, HasMetadata job, PlaceChange change) {
        var added = new Open(source, job, change);
        open.put(added.uid(), added);
        submit(added, () -> write(added));
    }

    /**
     * Takes note of what became of grants, writes again what had no answer, and forgets what the cached jobs show, or
     * what can't come true any more.
     *
     * @return whether the API server takes grants from us at all
     */
    boolean settle(Map<String, HasMetadata> jobsByUid) {
        boolean known = true;
        for (var answer = answers.poll(); answer != null; answer = answers.poll()) {
            underWay.merge(kind(answer.of().source), -1, Integer::sum);
            known &= !(answer.outcome() instanceof Outcome.Unauthorized);
            settle(answer.of(), answer.outcome());
        }
        var now = clock.instant();
        for (var grant : List.copyOf(open.values())) {
            var cached = jobsByUid.get(grant.uid());
            if (grant.state == State.UNDER_WAY) {
                continue;
            }
            if (cached != null && grant.isIn(cached)) {
                open.remove(grant.uid());
            } else if (now.isBefore(grant.next) || isFull(grant.source)) {
                continue;
            } else if (grant.state == State.UNKNOWN) {
                submit(grant, () -> write(grant));
            } else if (cached == null || newer(cached, grant.job)) {
                // Granted, and overtaken since by a version of the job that needs it no more, or by its deletion.
                submit(grant, () -> check(grant));
            }
        }
        outdated.keySet().removeIf(uid -> !jobsByUid.containsKey(uid) || !isOutdated(jobsByUid.get(uid)));
        return known;
    }

    private void settle(Open grant, Outcome outcome) {
        var uid = grant.uid();
        grant.next = clock.instant().plus(BEFORE_ANOTHER_TRY);
        switch (outcome) {
            case Outcome.There there -> {
                grant.state = State.WRITTEN;
                grant.job = there.job();
                if (!grant.told) {
                    grant.told = true;
                    listener.written(grant.job, grant.change);
                }
            }
            case Outcome.Never never -> {
                open.remove(uid);
                if (never.outdated()) {
                    outdated.put(uid, grant.job.getMetadata().getResourceVersion());
                }
            }
            case Outcome.Refused refused -> {
                open.remove(uid);
                listener.refused(grant.job, grant.change, refused.words());
            }
            case Outcome.Unknown unknown -> grant.state = State.UNKNOWN;
            case Outcome.Unauthorized unauthorized -> {
                if (grant.doubtful) {
                    grant.state = State.UNKNOWN;
                } else {
                    open.remove(uid);
                }
            }
        }
    }

    private void submit(Open grant, Supplier<Outcome> work) {
        grant.state = State.UNDER_WAY;
        underWay.merge(kind(grant.source), 1, Integer::sum);
        writers.execute(() -> {
            Outcome outcome = new Outcome.Unknown();
            try {
                outcome = work.get();
            } catch (RuntimeException e) {
                LOG.warn("{}: its places couldn't be written", ChildWriter.of(grant.job), e);
            } finally {
                grant.doubtful |= outcome instanceof Outcome.Unknown;
                answers.add(new Answer(grant, outcome));
                wake.run();
            }
        });
    }

    private Outcome write(Open grant) {
        try {
            patch.apply(
                    grant.job,
                    grant.change
                            .admission()
                            .map(told -> Map.of("admission", told))
                            .orElse(Map.of()));
            return new Outcome.There(grant.job);
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case HttpURLConnection.HTTP_CONFLICT -> {
                    meters.conflict();
                    yield check(grant);
                }
                case HttpURLConnection.HTTP_NOT_FOUND -> new Outcome.Never(false);
                case HttpURLConnection.HTTP_UNAUTHORIZED -> {
                    LOG.warn("{}: {}", ChildWriter.of(grant.job), e.getMessage());
                    yield new Outcome.Unauthorized();
                }
                default -> failed(grant, e);
            };
        }
    }

    private Outcome failed(Open grant, KubernetesClientException e) {
        var denial = Denials.definite(e);
        if (denial.isPresent()) {
            // One that was written before without an answer may have been taken then.
            var found = grant.doubtful ? check(grant) : new Outcome.Never(false);
            return found instanceof Outcome.Never ? new Outcome.Refused(denial.get()) : found;
        }
        meters.unknownGrant();
        LOG.warn(
                "{}: no answer whether its places were written, holds all that it may have: {}",
                ChildWriter.of(grant.job),
                e.getMessage());
        return new Outcome.Unknown();
    }

    /** Reads the job itself, past the cache: either it has this grant, or it never will. */
    private Outcome check(Open grant) {
        try {
            var read = client.resource(grant.job).get();
            boolean same = read != null && grant.uid().equals(read.getMetadata().getUid());
            return same && grant.isIn(read)
                    ? new Outcome.There(read)
                    : new Outcome.Never(same && newer(read, grant.job));
        } catch (KubernetesClientException e) {
            LOG.warn("{}: can't be read to see its grant: {}", ChildWriter.of(grant.job), e.getMessage());
            return new Outcome.Unknown();
        }
    }

    /** No grant is written after this returns, unless the API server takes seconds to answer one. */
    @Override
    public void close() {
        writers.shutdownNow();
        try {
            writers.awaitTermination(LAST_WRITES.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String kind(WorkloadSource<?> source) {
        return source.type().getName();
    }

    private static boolean newer(HasMetadata cached, HasMetadata decidedOn) {
        return !cached.getMetadata()
                .getResourceVersion()
                .equals(decidedOn.getMetadata().getResourceVersion());
    }
}
