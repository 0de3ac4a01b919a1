package dev.capstan.controllers.kube;

import dev.capstan.controllers.gang.ClusterView;
import dev.capstan.controllers.gang.Decision;
import dev.capstan.controllers.gang.Gang;
import dev.capstan.controllers.gang.Queue;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives places to waiting gangs, for the whole cluster and in one thread: looks at everything as it is at one moment,
 * decides, writes the grants. Runs again whenever a node, a pod or a job has changed.
 *
 * <p>Nothing is granted before everything has been read: a new leader that knew only half of the pods would give away
 * places that are taken.
 */
public final class AdmissionLoop<R extends HasMetadata> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdmissionLoop.class);
    /** How long the loop sleeps when nothing changes; a wake-up that was lost costs no more than this. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(10);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

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

    private final ClusterCache cluster;
    private final JobCache<R> jobs;
    private final Admits<R> admits;
    private final Grants<R> grants;
    private final Verdicts verdicts;
    private final Consumer<ResourceID> decided;
    private final Meters meters;
    private final Clock clock;
    private final Semaphore wakes = new Semaphore(0);
    private final Thread thread;

    /** @param decided is told of each job about which something new was decided */
    public AdmissionLoop(
            KubernetesClient client,
            ClusterCache cluster,
            JobCache<R> jobs,
            Admits<R> admits,
            Verdicts verdicts,
            Consumer<ResourceID> decided,
            Meters meters,
            Clock clock) {
        this.cluster = cluster;
        this.jobs = jobs;
        this.admits = admits;
        this.grants = new Grants<>(client, admits::granted, meters, clock);
        this.verdicts = verdicts;
        this.decided = decided;
        this.meters = meters;
        this.clock = clock;
        this.thread = Thread.ofPlatform().name("admission").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Something has changed. */
    public void wake() {
        wakes.release();
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
        var sleep = LONGEST_SLEEP;
        try {
            while (true) {
                wakes.tryAcquire(sleep.toMillis(), TimeUnit.MILLISECONDS);
                // Changes come in bursts, such as the pods of a gang; one look at the end of it is enough.
                Thread.sleep(SHORTEST_PAUSE);
                wakes.drainPermits();
                try {
                    pass();
                    sleep = grants.anyUnknown() ? AFTER_FAILURE : LONGEST_SLEEP;
                } catch (RuntimeException e) {
                    if (Thread.currentThread().isInterrupted()) {
                        return;
                    }
                    LOG.warn("admission failed, tries again in {} s: {}", AFTER_FAILURE.toSeconds(), e.toString());
                    sleep = AFTER_FAILURE;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass() {
        if (!cluster.synced() || !jobs.synced()) {
            return;
        }
        Map<String, R> byUid = new LinkedHashMap<>();
        jobs.list().forEach(job -> byUid.put(job.getMetadata().getUid(), job));
        grants.settle(byUid);
        var waiting = byUid.values().stream()
                .filter(job -> !grants.isOpen(job.getMetadata().getUid()))
                .flatMap(job -> admits.waiting().apply(job).stream())
                .toList();
        meters.waiting(waiting.size());
        verdicts.retain(uids(waiting));
        if (waiting.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        var decisions = Queue.schedule(cluster.view(holds(byUid)), waiting);
        meters.scheduled(Duration.ofNanos(System.nanoTime() - start));
        for (var decision : decisions) {
            carryOut(decision, byUid);
        }
    }

    private void carryOut(Decision decision, Map<String, R> byUid) {
        var gang = decision.gang();
        switch (decision) {
            case Decision.Placed placed -> {
                if (grants.write(byUid.get(gang.job().uid()), placed) && gang.attempt() == 1) {
                    meters.waited(Duration.between(gang.createdAt(), clock.instant()));
                }
            }
            case Decision.NotNow(var same, var message) -> tell(gang, new Wait(Reasons.WAITING_FOR_CAPACITY, message));
            case Decision.NeverFits(var same, var message) -> tell(gang, new Wait(Reasons.DOES_NOT_FIT, message));
        }
    }

    private void tell(Gang gang, Wait wait) {
        if (verdicts.put(gang, wait)) {
            decided.accept(new ResourceID(gang.job().name(), gang.job().namespace()));
        }
    }

    private List<ClusterView.Hold> holds(Map<String, R> byUid) {
        var holds = new ArrayList<>(grants.holds());
        byUid.values().stream()
                .filter(job -> !grants.isOpen(job.getMetadata().getUid()))
                .flatMap(job -> admits.hold().apply(job).stream())
                .forEach(holds::add);
        return holds;
    }

    private static Set<String> uids(List<Gang> gangs) {
        return gangs.stream().map(gang -> gang.job().uid()).collect(Collectors.toSet());
    }
}
