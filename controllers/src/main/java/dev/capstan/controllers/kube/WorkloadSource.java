package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.crds.Admission;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * How admission sees the jobs of one kind.
 *
 * @param type of its objects
 * @param waiting the workload of a job that asks for places
 * @param grant the places that a job holds
 * @param admission what its status says of these; empty for nothing
 * @param decided is told of each job about which something new was decided
 */
public record WorkloadSource<J extends HasMetadata>(
        Class<J> type,
        Function<J, Optional<Workload>> waiting,
        Function<J, Optional<Grant>> grant,
        Function<J, Optional<Admission>> admission,
        Consumer<JobRef> decided) {

    Optional<Workload> waitingOf(HasMetadata job) {
        return waiting.apply(type.cast(job));
    }

    Optional<Grant> grantOf(HasMetadata job) {
        return grant.apply(type.cast(job));
    }

    Optional<Admission> admissionOf(HasMetadata job) {
        return admission.apply(type.cast(job));
    }
}
