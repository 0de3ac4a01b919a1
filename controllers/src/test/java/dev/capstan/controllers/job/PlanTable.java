package dev.capstan.controllers.job;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Admission;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.EarlierModel;
import dev.capstan.crds.FailurePolicy;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** A job of two workers and its world, moved along by hand: plans are made and their status is taken over. */
public final class PlanTable {
    public static final WorkerSettings SETTINGS = new WorkerSettings(
            "capstan/worker:1",
            "capstan-worker",
            Map.of("cpu", new Quantity("500m"), "memory", new Quantity("1Gi")),
            new Quantity("100Gi"),
            List.of("169.254.20.10/32"),
            new Timeouts(30, 1800, 600, 300),
            Optional.of(new WorkerSettings.Pods("capstan-system", Map.of("app.kubernetes.io/name", "capstan"))));

    final TrainingJob job = Jobs.mnist("team", "mnist", 2);
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    /** By name. */
    final Map<String, Pod> pods = new TreeMap<>();

    final Set<String> missingClaims = new TreeSet<>();
    final Set<String> claimsOfOnePod = new TreeSet<>();
    final Map<String, Claim> claims = new HashMap<>();
    boolean priorityClassThere = true;
    Optional<CapstanJob<?, ?>> source = Optional.empty();
    Optional<Referents.Lookup> lookup = Optional.empty();
    Optional<String> doneRequest = Optional.empty();
    Others others = Others.NONE;
    Optional<Instant> waitingSince = Optional.empty();
    final Map<String, Boolean> nodes = new HashMap<>(Map.of("a", true, "b", true));
    Optional<Wait> verdict = Optional.empty();
    Optional<String> drainedBy = Optional.empty();
    Optional<Progress> progress = Optional.empty();
    final LastWords lastWords = new LastWords("uid-1"::equals);
    /** How a claim is that has no volume, by its name. */
    final SortedMap<String, String> claimsWithoutVolume = new TreeMap<>();
    /** What kubelets say of pods, by their names. */
    final Map<String, String> said = new TreeMap<>();

    final Map<Integer, World.Stray> strays = new TreeMap<>();
    /** What somebody has deleted of that which pods need, by {@link Owned#key}. */
    final Set<String> gone = new TreeSet<>();
    /** What the job's own copy of its model's configuration says. */
    Optional<String> model = Optional.empty();

    final Set<String> claimsOnlyRead = new TreeSet<>();
    Voices voices = Voices.NONE;
    final List<Notice> told = new ArrayList<>();

    PlanTable() {
        job.setMetadata(new ObjectMetaBuilder(job.getMetadata())
                .withUid("uid-1")
                .withGeneration(1L)
                .withCreationTimestamp("2026-01-01T00:00:00Z")
                .build());
    }

    JobDescription description() {
        return new TrainingKind().describe(job);
    }

    World world() {
        var byWork = pods.values().stream().collect(Collectors.partitioningBy(PodLabels::isCheck));
        return new World(
                now,
                byWork.get(false),
                byWork.get(true),
                new Referents(
                        Set.copyOf(missingClaims),
                        Set.copyOf(claimsOfOnePod),
                        priorityClassThere,
                        source,
                        lookup,
                        claimsWithoutVolume,
                        Set.copyOf(claimsOnlyRead)),
                nodes,
                waitingSince,
                verdict,
                drainedBy,
                progress,
                lastWords.of("uid-1"),
                others,
                doneRequest,
                said,
                strays,
                StatusReader.granted(job)
                        ? JobPlan.needed(description(), SETTINGS, model).stream()
                                .filter(object -> gone.contains(Owned.key(object)))
                                .toList()
                        : List.of(),
                voices);
    }

    /** The workload that queues, of a cluster in which every priority class has the value of its name's length. */
    Optional<Workload> workload() {
        return JobWorkloads.waiting(
                description(),
                SETTINGS,
                name -> name.map(String::length).orElse(0),
                (namespace, name) -> Optional.ofNullable(claims.get(name)));
    }

    /** Makes a plan and takes its status over, as the API server would; children are the test's to make. */
    Plan<JobStatus> pass() {
        return take(JobPlan.decide(description(), world(), SETTINGS).orElseThrow());
    }

    Plan<JobStatus> take(Plan<JobStatus> plan) {
        var admission = job.getStatus() == null ? null : job.getStatus().getAdmission();
        job.setStatus((TrainingJobStatus) plan.status());
        job.getStatus().setAdmission(admission);
        told.addAll(plan.notices());
        return plan;
    }

    /** Admission grants the current attempt a place on node a and one on node b. */
    PlanTable grant() {
        job.getStatus()
                .setAdmission(new Admission()
                        .setAttempt(job.getStatus().getAttempt())
                        .setTime(now.toString())
                        .setPlacements(List.of(
                                new Placement().setRank(0).setNode("a"),
                                new Placement().setRank(1).setNode("b"))));
        return this;
    }

    /** Admission grants the pod that checks the data, the current attempt's only one, a place on a node. */
    PlanTable grantCheck(String node) {
        job.getStatus()
                .setAdmission(new Admission()
                        .setAttempt(job.getStatus().getAttempt())
                        .setTime(now.toString())
                        .setPlacements(List.of(new Placement().setRank(0).setNode(node))));
        return this;
    }

    /** Up to the point where the pod that checks the data was made, on node a. */
    PlanTable checking() {
        pass();
        grantCheck("a");
        make(pass());
        return this;
    }

    /** The name of the pod that checks the data in an attempt. */
    static String check(int attempt) {
        return "mnist-tj-" + attempt + "-check-0-0";
    }

    /** Up to the point where all pods of the first attempt were made and seen. */
    PlanTable made() {
        pass();
        grant().pass();
        make(pass());
        pass();
        return this;
    }

    /** Up to the point where the job trains. */
    PlanTable running() {
        made();
        run(0, true);
        run(1, true);
        pass();
        return this;
    }

    /** A job that has ended with a model. */
    static PlanTable complete() {
        var table = new PlanTable();
        table.running();
        table.succeed();
        table.pass();
        return table;
    }

    /** The job goes on from the model of another. */
    void goOnFrom(String name) {
        job.getSpec()
                .setModel(
                        new Model().setFrom(new EarlierModel().setTrainingJobRef(new LocalReference().setName(name))));
    }

    /** Plays the API server: the plan's pods are there, and those that it deletes are gone. */
    void make(Plan<JobStatus> plan) {
        plan.children().delete().forEach(pod -> pods.remove(pod.getMetadata().getName()));
        for (HasMetadata child : plan.children().make()) {
            if (child instanceof Pod pod) {
                pods.put(
                        pod.getMetadata().getName(),
                        new PodBuilder(pod)
                                .withStatus(new PodStatusBuilder()
                                        .withPhase("Pending")
                                        .build())
                                .build());
            }
        }
    }

    /** A pod is bound to its node since now, and its containers are so, in YAML: {@code [{name: worker, …}]}. */
    void bound(int rank, String phase, String initContainers, String containers) {
        var status = Serialization.unmarshal(
                "---\n{phase: %s, initContainerStatuses: %s, containerStatuses: %s}"
                        .formatted(phase, initContainers, containers),
                PodStatus.class);
        status.setConditions(List.of(new PodConditionBuilder()
                .withType("PodScheduled")
                .withStatus("True")
                .withLastTransitionTime(now.toString())
                .build()));
        status(rank, status);
    }

    void run(int rank, boolean ready) {
        status(
                rank,
                new PodStatusBuilder()
                        .withPhase("Running")
                        .withPodIP("10.0.0." + rank)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus(ready ? "True" : "False")
                        .endCondition()
                        .addNewContainerStatus()
                        .withName("worker")
                        .withState(new ContainerStateBuilder()
                                .withNewRunning()
                                .endRunning()
                                .build())
                        .endContainerStatus()
                        .build());
    }

    /** The scheduler finds no way to bind a pod, from now on. */
    void unschedulable(int rank, String message) {
        edit(
                rank,
                pod -> new PodBuilder(pod)
                        .withStatus(new PodStatusBuilder()
                                .withPhase("Pending")
                                .addNewCondition()
                                .withType("PodScheduled")
                                .withStatus("False")
                                .withReason("Unschedulable")
                                .withMessage(message)
                                .withLastTransitionTime(now.toString())
                                .endCondition()
                                .build())
                        .build());
    }

    void end(int rank, Outcome.Reason reason, String message) {
        end(rank, new Outcome(reason, message, null));
    }

    void end(int rank, Outcome outcome) {
        ended(rank, outcome.reason().exitCode(), "Error", Json.write(outcome));
    }

    /** A worker of an attempt that is over already ends on node a. */
    void endLate(int attempt, int rank, Outcome outcome) {
        status(
                "mnist-tj-" + attempt + "-worker-" + rank + "-0",
                "a",
                ended(outcome.reason().exitCode(), "Error", Json.write(outcome)));
    }

    void ended(int rank, int exitCode, String reason, String message) {
        status(rank, ended(exitCode, reason, message));
    }

    /** What a pod's status is when its worker has ended with this as its last word. */
    PodStatus ended(Outcome outcome) {
        return ended(outcome.reason().exitCode(), "Error", Json.write(outcome));
    }

    PodStatus ended(int exitCode, String reason, String message) {
        return new PodStatusBuilder()
                .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
                .addNewContainerStatus()
                .withName("worker")
                .withState(new ContainerStateBuilder()
                        .withNewTerminated()
                        .withExitCode(exitCode)
                        .withReason(reason)
                        .withMessage(message)
                        .withFinishedAt(now.toString())
                        .endTerminated()
                        .build())
                .endContainerStatus()
                .build();
    }

    void succeed() {
        end(
                0,
                new Outcome(
                        Outcome.Reason.Succeeded,
                        "done",
                        new Outcome.Artifact("pvc://models/mnist", digest(0), 407_056, Map.of("accuracy", 0.97612))));
    }

    void status(int rank, PodStatus status) {
        status(name(rank), rank == 0 ? "a" : "b", status);
    }

    void status(String pod, String node, PodStatus status) {
        pods.compute(
                pod,
                (name, there) -> new PodBuilder(there)
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .withStatus(status)
                        .build());
    }

    /** The pod that checks the data ends on node a. */
    void endCheck(int attempt, Outcome outcome) {
        status(check(attempt), "a", ended(outcome));
    }

    /** Somebody has decided that a pod has to go. */
    void disrupt(int rank, String reason, String message) {
        edit(
                rank,
                pod -> new PodBuilder(pod)
                        .editStatus()
                        .addNewCondition()
                        .withType("DisruptionTarget")
                        .withStatus("True")
                        .withReason(reason)
                        .withMessage(message)
                        .endCondition()
                        .endStatus()
                        .build());
    }

    void terminate(int rank) {
        edit(
                rank,
                pod -> new PodBuilder(pod)
                        .editMetadata()
                        .withDeletionTimestamp(now.toString())
                        .endMetadata()
                        .build());
    }

    void delete(int rank) {
        pods.remove(name(rank));
    }

    private void edit(int rank, UnaryOperator<Pod> change) {
        pods.compute(name(rank), (name, pod) -> change.apply(pod));
    }

    String name(int rank) {
        return description().podName(job.getStatus().getAttempt(), rank);
    }

    void later(int seconds) {
        now = now.plus(Duration.ofSeconds(seconds));
    }

    void maxRestarts(int restarts) {
        job.getSpec().setFailurePolicy(new FailurePolicy().setMaxRestarts(restarts));
    }

    void maxCrashes(int crashes) {
        job.getSpec().setFailurePolicy(new FailurePolicy().setMaxCrashes(crashes));
    }

    void suspend(boolean wish) {
        job.getSpec().setSuspend(wish);
    }

    /** Somebody asks for a checkpoint. */
    void ask(String text) {
        job.getMetadata().setAnnotations(Map.of(CheckpointRequest.ANNOTATION, text));
    }

    /** The workers tell of a checkpoint. */
    void checkpoint(long step) {
        checkpoint(step, null);
    }

    /** The workers tell of the newest checkpoint, and of why there is no newer one. */
    void checkpoint(long step, String problem) {
        progress = Optional.of(new Progress(
                job.getStatus().getAttempt(),
                Progress.Stage.TRAINING,
                1,
                5,
                step,
                9375,
                0.5,
                1000,
                7,
                new Progress.Checkpoint(
                        step,
                        "pvc://models/mnist/checkpoints/uid-1/step-" + step,
                        digest(step),
                        "2026-01-01T00:00:00Z"),
                problem));
    }

    /** A digest to tell things apart by. */
    static String digest(long number) {
        return "sha256:%064x".formatted(number);
    }

    void timeout(int seconds) {
        job.getSpec().setScheduling(new Scheduling().setTimeoutSeconds(seconds));
    }

    Condition condition(String type) {
        return ConditionSet.find(job.getStatus().getConditions(), type).orElseThrow();
    }

    boolean holds(String type) {
        return ConditionSet.holds(job.getStatus().getConditions(), type);
    }

    /** {@code Reconciling WaitingForCapacity}: which of kstatus's three holds, and why. */
    String standing() {
        return List.of(Conditions.READY, Conditions.RECONCILING, Conditions.STALLED).stream()
                .filter(this::holds)
                .map(type -> type + " " + condition(type).getReason())
                .reduce((a, b) -> a + ", " + b)
                .orElse("nothing");
    }

    String message() {
        return condition(Conditions.RECONCILING).getMessage();
    }

    List<Notice.Reason> reasons() {
        return told.stream().map(Notice::reason).toList();
    }

    List<String> podNames(Plan<JobStatus> plan) {
        return plan.children().make().stream()
                .filter(Pod.class::isInstance)
                .map(pod -> pod.getMetadata().getName())
                .toList();
    }

    List<String> deleted(Plan<JobStatus> plan) {
        return plan.children().delete().stream()
                .map(pod -> pod.getMetadata().getName())
                .sorted()
                .toList();
    }
}
