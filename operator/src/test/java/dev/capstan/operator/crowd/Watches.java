package dev.capstan.operator.crowd;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Placement;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Watches all nodes, all pods of jobs, and all jobs, without a gap: a watch that had one says so instead of going on
 * from a new list.
 */
final class Watches implements AutoCloseable {
    private final List<Event> events = new ArrayList<>();
    private final List<Watch> open = new ArrayList<>();
    private final long start = System.nanoTime();
    private final Set<String> complete = new HashSet<>();
    private Consumer<Event> listener = event -> {};
    private Optional<String> gap = Optional.empty();

    /** Starts to watch, before anything is applied. */
    Watches(KubernetesClient client) {
        open.add(client.resources(TrainingJob.class).inAnyNamespace().watch(all(), watcher(Watches::job)));
        open.add(client.nodes().watch(all(), watcher(Watches::node)));
        open.add(client.pods().inAnyNamespace().withLabel("capstan.dev/rank").watch(all(), watcher(Watches::pod)));
    }

    /** For one watch alone: it writes its selector into them, and reads them again whenever it has to reconnect. */
    private static ListOptions all() {
        return new ListOptionsBuilder()
                .withResourceVersion("0")
                .withAllowWatchBookmarks(true)
                .build();
    }

    /**
     * All that was seen so far.
     *
     * @throws IllegalStateException when a watch had a gap
     */
    synchronized List<Event> events() {
        requireNoGap();
        return seen();
    }

    private void requireNoGap() {
        gap.ifPresent(why -> {
            throw new IllegalStateException("a watch had a gap, so nothing can be said: " + why);
        });
    }

    /** The same, also after a gap. */
    synchronized List<Event> seen() {
        return List.copyOf(events);
    }

    /**
     * The jobs that have been complete, by UID.
     *
     * @throws IllegalStateException when a watch had a gap
     */
    synchronized Set<String> complete() {
        requireNoGap();
        return Set.copyOf(complete);
    }

    /** Tells of each event from now on, one after the other. */
    synchronized void tell(Consumer<Event> newListener) {
        listener = newListener;
    }

    @Override
    public void close() {
        open.forEach(Watch::close);
    }

    private <T extends HasMetadata> Watcher<T> watcher(Function<T, Event.Thing> thing) {
        return new Watcher<>() {
            @Override
            public void eventReceived(Action action, T object) {
                switch (action) {
                    case ADDED, MODIFIED -> seen(object, false);
                    case DELETED -> seen(object, true);
                    case BOOKMARK -> {}
                    case ERROR -> gap(action + " " + object);
                }
            }

            private void seen(T object, boolean gone) {
                long revision = Long.parseLong(object.getMetadata().getResourceVersion());
                long millis = (System.nanoTime() - start) / 1_000_000;
                var event = new Event(revision, millis, gone, thing.apply(object));
                synchronized (Watches.this) {
                    events.add(event);
                    if (event.thing() instanceof Event.Job job && job.complete()) {
                        complete.add(job.uid());
                    }
                    listener.accept(event);
                }
            }

            @Override
            public void onClose(WatcherException cause) {
                gap(String.valueOf(cause));
            }
        };
    }

    private synchronized void gap(String why) {
        gap = Optional.of(why);
    }

    private static Event.Thing job(TrainingJob job) {
        var status = job.getStatus();
        var admission = status == null ? null : status.getAdmission();
        return new Event.Job(
                job.getMetadata().getUid(),
                job.getMetadata().getNamespace(),
                job.getMetadata().getName(),
                job.getSpec().getWorkers().getReplicas(),
                admission == null ? 0 : admission.getAttempt(),
                admission == null
                        ? Map.of()
                        : admission.getPlacements().stream()
                                .collect(Collectors.toMap(Placement::getRank, Placement::getNode)),
                holds(job, Conditions.COMPLETE),
                holds(job, Conditions.FAILED));
    }

    /** Whether a condition of the job is true. */
    static boolean holds(TrainingJob job, String type) {
        return job.getStatus() != null
                && job.getStatus().getConditions() != null
                && job.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                condition.getType().equals(type) && Conditions.TRUE.equals(condition.getStatus()));
    }

    private static Event.Thing node(Node node) {
        boolean ready = node.getStatus().getConditions().stream()
                .anyMatch(condition ->
                        condition.getType().equals("Ready") && Conditions.TRUE.equals(condition.getStatus()));
        return new Event.Node(
                node.getMetadata().getUid(),
                node.getMetadata().getName(),
                ready && !Boolean.TRUE.equals(node.getSpec().getUnschedulable()));
    }

    private static Event.Thing pod(Pod pod) {
        var labels = pod.getMetadata().getLabels();
        var phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return new Event.Pod(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                pod.getMetadata().getOwnerReferences().getFirst().getUid(),
                Integer.parseInt(labels.get("capstan.dev/attempt")),
                Integer.parseInt(labels.get("capstan.dev/rank")),
                meantFor(pod),
                pod.getSpec().getNodeName(),
                "Running".equals(phase),
                "Succeeded".equals(phase) || "Failed".equals(phase),
                pod.getSpec()
                        .getContainers()
                        .getFirst()
                        .getResources()
                        .getLimits()
                        .getOrDefault("nvidia.com/gpu", new Quantity("0"))
                        .getNumericalAmount()
                        .intValue());
    }

    private static String meantFor(Pod pod) {
        return Optional.ofNullable(pod.getSpec().getAffinity())
                .map(affinity -> affinity.getNodeAffinity()
                        .getRequiredDuringSchedulingIgnoredDuringExecution()
                        .getNodeSelectorTerms()
                        .getFirst()
                        .getMatchFields()
                        .getFirst()
                        .getValues()
                        .getFirst())
                .orElse(null);
    }
}
