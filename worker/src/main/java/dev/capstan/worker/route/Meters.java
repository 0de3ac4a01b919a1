package dev.capstan.worker.route;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The router's meters, each named once. */
final class Meters {
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
    };

    private final MeterRegistry registry;
    private final ConcurrentHashMap<Kind, Timer> answered = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Kind, Counter> retried = new ConcurrentHashMap<>();
    private final Timer added;
    private final Timer held;

    private record Kind(String protocol, String what) {}

    Meters(MeterRegistry registry, Replicas replicas, Held waiting, BufferedBytes buffered) {
        this.registry = registry;
        added = Timer.builder("capstan.router.added.duration")
                .description(
                        "What the router adds to a request that was answered: all but its waiting and the replica's time.")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        held = Timer.builder("capstan.router.held.duration")
                .description("How long requests waited that came while no replica was ready.")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        Gauge.builder("capstan.router.held.requests", waiting, Held::count)
                .description("Requests that wait until a replica is ready.")
                .register(registry);
        Gauge.builder("capstan.router.buffered.bytes", buffered, BufferedBytes::taken)
                .description("Bodies of requests that are kept so that they can be sent again.")
                .register(registry);
        Gauge.builder("capstan.router.replicas", replicas, Replicas::count)
                .description("Replicas that the router knows.")
                .register(registry);
        Gauge.builder("capstan.router.replicas.ready", replicas, Replicas::readyCount)
                .description("Replicas that get requests.")
                .register(registry);
    }

    /**
     * A request is answered, or its client has gone.
     *
     * @param code status of HTTP, or name of gRPC's
     */
    void answered(Wire wire, String code, long nanos) {
        answered.computeIfAbsent(
                        new Kind(wire.name(), code),
                        kind -> Timer.builder("capstan.router.request.duration")
                                .description("From a request's first byte to its answer.")
                                .tag("protocol", kind.protocol)
                                .tag("code", kind.what)
                                .serviceLevelObjectives(BUCKETS)
                                .register(registry))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** @param nanos that a request took at the router alone */
    void added(long nanos) {
        added.record(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }

    /** @param nanos that a request has waited */
    void held(long nanos) {
        held.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A request is sent to a replica once more. */
    void retried(Wire wire, String reason) {
        retried.computeIfAbsent(
                        new Kind(wire.name(), reason),
                        kind -> Counter.builder("capstan.router.retries")
                                .description(
                                        "Requests that were sent to a replica once more, by what the one before did.")
                                .tag("protocol", kind.protocol)
                                .tag("reason", kind.what)
                                .register(registry))
                .increment();
    }
}
