package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Engine;
import dev.capstan.controllers.admission.Placed;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.WaitReason;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives places to waiting gangs, for the whole cluster and in one thread: tells the engine what has changed, lets it
 * decide, writes the grants. Runs again whenever a node, a pod, a quota or a job has changed.
 *
 * <p>Nothing is granted before everything has been read: a new leader that knew only half of the pods would give away
 * places that are taken.
 */
public final class AdmissionLoop<R extends HasMetadata> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdmissionLoop.class);
    /** How long the loop sleeps when nothing changes; a wake-up that was lost costs no more than this. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(10);

    private static final Duration NOT_YET = Duration.ofMillis(100);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    /** After this time of writing grants everything is looked at again, so that none is decided on old news. */
    private static final Duration LONGEST_ROUND = Duration.ofSeconds(1);
    /**
     * This part of the heap is for knowing where gangs fit: whoever has more different ones gives the operator more.
     */
    private static final int PART_OF_HEAP = 8;

    /**
     * How admission sees the jobs of a kind.
     *
     * @param waiting the gang of a job that asks for places
     * @param hold the places that a job holds
     */
    public record Admits<R>(Function<R, Optional<Gang>> waiting, Function<R, Optional<ClusterView.Hold>> hold) {
        boolean granted(R job, int attempt) {
            return hold.apply(job).filter(held -> held.attempt() == attempt).isPresent();
        }
    }

    /**
     * What it decides on.
     *
     * @param changes of what the caches read
     * @param book the quotas now
     * @param synced whether everything that there was is among the changes, or was
     */
    public record Sources<R extends HasMetadata>(
            Changes<R> changes, Supplier<QuotaBook> book, BooleanSupplier synced) {}

    /**
     * NodeConstraints it says what it found, the grants aside.
     *
     * @param reasons why gangs wait
     * @param decided is told of each job about which something new was decided
     * @param usages what each quota's jobs use
     */
    public record Findings(PendingReasons reasons, Consumer<ResourceID> decided, QuotaUsages usages) {}

    private final Sources<R> sources;
    private final Changes<R> changes;
    private final Admits<R> admits;
    private final Grants<R> grants;
    private final RefusedGrants refused = new RefusedGrants();
    private final Findings findings;
    private final Meters meters;
    private final Clock clock;
    private final Thread thread;
    private final Engine engine = new Engine(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    private QuotaBook book = QuotaBook.of(List.of(), Map.of());
    private final Map<String, R> byUid = new HashMap<>();
    private final Map<String, Gang> waiting = new LinkedHashMap<>();

    public AdmissionLoop(
            KubernetesClient client,
            Sources<R> sources,
            Admits<R> admits,
            Findings findings,
            Meters meters,
            Clock clock) {
        this.sources = sources;
        this.changes = sources.changes();
        this.admits = admits;
        this.grants = new Grants<>(client, admits::granted, this::refused, meters, clock);
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
            settle();
            refused.over(clock.instant()).forEach(uid -> {
                // What it is told next may have the same reason, and be other words all the same.
                findings.reasons().forget(uid);
                look(uid);
            });
            pass();
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

    private void listen(Changes.Batch<R> batch) {
        batch.objects().forEach(change -> change.accept(engine));
        book = sources.book().get();
        engine.put(book);
        batch.jobs().forEach((uid, job) -> {
            job.ifPresentOrElse(there -> byUid.put(uid, there), () -> byUid.remove(uid));
            look(uid);
            if (job.isEmpty()) {
                refused.forget(uid);
            }
            if (job.isEmpty() && grants.hold(uid).isEmpty()) {
                engine.forget(uid);
            }
        });
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
    private void settle() {
        var before = grants.open();
        if (!before.isEmpty()) {
            try {
                grants.settle(byUid);
            } finally {
                before.forEach(this::look);
            }
        }
    }

    /** Tells the engine what a job waits for and what it holds. */
    private void look(String uid) {
        var job = byUid.get(uid);
        var open = grants.hold(uid);
        var held = open.isPresent() || job == null ? open : admits.hold().apply(job);
        held.ifPresentOrElse(engine::put, () -> engine.removeHold(uid));
        // Of a namespace that hasn't been read yet nobody knows whether it is under a quota.
        boolean mayWait =
                open.isEmpty() && job != null && book.knows(job.getMetadata().getNamespace());
        var gang = mayWait ? admits.waiting().apply(job) : Optional.<Gang>empty();
        if (gang.isPresent()) {
            waiting.put(uid, gang.get());
            if (refused.rests(job)) {
                engine.removeGang(uid);
            } else {
                engine.put(gang.get());
            }
        } else {
            engine.removeGang(uid);
            waiting.remove(uid);
            findings.reasons().forget(uid);
        }
    }

    private void pass() {
        meters.waiting(waiting.size());
        if (waiting.isEmpty()) {
            meters.leftOut(0);
            return;
        }
        long start = System.nanoTime();
        var placed = engine.pass(clock.instant());
        meters.scheduled(Duration.ofNanos(System.nanoTime() - start));
        meters.leftOut(engine.leftOut());
        tell(placed);
        grant(engine.paced(placed, clock.instant()));
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

    private void grant(List<Placed> placed) {
        long end = System.nanoTime() + LONGEST_ROUND.toNanos();
        for (var places : placed) {
            if (System.nanoTime() > end) {
                changes.wake();
                return;
            }
            var gang = places.gang();
            boolean granted = grants.write(byUid.get(gang.job().uid()), places);
            look(gang.job().uid());
            if (granted) {
                refused.forget(gang.job().uid());
            }
            if (granted && gang.attempt() == 1) {
                meters.waited(Duration.between(gang.createdAt(), clock.instant()));
            }
        }
    }

    /** Goes on without a gang whose grant the API server refuses, and tells the job so. */
    private void refused(R job, Gang gang, String words) {
        var rest = refused.put(job, clock.instant());
        LOG.warn(
                "{}: the API server refuses to have its places granted, tries again in {} s: {}",
                ChildWriter.of(job),
                rest.toSeconds(),
                words);
        // It was told of other reasons before, and those hold no longer.
        findings.reasons().forget(gang.job().uid());
        findings.reasons()
                .put(
                        gang,
                        WaitReason.WAITING_FOR_CAPACITY,
                        () -> "places were found, but the API server refuses to have them granted: " + words,
                        waiting.size());
        findings.decided().accept(new ResourceID(gang.job().name(), gang.job().namespace()));
        // Its places are there for others now.
        changes.wake();
    }

    /** Tells all who got nothing why. */
    private void tell(List<Placed> placed) {
        Set<String> lucky =
                placed.stream().map(places -> places.gang().job().uid()).collect(Collectors.toSet());
        waiting.forEach((uid, gang) -> {
            if (lucky.contains(uid)) {
                return;
            }
            // Of one that rests the engine knows nothing.
            engine.refusal(uid).map(PendingReasons::reason).ifPresent(reason -> {
                if (findings.reasons().put(gang, reason, () -> engine.explain(uid), waiting.size())) {
                    findings.decided()
                            .accept(new ResourceID(gang.job().name(), gang.job().namespace()));
                }
            });
        });
    }
}
