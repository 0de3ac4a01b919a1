package dev.capstan.worker.serve.infer;

import dev.capstan.worker.serve.batch.Batcher;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/** The server's meters, each named once. */
public final class Meters {
    private static final Duration[] BUCKETS = {
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
    private final ConcurrentHashMap<Answered, Timer> answered = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Counter> nonFinite = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();

    private record Answered(String model, String protocol, String code) {}

    public Meters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("capstan.serving.requests.in.flight", inFlight, AtomicInteger::get)
                .description("Requests that have begun to come and aren't answered yet.")
                .register(registry);
    }

    /** A request has begun to come. */
    public void came() {
        inFlight.incrementAndGet();
    }

    /** Requests that have begun to come and aren't answered yet. */
    public int inFlight() {
        return inFlight.get();
    }

    /**
     * A request is answered, or its client has gone.
     *
     * @param model which of those that are served; empty where it is about none
     * @param protocol {@code rest} or {@code grpc}
     * @param code status of HTTP, or name of gRPC's
     * @param nanos from its first byte to its answer
     */
    public void answered(String model, String protocol, String code, long nanos) {
        answered.computeIfAbsent(new Answered(model, protocol, code), this::timer)
                .record(nanos, TimeUnit.NANOSECONDS);
        inFlight.decrementAndGet();
    }

    /** Forgets what was answered so far: it was no client's. */
    public void startOver() {
        answered.values().forEach(registry::remove);
        answered.clear();
    }

    private Timer timer(Answered which) {
        return Timer.builder("capstan.serving.request.duration")
                .description("From a request's first byte to its answer.")
                .tag("model", which.model)
                .tag("protocol", which.protocol)
                .tag("code", which.code)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    /** Elements of outputs that were NaN or infinite. */
    void nonFinite(String model, long elements) {
        if (elements > 0) {
            nonFinite
                    .computeIfAbsent(
                            model,
                            name -> Counter.builder("capstan.serving.nonfinite.values")
                                    .description("Elements of outputs that were NaN or infinite.")
                                    .tag("model", name)
                                    .register(registry))
                    .increment(elements);
        }
    }

    /** Meters of what a model computes. */
    Batcher.Meter batches(String model) {
        var size = DistributionSummary.builder("capstan.serving.batch.size")
                .description("Samples that were computed together.")
                .tag("model", model)
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128, 256)
                .register(registry);
        var duration = Timer.builder("capstan.serving.compute.duration")
                .description("How long the model computed for a batch.")
                .tag("model", model)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        return (samples, requests, nanos) -> {
            size.record(samples);
            duration.record(nanos, TimeUnit.NANOSECONDS);
        };
    }

    /** Shows how many requests wait for a model. */
    void queue(String model, IntSupplier waiting) {
        Gauge.builder("capstan.serving.queue.requests", waiting::getAsInt)
                .description("Requests that wait to be computed.")
                .tag("model", model)
                .register(registry);
    }
}
