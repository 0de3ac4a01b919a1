package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells routers who their service's replicas are, again until they know. Off the reconcile threads: each router has a
 * virtual thread of its own, so that one that can't be reached delays no other.
 */
public final class EndpointWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointWriter.class);
    private static final int TAKEN = 200;
    private static final int LATER = 409;
    private static final int UNAUTHORIZED = 401;
    /** A service has one key for as long as it lives. */
    private static final int ATTEMPT = 1;

    private final WorkerHttp routers;
    private final Duration retry;
    private final Duration again;
    private final Map<String, Service> services = new ConcurrentHashMap<>();
    private volatile Predicate<String> there = uid -> true;

    /**
     * @param routers at their port for management
     * @param retry after which a router that couldn't be told is told again, at first; up to {@code again}
     * @param again how often one that knows is told again: after a restart of its container it knows nothing, and
     *     nobody else says so
     */
    public EndpointWriter(WorkerHttp routers, Duration retry, Duration again) {
        this.routers = routers;
        this.retry = retry;
        this.again = again;
    }

    /**
     * Of which services, by UID, routers may be told at all: those that are there. A pass that is under way when a
     * service goes would have them told for ever; whoever says that it is gone calls {@link #forget} then.
     */
    public void tellOnly(Predicate<String> those) {
        there = those;
    }

    /**
     * Tells the routers of a service, in place of whatever they were told before.
     *
     * @param secret name of the secret with the token that routers mount
     * @param podIps of all routers that run; others are told no more
     * @param endpoints with a version that grows with each change of the rest
     */
    void tell(HasMetadata service, String secret, List<String> podIps, Endpoints endpoints) {
        var uid = service.getMetadata().getUid();
        services.compute(uid, (key, current) -> {
            if (!there.test(uid)) {
                return current;
            }
            var told = current == null ? new Service(JobRef.of(service), uid, secret) : current;
            told.tell(podIps, endpoints);
            return told;
        });
    }

    /** Whether all routers that are to be told of a service's endpoints know this very version, or a later one. */
    boolean known(String uid, long version) {
        var service = services.get(uid);
        return service != null && service.known(version);
    }

    /** Tells nobody of a service any more. */
    void forget(String uid) {
        var service = services.remove(uid);
        if (service != null) {
            service.tell(List.of(), null);
        }
    }

    @Override
    public void close() {
        services.keySet().forEach(this::forget);
    }

    private final class Service {
        private final JobRef ref;
        private final String uid;
        private final String secret;
        private final Map<String, Router> told = new HashMap<>();
        /**
         * What is added to every version. The operator before, or one whose clock is ahead, may have told routers a
         * later one; the one that leads now has the last word.
         */
        private final AtomicLong raised = new AtomicLong();

        private volatile Endpoints endpoints;

        Service(JobRef ref, String uid, String secret) {
            this.ref = ref;
            this.uid = uid;
            this.secret = secret;
        }

        synchronized void tell(List<String> podIps, Endpoints latest) {
            boolean changed = latest != null && !latest.equals(endpoints);
            endpoints = latest;
            told.entrySet().removeIf(each -> {
                if (podIps.contains(each.getKey())) {
                    return false;
                }
                each.getValue().thread.interrupt();
                return true;
            });
            for (var podIp : podIps) {
                var router = told.get(podIp);
                if (router == null) {
                    // What it begins with are these endpoints.
                    told.put(podIp, new Router(this, podIp));
                } else if (changed) {
                    router.news();
                }
            }
        }

        synchronized boolean known(long version) {
            return told.values().stream().allMatch(router -> router.known >= version);
        }
    }

    private final class Router {
        private final Service service;
        private final Plan.Follow target;
        private final Thread thread;
        private boolean news;
        private volatile long known = Long.MIN_VALUE;
        private String bearer;

        Router(Service service, String podIp) {
            this.service = service;
            target = new Plan.Follow(ATTEMPT, podIp, service.secret, JobFile.VERSION);
            thread = Thread.ofVirtual().name("endpoints " + podIp).start(this::run);
        }

        synchronized void news() {
            news = true;
            notifyAll();
        }

        /** Waits for news, at most so long. */
        private synchronized void await(Duration longest) throws InterruptedException {
            long deadline = System.nanoTime() + longest.toNanos();
            long left;
            while (!news && (left = (deadline - System.nanoTime()) / 1_000_000) > 0) {
                wait(left);
            }
            news = false;
        }

        private void run() {
            var pause = retry;
            try {
                while (true) {
                    var endpoints = service.endpoints;
                    if (endpoints != null && tell(endpoints)) {
                        pause = retry;
                        await(again);
                    } else {
                        await(pause);
                        pause = pause.multipliedBy(2).compareTo(again) < 0 ? pause.multipliedBy(2) : again;
                    }
                }
            } catch (InterruptedException e) {
                // It isn't one of the routers any more.
                Thread.currentThread().interrupt();
            }
        }

        private boolean tell(Endpoints endpoints) throws InterruptedException {
            long version = endpoints.version() + service.raised.get();
            try {
                if (bearer == null) {
                    bearer = routers.bearer(service.ref.namespace(), service.uid, target);
                }
                var latest = new Endpoints(version, endpoints.replicas(), endpoints.waiting());
                var answer = routers.put(target, bearer, Contract.ENDPOINTS_PATH, Json.write(latest));
                switch (answer.statusCode()) {
                    case TAKEN -> {
                        known = endpoints.version();
                        return true;
                    }
                    case LATER -> {
                        long later =
                                Json.read(answer.body(), Endpoints.Known.class).version();
                        LOG.info(
                                "{}: router {} knows version {}, later than {}",
                                service.ref,
                                target.podIp(),
                                later,
                                version);
                        service.raised.accumulateAndGet(later + 1 - endpoints.version(), Math::max);
                    }
                    case UNAUTHORIZED -> bearer = null;
                    default ->
                        LOG.warn(
                                "{}: router {} doesn't take its replicas: {} {}",
                                service.ref,
                                target.podIp(),
                                answer.statusCode(),
                                answer.body());
                }
            } catch (IOException | RuntimeException e) {
                LOG.debug("{}: router {} can't be told: {}", service.ref, target.podIp(), e.toString());
            }
            return false;
        }
    }
}
