package dev.capstan.controllers.testing;

import dev.capstan.controllers.Controllers;
import dev.capstan.controllers.job.JobKind;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A namespace on a real API server, nodes that only its jobs use, and controllers; the test plays the kubelets. */
public final class Stage extends Kubelets implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Meters meters = new Meters(registry);
    private List<JobKind<?>> kinds = Controllers.KINDS;
    private String image = "capstan/worker:test";
    private Controllers controllers;

    private Stage(KubernetesClient client, String namespace) {
        super(client, namespace);
    }

    /** With nothing in it, and nothing at work yet. */
    public static Stage empty(ApiServer api, String name) {
        var stage = new Stage(api.client(), api.newNamespace(name));
        // Every worker of every test has to pass.
        api.client()
                .namespaces()
                .withName(stage.namespace)
                .edit(namespace -> new NamespaceBuilder(namespace)
                        .editMetadata()
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build());
        return stage;
    }

    /** With the claims that jobs name, and controllers at work. */
    public static Stage open(ApiServer api, String name) {
        return open(api, name, Controllers.KINDS);
    }

    /** The same, with controllers for jobs of these kinds. */
    public static Stage open(ApiServer api, String name, List<JobKind<?>> kinds) {
        var stage = empty(api, name);
        stage.kinds = kinds;
        stage.claim("datasets");
        stage.claim("models");
        stage.startControllers();
        return stage;
    }

    /**
     * A namespace of a cluster that has nodes and kubelets, for jobs of these kinds; with nothing in it but the claims
     * that jobs name, and nothing at work yet.
     *
     * @param image of all workers
     */
    public static Stage onCluster(KubernetesClient client, String name, List<JobKind<?>> kinds, String image) {
        var namespace = client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName(name + "-")
                        .endMetadata()
                        .build())
                .create();
        var stage = new Stage(client, namespace.getMetadata().getName());
        stage.kinds = kinds;
        stage.image = image;
        stage.claim("models", null);
        return stage;
    }

    public void startControllers() {
        startControllers(client);
    }

    /** Starts controllers that reach the API server in a way of their own. */
    public void startControllers(KubernetesClient own) {
        controllers = Controllers.start(
                own,
                new Controllers.Settings(kinds, Set.of(namespace), workers(), Duration.ofMillis(200), "test"),
                meters,
                Clock.systemUTC(),
                error -> {});
    }

    /** What the controllers set for all workers. */
    public WorkerSettings workers() {
        return new WorkerSettings(
                image,
                "",
                Map.of("cpu", new Quantity("100m"), "memory", new Quantity("64Mi")),
                new Quantity("1Gi"),
                List.of(),
                new Timeouts(30, 1800, 600, 300),
                Optional.empty());
    }

    public void stopControllers() {
        if (controllers != null) {
            controllers.close();
            controllers = null;
        }
    }

    /** A claim that has a volume. */
    public void claim(String name) {
        claim(name, null);
        bind(name);
    }

    /** Plays the volume controller: a claim has a volume from now on. */
    public void bind(String claim) {
        client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(claim)
                .editStatus(made -> new PersistentVolumeClaimBuilder(made)
                        .withNewStatus()
                        .withPhase("Bound")
                        .endStatus()
                        .build());
    }

    /** A claim that nobody has provided a volume for. */
    public PersistentVolumeClaim claim(String name, String storageClass) {
        return client.resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withAccessModes("ReadWriteMany")
                        .withStorageClassName(storageClass)
                        .withNewResources()
                        .addToRequests("storage", new Quantity("1Gi"))
                        .endResources()
                        .endSpec()
                        .build())
                .create();
    }

    /** A ready node with GPUs, for this namespace's jobs. */
    public String node(String name, int gpus) {
        var full = namespace + "-" + name;
        var node = new NodeBuilder()
                .withNewMetadata()
                .withName(full)
                .addToLabels("stage", namespace)
                .endMetadata()
                .build();
        client.resource(node).create();
        client.nodes()
                .withName(full)
                .editStatus(made -> new NodeBuilder(made)
                        .withNewStatus()
                        .withAllocatable(Map.of(
                                "cpu", new Quantity("16"),
                                "memory", new Quantity("64Gi"),
                                "pods", new Quantity("110"),
                                "nvidia.com/gpu", new Quantity(Integer.toString(gpus))))
                        .withConditions(new NodeConditionBuilder()
                                .withType("Ready")
                                .withStatus("True")
                                .build())
                        .endStatus()
                        .build());
        client.nodes()
                .withName(full)
                .edit(made ->
                        new NodeBuilder(made).editSpec().withTaints().endSpec().build());
        return full;
    }

    /** A service that no job of ours has made. */
    public void serviceOfSomebodyElse(String name) {
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withClusterIP("None")
                        .addToSelector("app", "other")
                        .endSpec()
                        .build())
                .create();
    }

    /** Creates a job that may use this stage's nodes alone. */
    public TrainingJob submit(TrainingJob job) {
        job.getSpec().getWorkers().setNodeSelector(Map.of("stage", namespace));
        return client.resource(job).create();
    }

    public TrainingJob job(String name) {
        return client.resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    /** Changes a job's spec by a merge patch, which no write of its status at the same time can get in the way of. */
    public void patch(String job, String spec) {
        client.resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName(job)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {%s}}".formatted(spec));
    }

    public void suspend(String job, boolean wish) {
        patch(job, "\"suspend\": " + wish);
    }

    public Condition condition(String job, String type) {
        return ConditionSet.find(job(job).getStatus().getConditions(), type).orElse(null);
    }

    /** Waits until the controllers have seen the job and it is as described. */
    public TrainingJob await(String name, String what, Predicate<TrainingJob> is) {
        var deadline = Instant.now().plus(PATIENCE);
        var job = job(name);
        while (!(job != null && job.getStatus().getConditions() != null && is.test(job))) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("not " + what + ": " + (job == null ? "gone" : job.getStatus()));
            }
            pause();
            job = job(name);
        }
        return job;
    }

    public TrainingJob await(String name, String conditionType) {
        return await(
                name, conditionType, job -> ConditionSet.holds(job.getStatus().getConditions(), conditionType));
    }

    public TrainingJob awaitReason(String name, String conditionType, String reason) {
        return await(
                name,
                conditionType + " with " + reason,
                job -> ConditionSet.find(job.getStatus().getConditions(), conditionType)
                        .filter(condition -> condition.getReason().equals(reason))
                        .isPresent());
    }

    /** Waits until there are so many pods of an attempt, and returns them in rank order. */
    public List<Pod> awaitPods(String job, int attempt, int count) {
        var deadline = Instant.now().plus(PATIENCE);
        var pods = pods(job, attempt);
        while (pods.size() != count) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("%d pods of attempt %d, not %d: %s"
                        .formatted(pods.size(), attempt, count, job(job).getStatus()));
            }
            pause();
            pods = pods(job, attempt);
        }
        return pods;
    }

    /** Waits until there is a pod of that name. */
    public Pod awaitPod(String name) {
        return client.pods()
                .inNamespace(namespace)
                .withName(name)
                .waitUntilCondition(pod -> pod != null, PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    public List<Pod> pods(String job, int attempt) {
        return client
                .pods()
                .inNamespace(namespace)
                .withLabel("capstan.dev/job", job)
                .withLabel("capstan.dev/attempt", Integer.toString(attempt))
                .list()
                .getItems()
                .stream()
                .sorted((a, b) -> rank(a) - rank(b))
                .toList();
    }

    /** Waits until a pod was told to end. */
    public void awaitTerminating(Pod pod) {
        client.resource(pod)
                .waitUntilCondition(
                        now -> now == null || now.getMetadata().getDeletionTimestamp() != null,
                        PATIENCE.toSeconds(),
                        TimeUnit.SECONDS);
    }

    /** Waits until just that was told of a job, in that order: an event comes after the status that it is about. */
    public void awaitEvents(String job, String... reasons) {
        var wanted = List.of(reasons);
        var deadline = Instant.now().plus(PATIENCE);
        var told = eventReasons(job);
        while (!told.equals(wanted)) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("told " + told + ", not " + wanted);
            }
            pause();
            told = eventReasons(job);
        }
    }

    /** What was told of a job so far, in order. */
    public List<String> eventReasons(String job) {
        return client.events().v1().events().inNamespace(namespace).list().getItems().stream()
                .filter(event -> event.getRegarding().getName().equals(job))
                .sorted(Comparator.comparing(event -> event.getEventTime().getTime()))
                .map(event -> event.getReason())
                .toList();
    }

    private static int rank(Pod pod) {
        return Integer.parseInt(pod.getMetadata().getLabels().get("capstan.dev/rank"));
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Stops the controllers and takes away the nodes. */
    @Override
    public void close() {
        stopControllers();
        client.nodes().withLabel("stage", namespace).delete();
        client.storage().v1().storageClasses().withLabel("stage", namespace).delete();
    }
}
