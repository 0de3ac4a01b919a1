package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.LastWords;
import dev.capstan.controllers.job.OutputUse;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.crds.CapstanJob;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What the world of a job is read with.
 *
 * @param sources finds the job whose model another goes on from, whatever its kind
 * @param goesOnFrom the job whose model a job goes on from, whatever its kind
 * @param writers all jobs that write a place, by {@link OutputUse#place}
 */
public record JobReaders(
        ClusterCache cluster,
        OwnedPods pods,
        NamedObjects named,
        ClaimReader claims,
        PriorityClasses priorities,
        QuotaCache quotas,
        PendingReasons verdicts,
        ProgressReader progress,
        LastWords lastWords,
        CheckpointRequests requests,
        GangVoices gangs,
        EventReader events,
        Upkeep upkeep,
        Function<JobRef, Optional<? extends CapstanJob<?, ?>>> sources,
        Function<JobRef, Optional<JobRef>> goesOnFrom,
        Function<String, Stream<? extends CapstanJob<?, ?>>> writers) {}
