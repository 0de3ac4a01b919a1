package dev.capstan.controllers.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** What the operator counts. Each meter has its name here and nowhere else. */
public final class Meters {
    private final MeterRegistry registry;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Timer wait;
    private final Timer schedule;
    private final Counter conflicts;
    private final Counter unknownGrants;
    private final Counter unreachable;

    public Meters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("capstan.queue.gangs", waiting, AtomicInteger::get)
                .description("Gangs that wait for places")
                .strongReference(true)
                .register(registry);
        wait = Timer.builder("capstan.queue.wait")
                .description("Time from a job's creation to the grant of places to its first attempt")
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
    }

    /** So many gangs wait for places now. */
    public void waiting(int gangs) {
        waiting.set(gangs);
    }

    /** A job's first attempt was granted places after this time. */
    public void waited(Duration time) {
        wait.record(time);
    }

    /** A decision about all waiting gangs took this time. */
    public void scheduled(Duration time) {
        schedule.record(time);
    }

    /** A job of a kind made a transition, such as {@code RolledBack}. */
    public void transition(String kind, String reason) {
        Counter.builder("capstan.job.transitions")
                .description(
                        "What happened to jobs: Queued, Admitted, Started, Restarting, RolledBack, Suspended, Resumed, CheckpointRequestDropped, Completed, Failed")
                .tag("kind", kind)
                .tag("transition", reason)
                .register(registry)
                .increment();
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
