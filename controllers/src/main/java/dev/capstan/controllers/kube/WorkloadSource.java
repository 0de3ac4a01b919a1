package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How admission sees the jobs or services of one kind.
 *
 * @param type of its objects
 * @param waiting the workload of one that asks for places
 * @param grant the places that one holds
 * @param admission what its status says of these; empty for nothing
 * @param givenBack those that it gives back, one by one; as long as there are any it is granted none
 * @param startsFirst whether the places that one asks for are the first that its work starts in: how long it has waited
 *     for them is measured
 * @param decided is told of each about which something new was decided
 */
public record WorkloadSource<J extends HasMetadata>(
        Class<J> type,
        Function<J, Optional<Workload>> waiting,
        Function<J, Optional<Grant>> grant,
        Function<J, Optional<Admission>> admission,
        Function<J, List<Placement>> givenBack,
        Predicate<J> startsFirst,
        Consumer<JobRef> decided) {

    /** The same with what the cluster adds to pods. One of which that isn't known yet isn't looked at before. */
    public WorkloadSource<J> counting(AddedRequests added) {
        return new WorkloadSource<>(
                type,
                job -> waiting.apply(job)
                        .filter(workload -> added.knows(workload.uid()))
                        .map(added::with),
                job -> grant.apply(job).map(added::with),
                admission,
                givenBack,
                startsFirst,
                decided);
    }

    Optional<Workload> waitingOf(HasMetadata job) {
        return waiting.apply(type.cast(job));
    }

    /** Of one that was deleted its pods alone hold places, as long as they are there. */
    Optional<Grant> grantOf(HasMetadata job) {
        return HeldOwners.isHeld(job) ? Optional.empty() : grant.apply(type.cast(job));
    }

    Optional<Admission> admissionOf(HasMetadata job) {
        return admission.apply(type.cast(job));
    }

    List<Placement> givenBackOf(HasMetadata job) {
        return givenBack.apply(type.cast(job));
    }

    boolean startsFirst(HasMetadata job) {
        return startsFirst.test(type.cast(job));
    }
}
