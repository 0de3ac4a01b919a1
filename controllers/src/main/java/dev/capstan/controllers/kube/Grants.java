package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
 * Grants from the moment they are decided until the cache of jobs shows them; so no place is given away twice in
 * between. Their places are held at once, and they are written beside the admission loop: a write that takes long
 * delays one job. Of each kind only so many are written at a time, so that one whose writes all hang delays no other
 * kind.
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

    private static final String BETWEEN = ", ";
    /** Of the flavors, in the status. */
    private static final int MOST_LETTERS = 63;

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
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final ExecutorService writers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("grants-", 0).factory());

    /** Is told what became of grants. */
    interface Listener {
        /** It is there. */
        void written(HasMetadata job, Decision.Granting places);

        /** The API server refuses it, in these words. */
        void refused(HasMetadata job, Decision.Granting places, String words);
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
        final Decision.Granting places;
        final Admission admission;
        final Grant grant;
        /** The version that it was decided on, or a later one that has it. */
        volatile HasMetadata job;

        State state = State.UNDER_WAY;
        /** Whether a write had no answer. */
        volatile boolean doubtful;
        /** Whether somebody was told that it is there. */
        boolean told;
        /** When it may be written or read again. */
        Instant next = Instant.MIN;

        Open(WorkloadSource<?> source, HasMetadata job, Decision.Granting places, Admission admission, Grant grant) {
            this.source = source;
            this.job = job;
            this.places = places;
            this.admission = admission;
            this.grant = grant;
        }

        /** Whether a job, as read, has it. */
        boolean isIn(HasMetadata read) {
            return source.grantOf(read)
                    .filter(held -> held.attempt() == grant.attempt())
                    .filter(held -> switch (places) {
                        case Decision.Admit admit -> true;
                        case Decision.Fill fill -> has(held, fill);
                    })
                    .isPresent();
        }

        private static boolean has(Grant held, Decision.Fill fill) {
            return fill.podSets().stream()
                    .allMatch(seats -> held.seats(seats.podSet())
                            .filter(there -> seats.pods()
                                    .allMatch(pod -> there.has(pod)
                                            && there.nodes()
                                                    .get(pod)
                                                    .equals(seats.nodes().get(pod))))
                            .isPresent());
        }
    }

    /** What became of a write, or was read. */
    private sealed interface Outcome {
        /** @param job as it is now */
        record There(HasMetadata job) implements Outcome {}

        /** It isn't there, and never will be. */
        record Never() implements Outcome {}

        record Refused(String words) implements Outcome {}

        /** Nobody knows. */
        record Unknown() implements Outcome {}

        /** The API server doesn't know us: that is no fault of this job's. */
        record Unauthorized() implements Outcome {}
    }

    private record Answer(Open of, Outcome outcome) {}

    /** The places that a job was granted, or may have been, as long as the cache doesn't show it. */
    Optional<Grant> assumed(String uid) {
        return Optional.ofNullable(open.get(uid)).map(grant -> grant.grant);
    }

    /** The jobs whose grants the cache doesn't show yet. */
    Set<String> open() {
        return Set.copyOf(open.keySet());
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
    void assume(WorkloadSource<?> source, HasMetadata job, Decision.Granting places) {
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        var held = source.grantOf(job);
        var before = places instanceof Decision.Fill ? source.admissionOf(job) : Optional.<Admission>empty();
        var flavors = new LinkedHashSet<String>();
        before.map(Admission::getFlavor).ifPresent(names -> flavors.addAll(List.of(names.split(BETWEEN))));
        flavors.addAll(places.flavors());
        var admission = new Admission()
                .setAttempt(places.workload().attempt())
                .setTime(before.map(Admission::getTime).orElse(now.toString()))
                .setQuota(places.quota().orElse(null))
                .setFlavor(told(flavors))
                .setPlacements(placements(before, places));
        var grant = new Grant(
                places.id(),
                places.workload().attempt(),
                places.workload().priority(),
                before.isPresent() && held.isPresent()
                        ? Grant.Seats.merged(held.get().podSets(), places.podSets())
                        : places.podSets(),
                Instant.parse(admission.getTime()),
                before.isPresent() ? held.flatMap(Grant::ends) : Optional.empty(),
                now);
        var added = new Open(source, job, places, admission, grant);
        open.put(places.id().uid(), added);
        submit(added, () -> write(added));
    }

    /** All of them, or the first alone if the status has no room for all. */
    private static String told(Set<String> flavors) {
        var all = String.join(BETWEEN, flavors);
        return flavors.isEmpty()
                ? null
                : all.length() <= MOST_LETTERS ? all : flavors.iterator().next();
    }

    private static List<Placement> placements(Optional<Admission> before, Decision.Granting places) {
        var all = new ArrayList<Placement>();
        before.ifPresent(admission -> all.addAll(admission.getPlacements()));
        for (var seats : places.podSets()) {
            seats.pods()
                    .forEach(pod -> all.add(new Placement()
                            .setRank(seats.firstRank() + pod)
                            .setNode(seats.nodes().get(pod))));
        }
        all.sort(Comparator.comparing(Placement::getRank));
        return List.copyOf(all);
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
            var cached = jobsByUid.get(grant.places.id().uid());
            if (grant.state == State.UNDER_WAY) {
                continue;
            }
            if (cached != null && grant.isIn(cached)) {
                open.remove(grant.places.id().uid());
            } else if (now.isBefore(grant.next) || isFull(grant.source)) {
                continue;
            } else if (grant.state == State.UNKNOWN) {
                submit(grant, () -> write(grant));
            } else if (cached == null || newer(cached, grant.job)) {
                // Granted, and overtaken since by a version of the job that needs it no more, or by its deletion.
                submit(grant, () -> check(grant));
            }
        }
        return known;
    }

    private void settle(Open grant, Outcome outcome) {
        var uid = grant.places.id().uid();
        grant.next = clock.instant().plus(BEFORE_ANOTHER_TRY);
        switch (outcome) {
            case Outcome.There there -> {
                grant.state = State.WRITTEN;
                grant.job = there.job();
                if (!grant.told) {
                    grant.told = true;
                    listener.written(grant.job, grant.places);
                }
            }
            case Outcome.Never never -> open.remove(uid);
            case Outcome.Refused refused -> {
                open.remove(uid);
                listener.refused(grant.job, grant.places, refused.words());
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
                LOG.warn("{}: its places couldn't be granted", ChildWriter.of(grant.job), e);
            } finally {
                grant.doubtful |= outcome instanceof Outcome.Unknown;
                answers.add(new Answer(grant, outcome));
                wake.run();
            }
        });
    }

    private Outcome write(Open grant) {
        try {
            patch.apply(grant.job, Map.of("admission", grant.admission));
            return new Outcome.There(grant.job);
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case HttpURLConnection.HTTP_CONFLICT -> {
                    meters.conflict();
                    yield check(grant);
                }
                case HttpURLConnection.HTTP_NOT_FOUND -> new Outcome.Never();
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
            var found = grant.doubtful ? check(grant) : new Outcome.Never();
            return found instanceof Outcome.Never ? new Outcome.Refused(denial.get()) : found;
        }
        meters.unknownGrant();
        LOG.warn(
                "{}: no answer whether places were granted, holds them: {}", ChildWriter.of(grant.job), e.getMessage());
        return new Outcome.Unknown();
    }

    /** Reads the job itself, past the cache: either it has this grant, or it never will. */
    private Outcome check(Open grant) {
        try {
            var read = client.resource(grant.job).get();
            boolean same = read != null
                    && grant.places.id().uid().equals(read.getMetadata().getUid());
            return same && grant.isIn(read) ? new Outcome.There(read) : new Outcome.Never();
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
