package dev.capstan.e2e;

import dev.capstan.crds.Replacement;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The workers of one job, whoever made them, while they come and go: their pods, and all that they log. */
final class Gang implements ResourceEventHandler<Pod>, AutoCloseable {
    private static final Duration SOON = Duration.ofMinutes(3);

    /** As many as a job may have. */
    private static final int MOST_SPARES = 8;

    private final Map<String, Pod> there = new HashMap<>();
    private final Map<String, LogTail> tails = new HashMap<>();
    private final GangLog log = new GangLog();
    private final String numberLabel;
    private final IntUnaryOperator numbers;
    private final SharedIndexInformer<Pod> informer;

    /**
     * Begins to watch, before there are pods.
     *
     * @param label by whose value {@code job} the job's pods are known
     * @param numberLabel label of a pod's number
     * @param numbers the number of the pod that has a rank now
     */
    Gang(Cluster cluster, Tenant tenant, String label, String job, String numberLabel, IntUnaryOperator numbers) {
        this.numberLabel = numberLabel;
        this.numbers = numbers;
        informer = cluster.client()
                .pods()
                .inNamespace(tenant.namespace())
                .withLabel(label, job)
                .inform(this);
    }

    /** Of a TrainingJob, in which a spare may have a rank. */
    static Gang of(Cluster cluster, Tenant tenant, String job) {
        return new Gang(
                cluster, tenant, "capstan.dev/job", job, "capstan.dev/rank", rank -> number(tenant.job(job), rank));
    }

    private static int number(TrainingJob job, int rank) {
        return Stream.ofNullable(job.getStatus().getMembership())
                .flatMap(membership -> Stream.ofNullable(membership.getReplaced()))
                .flatMap(List::stream)
                .filter(pod -> pod.getHolds() != null && pod.getHolds() == rank)
                .map(Replacement::getRank)
                .findFirst()
                .orElse(rank);
    }

    GangLog log() {
        return log;
    }

    @Override
    public synchronized void onAdd(Pod pod) {
        there.put(pod.getMetadata().getUid(), pod);
        container(pod)
                .ifPresent(container -> tails.computeIfAbsent(
                        process(pod, container),
                        name -> LogTail.of(node(pod), path(pod, container), line -> log.add(name, line))));
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
        onAdd(pod);
    }

    @Override
    public synchronized void onDelete(Pod pod, boolean unseen) {
        there.remove(pod.getMetadata().getUid());
    }

    private static Optional<ContainerStatus> container(Pod pod) {
        return Stream.ofNullable(pod.getStatus().getContainerStatuses())
                .flatMap(each -> each.stream())
                .filter(each -> each.getContainerID() != null)
                .findFirst();
    }

    /** What a worker's process is called in the log: a container that is started again is another. */
    static String process(Pod pod) {
        return process(pod, container(pod).orElseThrow());
    }

    private static String process(Pod pod, ContainerStatus container) {
        return pod.getMetadata().getName() + "." + container.getRestartCount();
    }

    static String node(Pod pod) {
        return pod.getSpec().getNodeName();
    }

    /** Where a pod's node has the log of its container as it is now. */
    static String path(Pod pod) {
        return path(pod, container(pod).orElseThrow());
    }

    private static String path(Pod pod, ContainerStatus container) {
        var metadata = pod.getMetadata();
        return "/var/log/pods/%s_%s_%s/%s/%d.log"
                .formatted(
                        metadata.getNamespace(),
                        metadata.getName(),
                        metadata.getUid(),
                        container.getName(),
                        container.getRestartCount());
    }

    /** The id by which its node's container runtime knows a pod's container. */
    static String containerId(Pod pod) {
        return container(pod).orElseThrow().getContainerID().replaceFirst(".*//", "");
    }

    /** The pod that is at a rank's work, once its kubelet says that it runs. */
    Pod worker(int rank) {
        return await("worker " + rank + " runs", () -> running(numbers.applyAsInt(rank)));
    }

    /** The pod that comes for a rank whose pod was lost, once it runs. */
    Pod successor(int rank, Pod lost) {
        return await(
                "another comes for worker " + rank,
                () -> running(numbers.applyAsInt(rank))
                        .filter(pod -> !pod.getMetadata()
                                .getUid()
                                .equals(lost.getMetadata().getUid())));
    }

    /**
     * A pod that has no rank, once it runs.
     *
     * @param ranks of the job
     */
    Pod spare(int ranks) {
        return await("a spare runs", () -> {
            var taken = IntStream.range(0, ranks).map(numbers).boxed().toList();
            return IntStream.range(0, ranks + MOST_SPARES)
                    .filter(number -> !taken.contains(number))
                    .mapToObj(this::running)
                    .flatMap(Optional::stream)
                    .findFirst();
        });
    }

    private static Pod await(String what, Callable<Optional<Pod>> pod) {
        return Awaitility.await(what)
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .ignoreException(KubernetesClientException.class)
                .until(pod, Optional::isPresent)
                .orElseThrow();
    }

    private synchronized Optional<Pod> running(int number) {
        return there.values().stream()
                .filter(pod -> Integer.toString(number)
                        .equals(pod.getMetadata().getLabels().get(numberLabel)))
                // Of several, the last one made.
                .max(Comparator.comparing((Pod pod) -> pod.getMetadata().getCreationTimestamp())
                        .thenComparing(pod -> pod.getMetadata().getName()))
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                .filter(pod -> container(pod)
                        .filter(each ->
                                each.getState() != null && each.getState().getRunning() != null)
                        .isPresent());
    }

    @Override
    public synchronized void close() {
        informer.close();
        tails.values().forEach(LogTail::close);
    }
}
