package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.StoragePaths;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.EarlierCheckpoint;
import dev.capstan.crds.Goodput;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Output;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Timeouts;
import java.util.List;
import java.util.Optional;

/** The job file of an attempt: the spec with every default spelled out, in the worker's terms. */
final class JobFiles {
    private JobFiles() {}

    static JobFile of(JobDescription description, int attempt, Timeouts timeouts) {
        var metadata = description.job().getMetadata();
        var spec = description.job().getSpec();
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job(metadata.getNamespace(), metadata.getName(), metadata.getUid(), attempt),
                description.work(),
                checkpoints(description.job()),
                peers(description, attempt),
                output(spec.getOutput()),
                description.replacesWorkers()
                        ? timeouts
                        : new Timeouts(timeouts.silence(), timeouts.late(), timeouts.storage()));
    }

    private static JobFile.Checkpoints checkpoints(CapstanJob<?, ?> job) {
        var spec = job.getSpec();
        var storage = spec.checkpointStorage();
        var checkpoint = spec.checkpoint();
        return new JobFile.Checkpoints(
                StoragePaths.path(storage),
                storage.uri().toString(),
                checkpoint.everySteps(),
                checkpoint.everySeconds(),
                checkpoint.keep(),
                listed(job.getStatus()),
                StoragePaths.service(storage),
                AcceptedData.of(job).orElse(null),
                checkpoint.findsInterval() ? failures(job.getStatus()) : null,
                resumeFrom(checkpoint.getResumeFrom()));
    }

    private static JobFile.From resumeFrom(EarlierCheckpoint from) {
        return from == null ? null : new JobFile.From(StoragePaths.of(from.getUri(), from.getS3()), from.getDigest());
    }

    /** What is known of failures before an attempt begins. */
    private static JobFile.Checkpoints.Auto failures(JobStatus status) {
        var known = Optional.ofNullable(status);
        return new JobFile.Checkpoints.Auto(
                known.map(JobStatus::getRestarts).orElse(0),
                known.map(JobStatus::getGoodput)
                        .map(Goodput::getWallSeconds)
                        .map(Double::parseDouble)
                        .orElse(0.0));
    }

    private static List<Progress.Checkpoint> listed(JobStatus status) {
        return Optional.ofNullable(status)
                .map(JobStatus::getLastCheckpoint)
                .map(last -> new Progress.Checkpoint(last.getStep(), last.getUri(), last.getDigest(), last.getTime()))
                .stream()
                .toList();
    }

    private static JobFile.Output output(Output output) {
        var folder = output.getStorage().folder();
        return new JobFile.Output(
                StoragePaths.path(folder),
                folder.uri().toString(),
                switch (output.ifExists()) {
                    case FAIL -> JobFile.Output.IfExists.FAIL;
                    case REUSE -> JobFile.Output.IfExists.REUSE;
                    case OVERWRITE -> JobFile.Output.IfExists.OVERWRITE;
                },
                StoragePaths.service(folder));
    }

    /**
     * {@code pod.service:port} of every rank, as the attempt begins: resolved within the namespace, before the pods are
     * ready.
     */
    private static List<String> peers(JobDescription description, int attempt) {
        var names = description.owner().names();
        return description.podSets().stream()
                .flatMap(set -> set.ranks().mapToObj(rank -> names.pod(attempt, set, rank, 0)))
                .limit(description.replicas())
                .map(pod -> pod + "." + names.service() + ":" + Contract.PEER_PORT)
                .toList();
    }
}
