package dev.capstan.worker.serve.replica;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.serve.ModelSource;
import dev.capstan.worker.serve.grpc.GrpcHandler;
import dev.capstan.worker.serve.http.Budget;
import dev.capstan.worker.serve.http.Guard;
import dev.capstan.worker.serve.http.Listener;
import dev.capstan.worker.serve.http.Site;
import dev.capstan.worker.serve.http.Traffic;
import dev.capstan.worker.serve.infer.Identity;
import dev.capstan.worker.serve.infer.Inference;
import dev.capstan.worker.serve.infer.Meters;
import dev.capstan.worker.serve.infer.Models;
import dev.capstan.worker.serve.management.ManagementServer;
import dev.capstan.worker.serve.management.ManagementServer.Route;
import dev.capstan.worker.serve.rest.RestHandler;
import dev.capstan.worker.serve.rest.Trial;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A replica of a service: its ports, its models, its life. */
public final class Replica {
    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    /** Event loops of the protocol: what computes needs processors too. */
    private static final int LOOPS = Math.clamp(PROCESSORS / 2, 1, 8);

    private static final long RENEWAL_MILLIS = 10_000;
    private static final long LOOK_MILLIS = 20;
    private static final int LOOKS = 200;

    private final Vertx vertx;
    private final Life life;
    private final Meters meters;
    private final Models models;
    private final Traffic traffic = new Traffic();
    private final Guard guard;
    private final ExecutorService heavy;
    private final ManagementServer management;
    private final List<Listener> listeners;

    /**
     * Ports; 0 for any free one.
     *
     * @param rest of the protocol
     * @param grpc of the protocol
     * @param management for probes, metrics and the operator
     */
    public record Ports(int rest, int grpc, int management) {
        /** Those that the operator knows. */
        public static final Ports CONTRACT =
                new Ports(Contract.REST_PORT, Contract.GRPC_PORT, Contract.MANAGEMENT_PORT);
    }

    private Replica(
            ServiceFile file,
            ModelSource source,
            Life life,
            Ports ports,
            Supplier<String> bearer,
            String version,
            List<Route> routes) {
        this.life = life;
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        meters = new Meters(registry);
        models = new Models(file, source, meters);
        // Loads beside all that follows.
        life.begin(models, file.models());
        vertx = Vertx.vertx(new VertxOptions()
                // Each port has its own, so that probes are answered however busy those for requests are.
                .setEventLoopPoolSize(2 * LOOPS + 1)
                .setPreferNativeTransport(false)
                // Nothing is unpacked from the class path: the image's root can only be read.
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        var all = new ArrayList<>(routes);
        all.add(new Route(
                Contract.SERVING_PATH,
                true,
                request -> ManagementServer.reply(request, 200, "application/json", Json.write(life.serving()))));
        management =
                ManagementServer.start(vertx, ports.management(), bearer, registry, models::stuck, life::waiting, all);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        guard = new Guard(file.access().token());
        heavy = Executors.newFixedThreadPool(
                PROCESSORS,
                Thread.ofPlatform().daemon().name("capstan-files-", 0).factory());
        var site = new Site(
                vertx,
                new Identity(version, file.access().repository()),
                file.limits(),
                Budget.of(file.limits().maxRequestBytes()),
                guard,
                traffic,
                meters,
                models,
                new Inference(meters, heavy),
                () -> life.waiting() == null && models.ready());
        listeners = List.of(
                Listener.start(vertx, ports.rest(), LOOPS, file, traffic, new RestHandler(site)),
                Listener.start(vertx, ports.grpc(), LOOPS, file, traffic, new GrpcHandler(site)));
        life.open(() -> tryOut(file.access().tls() != null));
        vertx.setPeriodic(
                RENEWAL_MILLIS,
                now -> vertx.executeBlocking(() -> {
                    renew();
                    return null;
                }));
    }

    private void tryOut(boolean tls) {
        for (var each : models.loaded()) {
            try {
                new Trial(each, ports().rest(), guard.authorization()).run(tls);
            } catch (IOException | GeneralSecurityException e) {
                LOG.warn("model {} couldn't be tried out: {}", each.model().name(), e.toString());
            }
        }
        // The last answer is counted when it has been sent.
        for (int look = 0; meters.inFlight() > 0 && look < LOOKS; look++) {
            pause(Duration.ofMillis(1));
        }
        meters.startOver();
    }

    /**
     * Starts: the management port answers when this returns, the model when {@link Life#serving} says so.
     *
     * @param source of the models
     * @param life of this replica
     * @param bearer of the operator
     * @param version of the worker
     * @param routes what else the management port answers
     * @throws dev.capstan.worker.outcome.Failure if a port is taken, or certificate or token aren't right
     */
    public static Replica start(
            ServiceFile file,
            ModelSource source,
            Life life,
            Ports ports,
            Supplier<String> bearer,
            String version,
            List<Route> routes) {
        return new Replica(file, source, life, ports, bearer, version, routes);
    }

    /** The ports on which it answers. */
    public Ports ports() {
        return new Ports(listeners.get(0).port(), listeners.get(1).port(), management.port());
    }

    /** Takes token and certificate anew, if they have changed. */
    void renew() {
        guard.renew();
        listeners.forEach(Listener::renew);
    }

    /**
     * Isn't ready any more at once and asks clients to leave, but goes on answering for a while, since they hear of it
     * late; then it waits until all that has come is answered.
     *
     * @param notice for how long it answers as before
     * @param patience how long all of it may take
     * @return requests that weren't answered within that
     */
    public int drain(Duration notice, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        life.drain();
        traffic.sayGoodbye();
        pause(notice);
        // To those who have come meanwhile.
        traffic.sayGoodbye();
        // Two looks: one that comes at this very moment has been seen by the second.
        for (int calm = 0; calm < 5 && System.nanoTime() < end; calm = meters.inFlight() == 0 ? calm + 1 : 0) {
            pause(Duration.ofMillis(LOOK_MILLIS));
        }
        return meters.inFlight();
    }

    private static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it at once. */
    public void close() {
        life.end();
        models.close();
        heavy.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
