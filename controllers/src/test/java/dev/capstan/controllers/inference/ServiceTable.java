package dev.capstan.controllers.inference;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.Revision;
import dev.capstan.crds.inference.ServedModel;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobSpec;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.Serving;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A service that has the model of TrainingJob mnist, and its world, moved along by hand: plans are made and carried out
 * as the API server, admission, scheduler and kubelets would.
 */
final class ServiceTable {
    static final WorkerSettings SETTINGS = new WorkerSettings(
            "capstan/worker:1",
            "capstan-worker",
            Map.of("cpu", new Quantity("500m"), "memory", new Quantity("1Gi")),
            new Quantity("100Gi"),
            List.of(),
            new Timeouts(30, 1800, 600),
            Optional.of(new WorkerSettings.Pods("capstan-system", Map.of("app.kubernetes.io/name", "capstan"))));

    final InferenceService service = new InferenceService();
    TrainingJob source = training();
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    /** By name. */
    final Map<String, Pod> pods = new TreeMap<>();

    final Map<String, ServiceWorld.Node> nodes = new TreeMap<>();
    /** How many more pods each node has room for. */
    final Map<String, Integer> room = new TreeMap<>();

    final Map<String, HasMetadata> objects = new TreeMap<>();
    final Map<String, ConfigMap> configs = new TreeMap<>();
    final Map<String, Serving> servings = new HashMap<>();
    final Set<String> missingClaims = new TreeSet<>();
    final Set<String> readOnlyClaims = new HashSet<>();
    Optional<Referents.Lookup> lookup = Optional.empty();
    Optional<Wait> verdict = Optional.empty();
    /** What kubelets say of pods, by their names. */
    final Map<String, String> words = new HashMap<>();
    /** What somebody has deleted of that which pods need. */
    final Set<String> gone = new TreeSet<>();

    boolean gatewayApi;
    boolean sameNode = true;
    boolean priorityClassThere = true;
    final List<Notice> told = new ArrayList<>();
    private int uids;

    ServiceTable(int replicas) {
        service.setMetadata(new ObjectMetaBuilder()
                .withNamespace("team")
                .withName("digits")
                .withUid("uid-1")
                .withGeneration(1L)
                .withCreationTimestamp("2026-01-01T00:00:00Z")
                .build());
        service.setSpec(new InferenceServiceSpec()
                .setReplicas(replicas)
                .setModel(new ServedModel()
                        .setFrom(new ModelFrom().setTrainingJobRef(new LocalReference().setName("mnist")))));
        service.setStatus(null);
        trained(1);
        for (var node : List.of("a", "b", "c", "d")) {
            nodes.put(node, new ServiceWorld.Node(true, Instant.EPOCH, false));
            room.put(node, 1);
        }
    }

    /** A digest to tell models apart by. */
    static String digest(int number) {
        return "sha256:%064x".formatted(number);
    }

    private static TrainingJob training() {
        var job = new TrainingJob();
        job.setMetadata(
                new ObjectMetaBuilder().withNamespace("team").withName("mnist").build());
        job.setSpec(new TrainingJobSpec().setModel(new Model()));
        return job;
    }

    /** The training job is complete, and has this model. */
    void trained(int model) {
        source = training();
        var status = new TrainingJobStatus();
        status.setConditions(List.of(new ConditionBuilder()
                        .withType(Conditions.COMPLETE)
                        .withStatus("True")
                        .withReason(Reasons.SUCCEEDED)
                        .withMessage("")
                        .build()))
                .setArtifact(new Artifact().setUri("pvc://models/mnist").setDigest(digest(model)));
        source.setStatus(status);
    }

    InferenceServiceSpec spec() {
        return service.getSpec();
    }

    /** The user changes the spec. */
    void edit(UnaryOperator<InferenceServiceSpec> change) {
        change.apply(service.getSpec());
        var metadata = service.getMetadata();
        metadata.setGeneration(metadata.getGeneration() + 1);
    }

    ServiceWorld world() {
        var templates = new HashMap<Integer, InferenceServiceSpec>();
        for (var revision : revisions()) {
            var config = configs.get("digits-infsvc-" + revision.getRevision());
            if (config != null) {
                templates.put(
                        revision.getRevision(), Templates.read(config.getData().get("revision.json")));
            }
        }
        return new ServiceWorld(
                now,
                List.copyOf(pods.values()),
                nodes,
                new Referents(
                        missingClaims,
                        Set.of(),
                        priorityClassThere,
                        Optional.<CapstanJob<?, ?>>ofNullable(source),
                        lookup),
                readOnlyClaims,
                templates,
                servings,
                verdict,
                List.copyOf(objects.values()),
                gatewayApi,
                sameNode,
                Map.copyOf(words),
                Set.copyOf(gone));
    }

    List<Revision> revisions() {
        return service.getStatus() == null || service.getStatus().getRevisions() == null
                ? List.of()
                : service.getStatus().getRevisions();
    }

    /** Makes a plan and carries it out. */
    ServicePlan pass() {
        return take(ServicePlan.decide(service, world(), SETTINGS).orElseThrow());
    }

    /** The API server doesn't take a child of the plan. */
    ServicePlan refuse(Refusal refusal) {
        return take(ServicePlan.refused(service, world(), SETTINGS, refusal));
    }

    private ServicePlan take(ServicePlan plan) {
        var children = plan.plan().children();
        children.delete().forEach(pod -> delete(pod.getMetadata().getName()));
        children.drop().forEach(object -> {
            configs.remove(object.getMetadata().getName());
            objects.remove(key(object));
        });
        for (var object : children.apply()) {
            if (object instanceof ConfigMap config) {
                configs.put(config.getMetadata().getName(), config);
            } else {
                objects.put(key(object), object);
            }
        }
        children.make().stream().map(Pod.class::cast).forEach(this::make);
        var admission = service.getStatus() == null ? null : service.getStatus().getAdmission();
        service.setStatus(plan.plan().status());
        service.getStatus().setAdmission(admission);
        told.addAll(plan.plan().notices());
        return plan;
    }

    private static String key(HasMetadata object) {
        return object.getKind() + " " + object.getMetadata().getName();
    }

    private void make(Pod pod) {
        var name = pod.getMetadata().getName();
        if (pods.containsKey(name)) {
            throw new AssertionError("made twice: " + name);
        }
        pods.put(
                name,
                new PodBuilder(pod)
                        .editMetadata()
                        .withUid("pod-" + uids++)
                        .endMetadata()
                        .withStatus(new PodStatusBuilder().withPhase("Pending").build())
                        .build());
    }

    /** A pod is told to end: one that is on no node is gone at once. */
    void delete(String name) {
        var pod = pods.get(name);
        if (pod.getSpec().getNodeName() == null) {
            pods.remove(name);
        } else {
            edit(
                    name,
                    there -> new PodBuilder(there)
                            .editMetadata()
                            .withDeletionTimestamp(now.toString())
                            .endMetadata()
                            .build());
        }
    }

    /** Admission takes back what is given back, or else grants what is asked for, as far as there is room. */
    void admit() {
        var status = service.getStatus();
        if (status.getSeats() == null) {
            return;
        }
        var places = new ArrayList<Placement>(
                status.getAdmission() == null
                        ? List.of()
                        : status.getAdmission().getPlacements());
        if (status.getGivenBack() != null) {
            status.getGivenBack().forEach(place -> {
                if (places.remove(place)) {
                    room.computeIfPresent(place.getNode(), (node, left) -> left + 1);
                }
            });
        } else {
            var wanted = new ArrayList<Integer>();
            for (int rank = 0; rank < status.getSeats().getReplicas(); rank++) {
                wanted.add(rank);
            }
            for (int router = 0;
                    router < spec().router().map(those -> those.replicas()).orElse(0);
                    router++) {
                wanted.add(ServicePods.FIRST_ROUTER + router);
            }
            places.forEach(place -> wanted.remove(place.getRank()));
            for (var rank : wanted) {
                room.entrySet().stream()
                        .filter(node -> node.getValue() > 0
                                && nodes.containsKey(node.getKey())
                                && nodes.get(node.getKey()).ready()
                                && !nodes.get(node.getKey()).leaving())
                        .findFirst()
                        .ifPresent(node -> {
                            places.add(new Placement().setRank(rank).setNode(node.getKey()));
                            node.setValue(node.getValue() - 1);
                        });
            }
        }
        places.sort(Comparator.comparing(Placement::getRank));
        status.setAdmission(
                places.isEmpty()
                        ? null
                        : new Admission().setAttempt(1).setTime(now.toString()).setPlacements(List.copyOf(places)));
    }

    /** Lets all go on, with kubelets whose pods become ready, until nothing changes any more. */
    ServiceTable settle() {
        return settle(revision -> true);
    }

    /** The same, but only pods of some revisions become ready. */
    ServiceTable settle(Predicate<String> becomesReady) {
        for (int round = 0; round < 200; round++) {
            var before = state();
            step(becomesReady);
            if (before.equals(state())) {
                return this;
            }
        }
        throw new AssertionError("never settles: " + state());
    }

    /** One pass, and what follows from it. */
    ServicePlan step(Predicate<String> becomesReady) {
        var plan = pass();
        admit();
        for (var name : List.copyOf(pods.keySet())) {
            var pod = pods.get(name);
            if (pod.getMetadata().getDeletionTimestamp() != null) {
                if (nodes.containsKey(pod.getSpec().getNodeName())
                        && nodes.get(pod.getSpec().getNodeName()).ready()) {
                    pods.remove(name);
                }
            } else if (pod.getSpec().getNodeName() == null) {
                bind(name);
            } else if (pod.getStatus().getConditions().isEmpty()
                    && becomesReady.test(pod.getMetadata().getLabels().get("capstan.dev/revision"))) {
                ready(name);
            }
        }
        return plan;
    }

    private String state() {
        return pods.values().stream()
                        .map(pod -> pod.getMetadata().getName()
                                + pod.getStatus()
                                + pod.getMetadata().getDeletionTimestamp()
                                + pod.getSpec().getNodeName())
                        .collect(Collectors.joining())
                + service.getStatus();
    }

    void bind(String name) {
        edit(
                name,
                pod -> new PodBuilder(pod)
                        .editSpec()
                        .withNodeName(granted(pod))
                        .endSpec()
                        .withStatus(new PodStatusBuilder()
                                .withPhase("Running")
                                .withPodIP("10.0.0."
                                        + pod.getMetadata().getLabels().get("capstan.dev/rank"))
                                .build())
                        .build());
    }

    private static String granted(Pod pod) {
        return pod.getSpec()
                .getAffinity()
                .getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms()
                .getFirst()
                .getMatchFields()
                .getFirst()
                .getValues()
                .getFirst();
    }

    void ready(String name) {
        servings.put(uid(name), new Serving(Serving.State.READY, "serves", digest(1), true, 900L));
        condition(name, "True");
    }

    void unready(String name) {
        condition(name, "False");
    }

    private void condition(String name, String status) {
        edit(
                name,
                pod -> new PodBuilder(pod)
                        .editStatus()
                        .withConditions()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus(status)
                        .endCondition()
                        .endStatus()
                        .build());
    }

    /** The replica says that the model can't be loaded. */
    void fails(String name, String words) {
        servings.put(uid(name), new Serving(Serving.State.FAILED, words, null, null, null));
    }

    /** The kubelet says what its container waits for. */
    void waits(String name, String reason, String message) {
        edit(
                name,
                pod -> new PodBuilder(pod)
                        .editStatus()
                        .addNewContainerStatus()
                        .withName("worker")
                        .withState(new ContainerStateBuilder()
                                .withNewWaiting(message, reason)
                                .build())
                        .endContainerStatus()
                        .endStatus()
                        .build());
    }

    private String uid(String name) {
        return pods.get(name).getMetadata().getUid();
    }

    void edit(String name, UnaryOperator<Pod> change) {
        pods.compute(name, (same, pod) -> change.apply(pod));
    }

    void node(String name, boolean ready, boolean leaving) {
        nodes.put(name, new ServiceWorld.Node(ready, now, leaving));
    }

    void later(int seconds) {
        now = now.plus(Duration.ofSeconds(seconds));
    }

    /** Pods that are there and weren't told to end, as {@code revision.rank@node}, with a star if they are ready. */
    List<String> live() {
        return pods.values().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(pod -> pod.getMetadata().getLabels().get("capstan.dev/revision") + "."
                        + pod.getMetadata().getLabels().get("capstan.dev/rank") + "@"
                        + pod.getSpec().getNodeName()
                        + (isReady(pod) ? "*" : ""))
                .sorted()
                .toList();
    }

    long ready() {
        return pods.values().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null && isReady(pod))
                .count();
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream().anyMatch(condition -> "True".equals(condition.getStatus()));
    }

    Condition condition(String type) {
        return ConditionSet.find(service.getStatus().getConditions(), type).orElseThrow();
    }

    boolean holds(String type) {
        return ConditionSet.holds(service.getStatus().getConditions(), type);
    }

    /** {@code Ready Serving, Reconciling RollingOut}: which of kstatus's three hold, and why. */
    String standing() {
        return List.of(Conditions.READY, Conditions.RECONCILING, Conditions.STALLED).stream()
                .filter(this::holds)
                .map(type -> type + " " + condition(type).getReason())
                .collect(Collectors.joining(", "));
    }

    List<String> events() {
        return told.stream()
                .map(notice -> notice.reason() + " " + notice.attempt())
                .toList();
    }
}
