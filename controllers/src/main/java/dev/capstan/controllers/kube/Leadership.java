package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Backoff;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one replica work at a time. A term is everything that works: it is built when leadership is won, and closed when
 * it is lost, after which the replica stands by again. The process goes on: a replica that exits whenever the API
 * server is away for some seconds would be kept from coming back by its own restarts' backoff.
 */
public final class Leadership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
    /** What fails because a right or a kind lacks fails until somebody adds it. */
    private static final Backoff AFTER_FAILURE = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(30));

    private static final Duration CLOSING = Duration.ofSeconds(4);

    /**
     * @param namespace of the lease
     * @param name of the lease
     * @param identity of this replica, such as its pod's name
     * @param duration after which a leader that hasn't renewed the lease is taken to be gone
     * @param renewDeadline after which a leader that couldn't renew the lease stops working; shorter than the duration
     * @param retryPeriod between tries
     */
    public record Lease(
            String namespace,
            String name,
            String identity,
            Duration duration,
            Duration renewDeadline,
            Duration retryPeriod) {}

    private enum Signal {
        WON,
        LOST,
        CLOSE
    }

    private final KubernetesClient client;
    private final Lease lease;
    private final SteadyLock lock;
    private final Function<KubernetesClient, AutoCloseable> term;
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;
    private boolean beginning;

    /**
     * @param term builds and starts what works while this replica leads, with a client that writes only as long as the
     *     lease is held; closing it must be quick
     */
    public Leadership(KubernetesClient client, Lease lease, Function<KubernetesClient, AutoCloseable> term) {
        this.client = client;
        this.lease = lease;
        this.lock = new SteadyLock(lease);
        this.term = term;
        this.thread = Thread.ofPlatform().name("leadership").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Stops working, then gives the lease up, so that the other replica needn't wait for its end. */
    @Override
    public void close() {
        synchronized (signals) {
            closed = true;
            signals.add(Signal.CLOSE);
            if (beginning) {
                // It may be waiting for caches to fill, and only then: what it does when it ends, such as giving up the
                // lease, must not be interrupted.
                thread.interrupt();
            }
        }
        try {
            if (!thread.join(CLOSING)) {
                LOG.warn("leadership didn't end within {} s", CLOSING.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        int failures = 0;
        while (!closed) {
            try {
                elect();
                failures = 0;
            } catch (InterruptedException e) {
                return;
            } catch (Exception e) {
                if (closed) {
                    return;
                }
                var pause = AFTER_FAILURE.after(++failures);
                LOG.error("leadership failed, tries again in {} s: {}", pause.toSeconds(), e.toString(), e);
                rest(pause);
            }
        }
    }

    /** Stands by, leads, and stops leading, once. */
    private void elect() throws Exception {
        signals.removeIf(signal -> signal != Signal.CLOSE);
        var elector = client.leaderElector()
                .withConfig(new LeaderElectionConfigBuilder()
                        .withName(lease.name())
                        .withLock(lock)
                        .withLeaseDuration(lease.duration())
                        .withRenewDeadline(lease.renewDeadline())
                        .withRetryPeriod(lease.retryPeriod())
                        .withReleaseOnCancel(true)
                        .withLeaderCallbacks(new LeaderCallbacks(
                                () -> signals.add(Signal.WON), () -> signals.add(Signal.LOST), leader -> {}))
                        .build())
                .build();
        var election = elector.start();
        try {
            if (signals.take() == Signal.WON) {
                lead();
            }
        } finally {
            election.cancel(true);
        }
    }

    private void lead() throws Exception {
        LOG.info("{} leads", lease.identity());
        try (var fenced = Fence.around(client, lock::held);
                var working = begin(fenced)) {
            signals.take();
            LOG.info("{} stops working: {}", lease.identity(), closed ? "it was told to end" : lock.loss());
        } finally {
            LOG.info("{} no longer works", lease.identity());
        }
    }

    private AutoCloseable begin(KubernetesClient fenced) {
        synchronized (signals) {
            if (closed) {
                return () -> {};
            }
            beginning = true;
        }
        try {
            return term.apply(fenced);
        } finally {
            synchronized (signals) {
                beginning = false;
                // An interrupt has done its work now; that it is over with this replica is among the signals.
                Thread.interrupted();
            }
        }
    }

    private void rest(Duration pause) {
        try {
            if (signals.poll(pause.toMillis(), TimeUnit.MILLISECONDS) == Signal.CLOSE) {
                closed = true;
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }
}
