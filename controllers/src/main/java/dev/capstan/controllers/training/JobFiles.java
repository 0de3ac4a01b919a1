package dev.capstan.controllers.training;

import dev.capstan.crds.Output;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobSpec;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import java.util.List;
import java.util.stream.IntStream;

/** The job file of an attempt: the spec with every default spelled out, in the worker's terms. */
final class JobFiles {
    private JobFiles() {}

    static JobFile of(TrainingJob job, int attempt) {
        var spec = job.getSpec();
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job(
                        job.getMetadata().getNamespace(),
                        job.getMetadata().getName(),
                        job.getMetadata().getUid(),
                        attempt),
                ModelTerms.of(job),
                DataTerms.of(spec.getData()),
                TrainingTerms.of(spec.getTraining()),
                checkpoints(spec),
                peers(job, attempt),
                output(spec.getOutput()));
    }

    private static JobFile.Checkpoints checkpoints(TrainingJobSpec spec) {
        var storage = TrainingDefaults.checkpointStorage(spec);
        return new JobFile.Checkpoints(
                Places.path(storage),
                storage.toString(),
                TrainingDefaults.everySteps(spec),
                TrainingDefaults.everySeconds(spec),
                TrainingDefaults.keep(spec));
    }

    private static JobFile.Output output(Output output) {
        var uri = VolumeUri.parse(output.getStorage().getUri());
        return new JobFile.Output(
                Places.path(uri),
                uri.toString(),
                switch (TrainingDefaults.ifExists(output)) {
                    case FAIL -> JobFile.Output.IfExists.FAIL;
                    case REUSE -> JobFile.Output.IfExists.REUSE;
                    case OVERWRITE -> JobFile.Output.IfExists.OVERWRITE;
                });
    }

    /** {@code pod.service:port} of every rank: resolved within the namespace, before the pods are ready. */
    private static List<String> peers(TrainingJob job, int attempt) {
        var names = Names.of(job.getMetadata().getName());
        return IntStream.range(0, TrainingDefaults.replicas(job.getSpec()))
                .mapToObj(rank -> names.pod(attempt, rank, 0) + "." + names.service() + ":" + Contract.PEER_PORT)
                .toList();
    }
}
