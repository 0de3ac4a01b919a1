package dev.capstan.operator;

import dev.capstan.controllers.Controllers;
import dev.capstan.controllers.kube.Leadership;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Starts the controllers, while this replica leads. */
@ApplicationScoped
public class Capstan {
    private static final Logger LOG = Logger.getLogger(Capstan.class);

    private final KubernetesClient client;
    private final CapstanConfig config;
    private final MeterRegistry registry;
    private AutoCloseable running = () -> {};

    Capstan(KubernetesClient client, CapstanConfig config, MeterRegistry registry) {
        this.client = client;
        this.config = config;
        this.registry = registry;
    }

    void start(@Observes StartupEvent event) {
        var identity = config.leaderElection().identity().orElseGet(Capstan::host);
        var settings = new Controllers.Settings(
                Controllers.KINDS,
                config.watchNamespaces().orElse(Set.of()),
                workers(),
                config.progress().interval(),
                identity);
        var meters = new Meters(registry);
        if (!config.leaderElection().enabled()) {
            running = Controllers.start(client, settings, meters, Clock.systemUTC(), Capstan::end);
            LOG.info("works without leader election");
            return;
        }
        var leadership = new Leadership(
                client,
                lease(identity),
                fenced -> Controllers.start(fenced, settings, meters, Clock.systemUTC(), Capstan::end));
        running = leadership;
        leadership.start();
    }

    /** A part is dead, and the others would hold the lease and look healthy without it: a fresh process has all. */
    private static void end(Throwable error) {
        LOG.fatal("can't go on, the process ends", error);
        Quarkus.asyncExit(1);
    }

    /** Before Quarkus closes the client: giving up the lease is a last write. */
    void stop(@Observes ShutdownEvent event) throws Exception {
        running.close();
    }

    private Leadership.Lease lease(String identity) {
        var election = config.leaderElection();
        return new Leadership.Lease(
                election.namespace().orElseGet(client::getNamespace),
                election.lease(),
                identity,
                election.leaseDuration(),
                election.renewDeadline(),
                election.retryPeriod());
    }

    private WorkerSettings workers() {
        var worker = config.worker();
        return new WorkerSettings(
                worker.image(),
                worker.priorityClass().orElse(""),
                Map.of(
                        "cpu", Quantity.parse(worker.requests().cpu()),
                        "memory", Quantity.parse(worker.requests().memory())),
                Quantity.parse(worker.scratch()),
                worker.nameServers().orElse(List.of()),
                timeouts(worker.timeouts()),
                config.pods()
                        .namespace()
                        .map(namespace -> pods(namespace, config.pods().labels())),
                config.scrapers()
                        .namespace()
                        .map(namespace -> pods(namespace, config.scrapers().labels())),
                worker.cudaImage());
    }

    private static Timeouts timeouts(CapstanConfig.Timeouts timeouts) {
        return new Timeouts(
                (int) timeouts.silence().toSeconds(),
                (int) timeouts.late().toSeconds(),
                (int) timeouts.storage().toSeconds(),
                (int) timeouts.regroup().toSeconds());
    }

    private static WorkerSettings.Pods pods(String namespace, Optional<Set<String>> labels) {
        return new WorkerSettings.Pods(
                namespace,
                labels.orElse(Set.of()).stream()
                        .map(label -> label.split("=", 2))
                        .collect(Collectors.toMap(label -> label[0], label -> label[1])));
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "operator-" + ProcessHandle.current().pid();
        }
    }
}
