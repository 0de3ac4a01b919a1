package dev.capstan.worker.route;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.protocol.ServiceFile.Limits;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.http.Certificates;
import dev.capstan.worker.serve.http.Guard;
import dev.capstan.worker.serve.management.ManagementServer;
import dev.capstan.worker.serve.management.ManagementServer.Route;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.net.KeyCertOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A router of one service: see the package. */
public final class Router implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    /** Retries that may come at once are at least this many: as a replica that is lost has requests. */
    private static final int RETRIES = 100;

    private final Tuning tuning;
    private final Ports replicaPorts;
    private final Limits limits;
    private final Guard guard;
    private final Optional<Certificates> certificates;
    private final BufferedBytes buffered;
    private final Held held;
    private final RetryBudget budget;
    private final Replicas replicas = new Replicas(new Changes());
    private final AtomicInteger inFlight = new AtomicInteger();
    private final List<Loop> loops = new CopyOnWriteArrayList<>();
    private final Meters meters;
    private final ManagementServer management;
    private final Vertx vertx;
    private final Prober prober;
    private final Thread renewing;
    private final Ports listen;
    private final Ports listening;
    private final NameLookup lookup;
    private volatile boolean draining;

    private Router(ServiceFile file, Supplier<String> bearer, Ports listen, Ports replicaPorts, Tuning tuning) {
        this.listen = listen;
        this.tuning = tuning;
        this.replicaPorts = replicaPorts;
        limits = file.limits();
        guard = new Guard(file.access().token());
        buffered = new BufferedBytes(tuning.bufferedBytes());
        held = new Held(limits.queue());
        budget = new RetryBudget(Math.max(RETRIES, limits.queue()), System::nanoTime);
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        meters = new Meters(registry, replicas, held, buffered);
        // One loop beside those for requests, so that probes are answered however busy these are.
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(tuning.loops() + 1)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
        certificates = Optional.ofNullable(file.access().tls()).map(folder -> new Certificates(vertx, folder));
        prober = new Prober(vertx, vertx.getOrCreateContext(), replicas, tuning, replicaPorts.management());
        done(
                vertx.deployVerticle(this::loop, new DeploymentOptions().setInstances(tuning.loops())),
                "one of the ports " + listen.rest() + " and " + listen.grpc());
        management = ManagementServer.start(
                vertx,
                listen.management(),
                bearer,
                registry,
                () -> null,
                this::notReady,
                List.of(new Route(Contract.ENDPOINTS_PATH, true, new EndpointsHandler(replicas))));
        var first = loops.getFirst().listens();
        listening = new Ports(first.rest(), first.grpc(), management.port());
        lookup = new NameLookup(host(file.replicas()), replicas, tuning);
        renewing = Thread.ofVirtual().name("renewing").start(this::renew);
        LOG.info("listening on {}", listening);
    }

    /**
     * Listens until it is closed.
     *
     * @param bearer that the operator sends
     * @param listen where; 0 for any free port
     * @param replicaPorts where replicas do
     * @throws Failure WorkerError if a port is taken; InvalidJob if token or certificate can't be read
     */
    public static Router start(ServiceFile file, Supplier<String> bearer, Ports listen, Ports replicaPorts) {
        return start(
                file,
                bearer,
                listen,
                replicaPorts,
                Tuning.ofThisProcess(file.limits().maxRequestBytes()));
    }

    static Router start(ServiceFile file, Supplier<String> bearer, Ports listen, Ports replicaPorts, Tuning tuning) {
        return new Router(file, bearer, listen, replicaPorts, tuning);
    }

    private Loop loop() {
        var loop = new Loop(this, listen);
        loops.add(loop);
        return loop;
    }

    private static <T> T done(Future<T> future, String what) {
        try {
            return future.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw new Failure(Reason.WorkerError, what + " can't be listened on: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.Terminated, "interrupted while starting", e);
        }
    }

    private static String host(String replicas) {
        int colon = replicas.lastIndexOf(':');
        return colon < 0 ? replicas : replicas.substring(0, colon);
    }

    private final class Changes implements Replicas.Listener {
        @Override
        public void joined(Replica replica) {
            prober.follow(replica);
        }

        @Override
        public void doubted(Replica replica) {
            prober.doubt(replica);
        }

        @Override
        public void ready(Replica replica) {
            onEachLoop(Loop::release);
        }

        @Override
        public void left(Replica replica) {
            if (replica.retired()) {
                prober.forget(replica);
            }
            onEachLoop(loop -> loop.upstreams().leave(replica));
        }
    }

    private void onEachLoop(Consumer<Loop> step) {
        loops.forEach(loop -> loop.context().runOnContext(now -> step.accept(loop)));
    }

    private void renew() {
        try {
            while (true) {
                Thread.sleep(tuning.renewal());
                guard.renew();
                certificates.ifPresent(Router::renew);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void renew(Certificates certificates) {
        try {
            if (certificates.renew()) {
                LOG.info("the certificate of access.tls has changed");
            }
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("the new certificate of access.tls can't be used, the one before counts on: {}", e.toString());
        }
    }

    /**
     * Isn't ready from now on, but answers; then, when nobody should send anything any more, waits until all that came
     * is answered.
     *
     * @param patience how long that may take at most
     * @return requests that aren't answered then
     */
    public int drain(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        draining = true;
        onEachLoop(Loop::sayGoodbye);
        try {
            // Those who choose hear of it by and by that this one isn't ready.
            long linger = Math.min(tuning.linger().toMillis(), patience.toMillis());
            Thread.sleep(linger);
            onEachLoop(Loop::sayGoodbye);
            while (inFlight.get() > 0 && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return inFlight.get();
    }

    @Override
    public void close() {
        lookup.close();
        renewing.interrupt();
        prober.close();
        done(vertx.close(), "the end");
    }

    /** Where it listens. */
    public Ports ports() {
        return listening;
    }

    /** Why clients shouldn't be sent here; null if they should. Without replicas it is ready: it holds requests. */
    String notReady() {
        return draining ? "draining" : replicas.known() ? null : "it isn't known yet who the replicas are";
    }

    boolean draining() {
        return draining;
    }

    Optional<KeyCertOptions> tls() {
        return certificates.map(Certificates::options);
    }

    List<Loop> loops() {
        return loops;
    }

    AtomicInteger inFlight() {
        return inFlight;
    }

    Tuning tuning() {
        return tuning;
    }

    Ports replicaPorts() {
        return replicaPorts;
    }

    Limits limits() {
        return limits;
    }

    Guard guard() {
        return guard;
    }

    BufferedBytes buffered() {
        return buffered;
    }

    Held held() {
        return held;
    }

    RetryBudget budget() {
        return budget;
    }

    Replicas replicas() {
        return replicas;
    }

    Meters meters() {
        return meters;
    }
}
