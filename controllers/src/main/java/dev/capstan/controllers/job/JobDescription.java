package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.PodSet;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.LocalReference;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is one job's own, by its kind; and what follows from that for every kind alike. */
public interface JobDescription {
    /** The job itself. */
    CapstanJob<?, ?> job();

    /** Short name of the kind, as kubectl takes it, such as {@code tj}. */
    String shortName();

    /** A status that says nothing yet, of the kind's class. */
    JobStatus newStatus();

    /**
     * The pods that do the work, and those that stand by; they are numbered through, from 0 in the first set, spares
     * last. At least one pod.
     */
    List<PodSet> podSets();

    /** What the pods read, but for the model of another job. */
    List<Volumes.Source> inputs();

    /** The key of a config map with the model's configuration, if the job names one: it is copied once. */
    Optional<KeyReference> modelConfiguration();

    /** The job whose model this one goes on from, if it names one. */
    Optional<ModelSource.Ref> modelFrom();

    /** Whether a pod checks all samples before the job queues. */
    boolean checksData();

    /** What the workers are to do, in their terms. */
    Work work();

    /**
     * Whether what came out is what the job was for.
     *
     * @param made the last word of rank 0, which succeeded: with an artifact whose digest, size and metrics can be
     *     believed, or with a compression that isn't within its bounds
     */
    Verdict judge(Outcome made);

    /** The reason of Ready=True while the workers are at work, such as {@code Training}. */
    String workingReason();

    /** What the workers are doing in a stage of their work, for people; nothing if that goes without saying. */
    Optional<String> doing(Progress.Stage stage, int workers);

    /** By what the work would take less memory, such as {@code make batchSize smaller}; empty if by nothing it says. */
    default String lessMemory() {
        return "";
    }

    /** Whether a worker that is lost can be replaced while the others wait with their state. */
    default boolean replacesWorkers() {
        return false;
    }

    /** How many pods stand by to take the place of a worker that is lost; only where they can. */
    default int spares() {
        return 0;
    }

    /** A label of nodes among whose values the pods are divided; empty if they may be close together. */
    default Optional<String> spread() {
        return Optional.empty();
    }

    /** What the kind says in its status beside what every job says. */
    default OwnStatus ownStatus() {
        return OwnStatus.NONE;
    }

    /** What a kind says of what its workers made. */
    sealed interface Verdict {
        /** It is what the job was for: the job is complete. */
        record Accepted() implements Verdict {}

        /** It is a result, and not one to let through: the job is complete, without an artifact. */
        record NotAccepted(String reason, String message) implements Verdict {}

        /** It isn't: the job fails, and another attempt would end the same way. */
        record Rejected(String reason, String message) implements Verdict {}
    }

    /** Number of the workers: as many as there are ranks. */
    default int replicas() {
        return pods() - spares();
    }

    /** Number of all pods, with those that stand by. */
    default int pods() {
        return podSets().stream().mapToInt(PodSet::replicas).sum();
    }

    /** The numbers of the pods that the ranks have now, in rank order. */
    default List<Integer> workingPods() {
        var seats = Seats.of(this);
        return IntStream.range(0, seats.workers()).map(seats::of).boxed().toList();
    }

    /** The pod that checks the data: where the first worker may run, and as big, but for its devices. */
    default PodSet check() {
        return podSets().getFirst().checking();
    }

    /** The set that the pod of a number belongs to. */
    default PodSet podSet(int number) {
        return podSets().stream().filter(set -> set.has(number)).findFirst().orElseThrow();
    }

    /** The name of the pod of a number that is made now. */
    default String podName(int attempt, int number) {
        return podName(attempt, number, Seats.of(this).incarnation(number));
    }

    /** The name of one of the pods that there are of a number in an attempt. */
    default String podName(int attempt, int number, int incarnation) {
        return owner().names().pod(attempt, podSet(number), number, incarnation);
    }

    /** What the pods read and write. */
    default Volumes volumes() {
        var reads = new ArrayList<>(inputs());
        // Another job's model: known once that job is complete.
        modelFound().ifPresent(model -> reads.add(new Volumes.Source(model.getUri(), model.getS3())));
        var spec = job().getSpec();
        var from = spec.checkpoint().getResumeFrom();
        if (from != null) {
            reads.add(new Volumes.Source(from.getUri(), from.getS3()));
        }
        return new Volumes(
                reads,
                List.of(spec.checkpointStorage(), spec.getOutput().getStorage().folder()));
    }

    /** The model of another job that this one goes on from, once it was found. */
    default Optional<Artifact> modelFound() {
        return Optional.ofNullable(job().getStatus()).map(JobStatus::getModel);
    }

    /** The job as its pods need to know it. */
    default PodOwner owner() {
        return new PodOwner(job(), shortName(), volumes(), modelConfiguration().isPresent());
    }

    /** What the job names beside volume claims. */
    default References references() {
        return new References(
                modelConfiguration(),
                volumes().credentials(),
                podSets().stream()
                        .flatMap(set -> set.workers().imagePullSecrets().stream())
                        .map(LocalReference::getName)
                        .collect(Collectors.toCollection(TreeSet::new)),
                job().getSpec().scheduling().priorityClassName());
    }
}
