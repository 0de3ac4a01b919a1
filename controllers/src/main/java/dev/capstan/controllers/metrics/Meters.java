package dev.capstan.controllers.metrics;

import dev.capstan.controllers.admission.cluster.DeviceUse;
import dev.capstan.controllers.admission.cluster.Unit;
import dev.capstan.controllers.admission.quota.Usage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** What the operator counts. Each meter has its name here and nowhere else. */
public final class Meters {
    private final MeterRegistry registry;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger checks = new AtomicInteger();
    private final AtomicInteger leftOut = new AtomicInteger();
    private final AtomicLong engine = new AtomicLong();
    private final Timer wait;
    private final Timer schedule;
    private final Counter conflicts;
    private final Counter unknownGrants;
    private final Counter unreachable;
    private final MultiGauge quotaNominal;
    private final MultiGauge quotaUsed;
    private final MultiGauge quotaBorrowed;
    private final MultiGauge quotaPending;
    private final MultiGauge devices;
    private final MultiGauge devicesFree;
    private final MultiGauge fragmentation;
    /** By UID. */
    private final Map<String, Service> services = new ConcurrentHashMap<>();

    public Meters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("capstan.queue.gangs", waiting, AtomicInteger::get)
                .description("Gangs that wait for places")
                .strongReference(true)
                .register(registry);
        Gauge.builder("capstan.queue.checks", checks, AtomicInteger::get)
                .description("Data checks that wait for a place; they ask for no devices")
                .strongReference(true)
                .register(registry);
        Gauge.builder("capstan.queue.left.out", leftOut, AtomicInteger::get)
                .description(
                        "Of both, those that the last decision left out for want of memory: room is looked for in turns")
                .strongReference(true)
                .register(registry);
        Gauge.builder("capstan.engine.memory", engine, AtomicLong::get)
                .description("Memory that the admission engine takes at most, by what it knows of")
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        wait = Timer.builder("capstan.queue.wait")
                .description("Time from a job's creation to the grant of places to its workers' first attempt")
                .register(registry);
        schedule = Timer.builder("capstan.schedule")
                .description("Time of one decision about all waiting gangs")
                .register(registry);
        conflicts = Counter.builder("capstan.conflicts")
                .description("Writes that were decided on an outdated object and made anew")
                .register(registry);
        unknownGrants = Counter.builder("capstan.grants.unknown")
                .description("Grants of which nobody knew at first whether the API server wrote them")
                .register(registry);
        unreachable = Counter.builder("capstan.progress.unreachable")
                .description("Questions for progress that no worker answered in time")
                .register(registry);
        serviceGauges();
        quotaNominal = gauges("capstan.quota.nominal", "What is a quota's own, by flavor and resource");
        quotaUsed = gauges("capstan.quota.used", "What a quota's namespaces use, by flavor and resource");
        quotaBorrowed = gauges("capstan.quota.borrowed", "Of that, what is beyond the quota's own");
        quotaPending = gauges("capstan.quota.pending", "Jobs that wait for places under a quota");
        devices = gauges("capstan.devices", "Devices of the nodes that can be used now, by resource");
        devicesFree = gauges("capstan.devices.free", "Of those, devices that no pod and no grant holds");
        fragmentation = gauges(
                "capstan.devices.fragmentation",
                "Of the free devices, the share on nodes whose other devices are in use: 0 if every free one is on an empty node");
    }

    private record Service(String standing, int wanted, int ready) {}

    /**
     * A service as it was seen last.
     *
     * @param uid its UID
     * @param standing the condition that says how it is: Ready, Reconciling or Stalled
     * @param wanted replicas that its spec wants
     * @param ready replicas that answer
     */
    public void service(String uid, String standing, int wanted, int ready) {
        services.put(uid, new Service(standing, wanted, ready));
    }

    /** The service of a UID is gone. */
    public void serviceGone(String uid) {
        services.remove(uid);
    }

    private void serviceGauges() {
        for (var standing : List.of("Ready", "Reconciling", "Stalled")) {
            Gauge.builder(
                            "capstan.services",
                            services,
                            all -> all.values().stream()
                                    .filter(service -> service.standing().equals(standing))
                                    .count())
                    .description(
                            "InferenceServices by how they are: as their spec wants them, under way, or in need of help")
                    .tag("standing", standing)
                    .strongReference(true)
                    .register(registry);
        }
        Gauge.builder(
                        "capstan.services.replicas.wanted",
                        services,
                        all -> all.values().stream().mapToInt(Service::wanted).sum())
                .description("Replicas that the specs of all InferenceServices want")
                .strongReference(true)
                .register(registry);
        Gauge.builder(
                        "capstan.services.replicas.ready",
                        services,
                        all -> all.values().stream().mapToInt(Service::ready).sum())
                .description("Replicas of all InferenceServices that answer")
                .strongReference(true)
                .register(registry);
    }

    private MultiGauge gauges(String name, String description) {
        return MultiGauge.builder(name).description(description).register(registry);
    }

    /** What each quota's jobs use now. */
    public void quotas(List<Usage> usages) {
        quotaPending.register(rows(usages, usage -> Row.of(Tags.of("quota", usage.quota()), usage.pending())), true);
        quotaNominal.register(uses(usages, Usage.Of::nominal), true);
        quotaUsed.register(uses(usages, Usage.Of::used), true);
        quotaBorrowed.register(uses(usages, Usage.Of::borrowed), true);
    }

    private static List<Row<?>> uses(List<Usage> usages, ToLongFunction<Usage.Of> amount) {
        return usages.stream()
                .<Row<?>>flatMap(usage -> usage.uses().stream()
                        .map(use -> Row.of(
                                Tags.of("quota", usage.quota(), "flavor", use.flavor(), "resource", use.resource()),
                                amount.applyAsLong(use)
                                        / (double) Unit.of(use.resource()).perOne())))
                .toList();
    }

    /** How the cluster's devices are used now. */
    public void devices(List<DeviceUse> uses) {
        devices.register(rows(uses, use -> Row.of(resource(use), use.offered() / 1000.0)), true);
        devicesFree.register(rows(uses, use -> Row.of(resource(use), use.free() / 1000.0)), true);
        fragmentation.register(
                rows(
                        uses,
                        use -> Row.of(
                                resource(use), use.free() == 0 ? 0 : 1 - use.freeOnEmptyNodes() / (double) use.free())),
                true);
    }

    private static Tags resource(DeviceUse use) {
        return Tags.of("resource", use.resource());
    }

    private static <T> List<Row<?>> rows(List<T> things, Function<T, Row<?>> row) {
        return things.stream().<Row<?>>map(row).toList();
    }

    /** So many gangs wait for places now, and so many data checks. */
    public void waiting(int gangs, int dataChecks) {
        waiting.set(gangs);
        checks.set(dataChecks);
    }

    /** So many of both were left out of the last decision for want of memory. */
    public void leftOut(int workloads) {
        leftOut.set(workloads);
    }

    /** The engine takes so many bytes at most. */
    public void engine(long mostBytes) {
        engine.set(mostBytes);
    }

    /** The first attempt of a job's workers was granted places after this time. */
    public void waited(Duration time) {
        wait.record(time);
    }

    /** A decision about all waiting gangs took this time. */
    public void scheduled(Duration time) {
        schedule.record(time);
    }

    /** A job or service of a kind made a transition, such as {@code RolledBack}. */
    public void transition(String kind, String reason) {
        Counter.builder("capstan.job.transitions")
                .description(
                        "What happened to jobs: Queued, Admitted, Started, WorkerLost, WorkerReplaced, Recovered, Restarting, RolledBack, Suspended, Resumed, Drained, CheckpointRequestDropped, CheckpointFailed, CheckpointBroken, Straggler, Completed, Failed; and to services: Admitted, RevisionCreated, RolledOut, RolloutStopped")
                .tag("kind", kind)
                .tag("transition", reason)
                .register(registry)
                .increment();
    }

    /** A worker of a job of a kind was lost while the others kept their state. */
    public void workerLost(String kind, String cause) {
        Counter.builder("capstan.workers.lost")
                .description(
                        "Workers that were lost while the others kept their state, by what took them away as it seemed then: Deleted, Evicted, Killed, NodeLost, Unreachable (missed by its peers before anybody told why; the job's status.recovery.restartsByCause has it right as soon as that is told)")
                .tag("kind", kind)
                .tag("cause", cause)
                .register(registry)
                .increment();
    }

    /** The workers of a job of a kind are at work again, so long after one was lost. */
    public void recovered(String kind, Duration took) {
        Timer.builder("capstan.recovery")
                .description(
                        "Time from the loss of a worker until all are at work again, where the others kept their state")
                .tag("kind", kind)
                .register(registry)
                .record(took);
    }

    /** A job of a kind has gone on from a checkpoint, and so many steps that were made after it are lost. */
    public void stepsLost(String kind, long steps) {
        Counter.builder("capstan.steps.lost")
                .description("Steps that were made and lost, because an attempt went on from a checkpoint before them")
                .tag("kind", kind)
                .register(registry)
                .increment(steps);
    }

    /** A job of a kind has ended, of whose time this share has led to its result. */
    public void goodput(String kind, double ratio) {
        DistributionSummary.builder("capstan.goodput")
                .description("Of jobs that ended: share of the time since places were granted that was of use")
                .tag("kind", kind)
                .register(registry)
                .record(ratio);
    }

    public void conflict() {
        conflicts.increment();
    }

    public void unknownGrant() {
        unknownGrants.increment();
    }

    public void unreachable() {
        unreachable.increment();
    }
}
