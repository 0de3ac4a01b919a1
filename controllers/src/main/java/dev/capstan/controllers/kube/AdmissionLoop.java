package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.Engine;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.job.JobWorkloads;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.WaitReason;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives places to workloads of all kinds, for the whole cluster and in one thread: tells the engine what has changed,
 * lets it decide, has the grants written, and places taken off the list that services give back. Runs again whenever a
 * node, a pod, a quota, a job or a service has changed.
 *
 * <p>Nothing is granted before everything has been read: a new leader that knew only half of the pods would give away
 * places that are taken.
 */
public final class AdmissionLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdmissionLoop.class);
    /** How long the loop sleeps when nothing changes; a wake-up that was lost costs no more than this. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(10);

    private static final Duration NOT_YET = Duration.ofMillis(100);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    /** This part of the heap is for knowing where pods fit: whoever has more different ones gives the operator more. */
    private static final int PART_OF_HEAP = 8;

    /**
     * What it decides on.
     *
     * @param changes of what the caches read
     * @param kinds all kinds of jobs and services among the changes
     * @param book the quotas now
     * @param synced whether everything that there was is among the changes, or was
     */
    public record Sources(
            Changes changes, List<WorkloadSource<?>> kinds, Supplier<QuotaBook> book, BooleanSupplier synced) {}

    /**
     * Where it says what it found, the grants aside.
     *
     * @param reasons why workloads wait
     * @param usages what each quota's jobs use
     * @param died is told when it can't go on; what else the process does makes it look as if all was well
     */
    public record Findings(PendingReasons reasons, QuotaUsages usages, Consumer<Throwable> died) {}

    private final Sources sources;
    private final Changes changes;
    private final Map<Class<?>, WorkloadSource<?>> kinds = new HashMap<>();
    private final Grants grants;
    private final RefusedGrants refused = new RefusedGrants();
    private final Findings findings;
    private final Meters meters;
    private final Clock clock;
    private final Thread thread;
    private final Engine engine = new Engine(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    private QuotaBook book = QuotaBook.of(List.of(), Map.of());
    /** Jobs and services. */
    private final Map<String, HasMetadata> byUid = new HashMap<>();

    private final Map<String, Workload> waiting = new LinkedHashMap<>();
    /** Those whose kind has as many grants under way as it may: they leave the room to others meanwhile. */
    private final Set<String> heldBack = new HashSet<>();

    public AdmissionLoop(KubernetesClient client, Sources sources, Findings findings, Meters meters, Clock clock) {
        this.sources = sources;
        this.changes = sources.changes();
        sources.kinds().forEach(kind -> kinds.put(kind.type(), kind));
        this.grants = new Grants(client, new Listener(), changes::wake, meters, clock);
        this.findings = findings;
        this.meters = meters;
        this.clock = clock;
        this.thread = Thread.ofPlatform().name("admission").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Ends the loop; no grant is written after this returns, unless the API server takes seconds to answer one. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        grants.close();
    }

    private void run() {
        var sleep = Duration.ZERO;
        try {
            while (true) {
                changes.await(sleep);
                // Changes come in bursts, such as the pods of a gang; one look at the end of it is enough.
                Thread.sleep(SHORTEST_PAUSE);
                sleep = round();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            findings.died().accept(e);
            throw e;
        }
    }

    /** One look and what follows from it; answers how long to sleep if nothing changes. */
    private Duration round() throws InterruptedException {
        try {
            // Asked first: what comes between the two is among the changes then.
            boolean synced = sources.synced().getAsBoolean();
            listen(changes.take());
            if (!synced) {
                return NOT_YET;
            }
            boolean known = settle();
            refused.over(clock.instant()).forEach(uid -> {
                // What it is told next may have the same reason, and be other words all the same.
                findings.reasons().forget(uid);
                look(uid);
            });
            if (!known) {
                LOG.warn("the API server doesn't know us, admission tries again in {} s", AFTER_FAILURE.toSeconds());
                Thread.sleep(AFTER_FAILURE);
            }
            decide();
            publish();
            return grants.anyUnknown() ? AFTER_FAILURE : LONGEST_SLEEP;
        } catch (RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            LOG.warn("admission failed, tries again in {} s: {}", AFTER_FAILURE.toSeconds(), e.toString());
            return AFTER_FAILURE;
        }
    }

    private void listen(Changes.Batch batch) {
        batch.objects().forEach(change -> change.accept(engine));
        book = sources.book().get();
        engine.put(book);
        batch.jobs().forEach((uid, job) -> {
            job.ifPresentOrElse(there -> byUid.put(uid, there), () -> byUid.remove(uid));
            look(uid);
            if (job.isEmpty()) {
                refused.forget(uid);
            }
        });
        batch.again().forEach(this::look);
        if (batch.allJobs() || !batch.namespaces().isEmpty()) {
            byUid.forEach((uid, job) -> {
                if (batch.allJobs()
                        || batch.namespaces().contains(job.getMetadata().getNamespace())) {
                    look(uid);
                }
            });
        }
    }

    /** Finds out what became of grants, and looks again at the jobs of which that is known now. */
    private boolean settle() {
        var before = grants.open();
        try {
            return grants.settle(byUid);
        } finally {
            before.forEach(this::look);
            var again = List.copyOf(heldBack);
            heldBack.clear();
            again.forEach(this::look);
        }
    }

    private WorkloadSource<?> kind(HasMetadata job) {
        return kinds.get(job.getClass());
    }

    /** Tells the engine what a job waits for and what it holds, and has written what it gives back. */
    private void look(String uid) {
        var job = byUid.get(uid);
        boolean rests = job != null && (refused.rests(job) || grants.isOutdated(job));
        if (job != null && !rests && !grants.isOpen(uid)) {
            giveBack(uid, job);
        }
        boolean open = grants.isOpen(uid);
        var held = open || job == null ? grants.held(uid) : kind(job).grantOf(job);
        held.ifPresentOrElse(engine::put, () -> engine.removeGrant(uid));
        // Of a namespace that hasn't been read yet nobody knows whether it is under a quota.
        boolean mayWait = job != null && book.knows(job.getMetadata().getNamespace());
        var workload = mayWait ? kind(job).waitingOf(job) : Optional.<Workload>empty();
        if (workload.isPresent() && grants.isGivingBack(uid)) {
            // It goes on to wait, for the same reason, as soon as that is through.
            engine.removeWorkload(uid);
        } else if (workload.isPresent() && !open) {
            waiting.put(uid, workload.get());
            if (grants.isFull(kind(job))) {
                heldBack.add(uid);
            }
            if (heldBack.contains(uid) || rests || !kind(job).givenBackOf(job).isEmpty()) {
                engine.removeWorkload(uid);
            } else {
                engine.put(workload.get());
            }
        } else {
            engine.removeWorkload(uid);
            waiting.remove(uid);
            findings.reasons().forget(uid);
        }
        if (job == null && !open) {
            engine.forget(uid);
        }
    }

    private void giveBack(String uid, HasMetadata job) {
        PlaceChange.GivenBack.of(kind(job), job).ifPresent(change -> {
            if (grants.isFull(kind(job))) {
                heldBack.add(uid);
            } else {
                grants.write(kind(job), job, change);
            }
        });
    }

    private void decide() {
        int checks =
                (int) waiting.values().stream().filter(JobWorkloads::isCheck).count();
        meters.waiting(waiting.size() - checks, checks);
        if (waiting.isEmpty()) {
            meters.leftOut(0);
            return;
        }
        long start = System.nanoTime();
        var decisions = engine.cycle(clock.instant());
        meters.scheduled(Duration.ofNanos(System.nanoTime() - start));
        meters.leftOut(engine.leftOut());
        tell(decisions);
        engine.paced(decisions, clock.instant()).forEach(this::carryOut);
        if (engine.isBehind()) {
            changes.wake();
        }
    }

    private void publish() {
        var usages = engine.usage();
        findings.usages().publish(usages);
        meters.quotas(usages);
        meters.devices(engine.devices());
        meters.engine(engine.mostBytes());
    }

    private void carryOut(Decision decision) {
        switch (decision) {
            case Decision.Granting places -> grant(places);
            // The engine evicts nobody yet: what holds places gives them up by itself.
            case Decision.Evict evict -> throw new IllegalStateException("nobody is evicted: " + evict);
        }
    }

    private void grant(Decision.Granting places) {
        var uid = places.id().uid();
        var job = byUid.get(uid);
        if (!grants.isFull(kind(job))) {
            grants.grant(kind(job), job, places);
        }
        look(uid);
    }

    private final class Listener implements Grants.Listener {
        @Override
        public void written(HasMetadata job, PlaceChange change) {
            refused.forget(change.id().uid());
            if (change instanceof PlaceChange.Granted granted
                    && granted.places() instanceof Decision.Admit admit
                    && kind(job).startsFirst(job)) {
                meters.waited(Duration.between(admit.workload().createdAt(), clock.instant()));
            }
        }

        /** Goes on without a job whose places the API server refuses to have written, and tells the job so. */
        @Override
        public void refused(HasMetadata job, PlaceChange change, String words) {
            var rest = refused.put(job, clock.instant());
            LOG.warn(
                    "{}: the API server refuses to have its places {}, tries again in {} s: {}",
                    ChildWriter.of(job),
                    switch (change) {
                        case PlaceChange.Granted granted -> "granted";
                        case PlaceChange.GivenBack givenBack -> "given back";
                    },
                    rest.toSeconds(),
                    words);
            if (change instanceof PlaceChange.Granted granted) {
                // It was told of other reasons before, and those hold no longer.
                findings.reasons().forget(change.id().uid());
                findings.reasons()
                        .put(
                                granted.places().workload(),
                                WaitReason.WAITING_FOR_CAPACITY,
                                () -> "places were found, but the API server refuses to have them granted: " + words,
                                waiting.size());
                kind(job).decided().accept(JobRef.of(job));
            }
            // Its places are there for others now.
            changes.wake();
        }
    }

    /** Tells all who got nothing why. */
    private void tell(List<Decision> decisions) {
        Set<String> decided =
                decisions.stream().map(decision -> decision.id().uid()).collect(Collectors.toSet());
        waiting.forEach((uid, workload) -> {
            if (decided.contains(uid)) {
                return;
            }
            // Of one that rests the engine knows nothing.
            engine.reason(uid).map(PendingReasons::reason).ifPresent(reason -> {
                if (findings.reasons().put(workload, reason, () -> engine.explain(uid), waiting.size())) {
                    var job = byUid.get(uid);
                    kind(job).decided().accept(JobRef.of(job));
                }
            });
        });
    }
}
