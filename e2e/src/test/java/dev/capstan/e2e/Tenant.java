package dev.capstan.e2e;

import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A namespace with a shared volume claim, as a team would have: its jobs, its pods, its data. */
final class Tenant implements AutoCloseable {
    /** How long the longest job may take on a slow machine. */
    static final Duration TO_THE_END = Duration.ofMinutes(10);
    /** The claim that every tenant has, mounted read-write-many. */
    static final String CLAIM = "data";

    private final Cluster cluster;
    private final String namespace;

    private Tenant(Cluster cluster, String namespace) {
        this.cluster = cluster;
        this.namespace = namespace;
    }

    /** Makes the namespace, under Pod Security {@code restricted}, and its claim. */
    static Tenant create(Cluster cluster, String name) {
        return create(cluster, name, Map.of());
    }

    /** As above, with further labels of the namespace. */
    static Tenant create(Cluster cluster, String name, Map<String, String> labels) {
        var namespace = cluster.client()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName(name + "-")
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .addToLabels(labels)
                        .endMetadata()
                        .build())
                .create()
                .getMetadata()
                .getName();
        var tenant = new Tenant(cluster, namespace);
        tenant.createClaim(CLAIM);
        return tenant;
    }

    /** Makes a claim of the cluster's default, shared storage. */
    void createClaim(String name) {
        cluster.client()
                .resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .withAccessModes("ReadWriteMany")
                        .withNewResources()
                        .addToRequests("storage", new Quantity("1Gi"))
                        .endResources()
                        .endSpec()
                        .build())
                .create();
    }

    String namespace() {
        return namespace;
    }

    /** Puts 4000 samples to train on and 1000 to test with into the claim's folder {@code blobs}. */
    void putBlobs() {
        put(Blobs.shared());
    }

    /** Copies {@link Blobs} into the claim's folder {@code blobs}. */
    void put(Path blobs) {
        cluster.put(namespace, CLAIM, "blobs", blobs.resolve("train"), blobs.resolve("test"));
    }

    /** Copies files into a folder of the claim. */
    void put(String folder, Path... files) {
        cluster.put(namespace, CLAIM, folder, files);
    }

    /** Starts a pod of nobody's, waits until commands can be run in it, and returns its name. */
    String startToolbox(String podName) {
        create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: toolbox
                    image: %s
                    imagePullPolicy: Never
                    command: [sleep, "600"]
                    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                """.formatted(podName, toolbox()));
        kubectl("wait", "pod/" + podName, "--for=condition=Ready", "--timeout=60s");
        return podName;
    }

    /** Has an image with a shell and network tools on the nodes, and returns its name. */
    String toolbox() {
        return cluster.toolbox();
    }

    /** Applies a manifest as {@code kubectl apply -f} does and returns what it printed. */
    String apply(Path manifest) {
        return cluster.kubectl("apply", "-n", namespace, "-f", manifest.toString());
    }

    /** Creates a job without the time that kubectl takes. */
    void create(JobManifest job) {
        create(job.yaml());
    }

    /** Creates an object from YAML. */
    void create(String yaml) {
        cluster.client().resource(yaml).inNamespace(namespace).create();
    }

    /**
     * Makes a pod that no node takes and that is being deleted, as what an earlier job of the name had: nobody else can
     * have its name, and whoever needs it waits.
     */
    Obstacle occupy(String podName) {
        var pod = cluster.client().resource("""
                        apiVersion: v1
                        kind: Pod
                        metadata: {name: %s, finalizers: [capstan.dev/test]}
                        spec:
                          nodeSelector: {nowhere: to-be-found}
                          securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
                          containers:
                          - name: nothing
                            image: nothing
                            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                        """.formatted(podName)).inNamespace(namespace);
        var uid = pod.create().getMetadata().getUid();
        pod.delete();
        return () -> {
            var there = pod.get();
            // Once it has left, whoever waited has the name.
            if (there != null && there.getMetadata().getUid().equals(uid)) {
                pod.edit(left -> {
                    left.getMetadata().setFinalizers(List.of());
                    return left;
                });
            }
        };
    }

    /** Something that a test put in a job's way. */
    interface Obstacle extends AutoCloseable {
        @Override
        void close();
    }

    /** Has the API server refuse every status that says that a job here is complete. */
    Obstacle refuseCompletion() {
        var parts = cluster.client().resourceList("""
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: ValidatingAdmissionPolicy
                        metadata: {name: %1$s}
                        spec:
                          matchConstraints:
                            namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}
                            resourceRules:
                            - apiGroups: [capstan.dev]
                              apiVersions: ["*"]
                              operations: [UPDATE]
                              resources: [trainingjobs/status]
                          validations:
                          - expression: "!has(object.status.phase) || object.status.phase != 'Succeeded'"
                        ---
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: ValidatingAdmissionPolicyBinding
                        metadata: {name: %1$s}
                        spec: {policyName: %1$s, validationActions: [Deny]}
                        """.formatted(namespace));
        parts.create();
        return parts::delete;
    }

    /** Waits until a job's pods are as wanted, within milliseconds of it. */
    void watchPods(String job, Predicate<List<Pod>> wanted) {
        var there = cluster.client()
                .pods()
                .inNamespace(namespace)
                .withLabel("capstan.dev/job", job)
                .informOnCondition(wanted);
        try {
            there.get(TO_THE_END.toMinutes(), TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new AssertionError("the pods of " + job + " never were as wanted", e);
        } finally {
            there.cancel(true);
        }
    }

    /** Waits until a pod is as wanted, within milliseconds of it; the predicate gets null while there is none. */
    void watchPod(String podName, Predicate<Pod> wanted) {
        cluster.client()
                .pods()
                .inNamespace(namespace)
                .withName(podName)
                .waitUntilCondition(wanted, TO_THE_END.toMinutes(), TimeUnit.MINUTES);
    }

    /** Waits until a job that the operator has seen is as wanted, and returns it as it was then. */
    TrainingJob watchJob(String job, Predicate<TrainingJob> wanted) {
        return cluster.client()
                .resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName(job)
                .waitUntilCondition(
                        now -> now != null && now.getStatus().getConditions() != null && wanted.test(now),
                        TO_THE_END.toMinutes(),
                        TimeUnit.MINUTES);
    }

    /** Waits until there is no such job any more. */
    void awaitDeleted(String job) {
        cluster.client()
                .resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName(job)
                .waitUntilCondition(now -> now == null, TO_THE_END.toMinutes(), TimeUnit.MINUTES);
    }

    /** The job as it is now. */
    TrainingJob job(String name) {
        return job(TrainingJob.class, name);
    }

    /** A job of any kind as it is now. */
    <J extends CapstanJob<?, ?>> J job(Class<J> kind, String name) {
        var job = cluster.client()
                .resources(kind)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (job == null) {
            throw new IllegalStateException("no " + kind.getSimpleName() + " " + name + " in " + namespace);
        }
        return job;
    }

    /** The last lines that a pod has printed; none as long as it doesn't run. */
    List<String> lastLines(String podName, int count) {
        var pod = cluster.client().pods().inNamespace(namespace).withName(podName);
        var there = pod.get();
        return there == null || "Pending".equals(there.getStatus().getPhase())
                ? List.of()
                : pod.tailingLines(count).getLog().lines().toList();
    }

    /** The job's pods that exist now, whatever their attempt. */
    List<Pod> pods(String job) {
        return cluster.client()
                .pods()
                .inNamespace(namespace)
                .withLabel("capstan.dev/job", job)
                .list()
                .getItems();
    }

    /** A condition of the job, when it is there. */
    Optional<Condition> condition(String job, String type) {
        return condition(TrainingJob.class, job, type);
    }

    /** A condition of a job of any kind, when it is there. */
    Optional<Condition> condition(Class<? extends CapstanJob<?, ?>> kind, String job, String type) {
        return condition(job(kind, job), type);
    }

    private static Optional<Condition> condition(CapstanJob<?, ?> job, String type) {
        var conditions = job.getStatus().getConditions();
        return conditions == null
                ? Optional.empty()
                : conditions.stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst();
    }

    /** Waits until the job has a condition of that type and status and returns it; survives a stopped API server. */
    Condition awaitCondition(String job, String type, String status, Duration atMost) {
        return awaitCondition(TrainingJob.class, job, type, status, atMost);
    }

    /** As above, of a job of any kind. */
    Condition awaitCondition(
            Class<? extends CapstanJob<?, ?>> kind, String job, String type, String status, Duration atMost) {
        return awaitCondition(
                kind,
                job,
                type,
                type + "=" + status,
                atMost,
                condition -> condition.getStatus().equals(status));
    }

    /** Waits until a condition of the job has that reason: the one that it has first need not be the one that stays. */
    Condition awaitReason(String job, String type, String reason, Duration atMost) {
        return awaitReason(TrainingJob.class, job, type, reason, atMost);
    }

    /** As above, of a job of any kind. */
    Condition awaitReason(
            Class<? extends CapstanJob<?, ?>> kind, String job, String type, String reason, Duration atMost) {
        return awaitCondition(
                kind,
                job,
                type,
                type + " for " + reason,
                atMost,
                condition -> condition.getReason().equals(reason));
    }

    private Condition awaitCondition(
            Class<? extends CapstanJob<?, ?>> kind,
            String job,
            String type,
            String what,
            Duration atMost,
            Predicate<Condition> wanted) {
        var found = Awaitility.await(job + " is " + what)
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(500))
                .ignoreException(KubernetesClientException.class)
                .until(() -> job(kind, job), now -> {
                    // Waiting is in vain when the job has ended in another way.
                    if (!type.equals(Conditions.FAILED)
                            && condition(now, Conditions.FAILED)
                                    .filter(failed -> failed.getStatus().equals(Conditions.TRUE))
                                    .isPresent()) {
                        throw new AssertionError(
                                job + " has failed: " + now.getStatus().getConditions());
                    }
                    return condition(now, type).filter(wanted).isPresent();
                });
        return condition(found, type).orElseThrow();
    }

    /** Whether the job's workers have told of a step. */
    static boolean trains(TrainingJob job) {
        return trains(job.getStatus());
    }

    static boolean trains(JobStatus status) {
        return status.getProgress() != null
                && status.getProgress().getStep() != null
                && status.getProgress().getStep() > 0;
    }

    /** Waits until the job is as wanted and returns it. */
    TrainingJob await(String job, String what, Duration atMost, Predicate<TrainingJob> wanted) {
        return Awaitility.await(job + ": " + what)
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(500))
                .ignoreException(KubernetesClientException.class)
                .until(() -> job(job), wanted);
    }

    /** Runs kubectl in this namespace. */
    String kubectl(String verb, String... arguments) {
        var all = new ArrayList<>(List.of(verb, "-n", namespace));
        all.addAll(List.of(arguments));
        return cluster.kubectl(all.toArray(String[]::new));
    }

    /** Copies a file out of the claim. */
    void get(String path, Path destination) {
        cluster.get(namespace, CLAIM, path, destination);
    }

    /** Deletes a pod as a user would. */
    void delete(Pod pod) {
        cluster.client().resource(pod).delete();
    }

    /** Fails as soon as something does not hold that has to hold all along. */
    void always(String what, Duration during, Callable<Boolean> holds) {
        Awaitility.await(what)
                .during(during)
                .atMost(during.plusSeconds(30))
                .pollInterval(Duration.ofMillis(250))
                .until(holds);
    }

    /** Waits until no pod, service, secret or config map has the label any more. */
    void awaitNothing(String label, Duration atMost) {
        Awaitility.await("nothing left with " + label)
                .atMost(atMost)
                .pollInterval(Duration.ofSeconds(1))
                .until(
                        () -> {
                            var client = cluster.client();
                            return Stream.of(client.pods(), client.services(), client.secrets(), client.configMaps())
                                    .flatMap(kind ->
                                            kind.inNamespace(namespace).withLabel(label).list().getItems().stream())
                                    .map(Object::toString)
                                    .toList();
                        },
                        List::isEmpty);
    }

    /** What a person would look at after a failure. */
    String describe() {
        return String.join(
                "\n",
                "=== " + namespace,
                cluster.kubectl(
                        "get",
                        "trainingjobs,compressionjobs,inferenceservices,pods,services,configmaps,pvc",
                        "-n",
                        namespace,
                        "-o",
                        "wide"),
                cluster.kubectl("get", "trainingjobs,compressionjobs,inferenceservices", "-n", namespace, "-o", "yaml"),
                cluster.kubectl("get", "events", "-n", namespace),
                cluster.kubectl(
                        "logs", "-n", namespace, "-l", "capstan.dev/job", "--tail=40", "--prefix", "--ignore-errors"));
    }

    /** Deletes the namespace with all that is in it; does not wait for the end of it. */
    @Override
    public void close() {
        cluster.client().namespaces().withName(namespace).delete();
    }
}
