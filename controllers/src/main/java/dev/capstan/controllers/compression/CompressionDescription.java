package dev.capstan.controllers.compression;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.OwnStatus;
import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.pods.PodSet;
import dev.capstan.controllers.pods.Volumes.Source;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.compression.CompressionJobStatus;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Work;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is a compression job's own: a model, steps, bounds, and a result that may be beyond them. */
record CompressionDescription(CompressionJob job) implements JobDescription {
    @Override
    public String shortName() {
        return "cmj";
    }

    @Override
    public JobStatus newStatus() {
        return new CompressionJobStatus();
    }

    @Override
    public List<PodSet> podSets() {
        var workers = job.getSpec().workers();
        return List.of(new PodSet(PodSet.WORKER, Contract.COMPRESS, 0, workers.replicas(), workers));
    }

    @Override
    public List<Source> inputs() {
        var data = job.getSpec().data();
        var sources = new ArrayList<Source>();
        Stream.of(data.getTrain(), data.getTest())
                .filter(Objects::nonNull)
                .map(dataset -> new Source(dataset.getUri(), dataset.getS3()))
                .forEach(sources::add);
        var from = job.getSpec().getModel().getFrom();
        if (from.getUri() != null) {
            sources.add(new Source(from.getUri(), from.getS3()));
        }
        var jar = job.getSpec().getModel().getJar();
        if (jar != null) {
            sources.add(new Source(jar.getUri(), jar.getS3()));
        }
        return sources;
    }

    @Override
    public Optional<KeyReference> modelConfiguration() {
        return Optional.empty();
    }

    @Override
    public Optional<ModelSource.Ref> modelFrom() {
        var from = job.getSpec().getModel().getFrom();
        if (from.getTrainingJobRef() != null) {
            return Optional.of(new ModelSource.Ref(
                    HasMetadata.getKind(TrainingJob.class),
                    from.getTrainingJobRef().getName(),
                    "model.from.trainingJobRef"));
        }
        return Optional.ofNullable(from.getCompressionJobRef())
                .map(other -> new ModelSource.Ref(job.getKind(), other.getName(), "model.from.compressionJobRef"));
    }

    @Override
    public boolean checksData() {
        return job.getSpec().data().checkFirst();
    }

    @Override
    public Work work() {
        return CompressionMapper.of(job);
    }

    @Override
    public OwnStatus ownStatus() {
        return new Findings(job.getSpec());
    }

    @Override
    public Verdict judge(Outcome made) {
        var found = made.compression();
        if (found != null && found.refused()) {
            return new Verdict.NotAccepted(Reasons.NOT_ACCEPTED, BoundRows.missed(found.bounds()));
        }
        if (made.artifact() == null) {
            return new Verdict.Rejected(Outcome.Reason.WorkerError.name(), "the workers ended without a model");
        }
        boolean unknown = found == null || found.bounds() == null;
        if (unknown && job.getSpec().acceptance().isPresent()) {
            return new Verdict.Rejected(
                    Outcome.Reason.WorkerError.name(),
                    "the workers wrote a model and don't say whether it is within the bounds of acceptance");
        }
        return new Verdict.Accepted();
    }

    @Override
    public String workingReason() {
        return Reasons.COMPRESSING;
    }

    @Override
    public Optional<String> doing(Progress.Stage stage, int workers) {
        boolean one = workers == 1;
        var who = one ? "1 worker" : workers + " workers";
        return switch (stage) {
            case MEETING, STANDBY -> Optional.empty();
            case LOADING -> Optional.of(who + (one ? " reads model and data" : " read model and data"));
            case PRUNING -> Optional.of(step() + "weights are pruned");
            case TRAINING -> Optional.of(step() + who + (one ? " fine-tunes" : " fine-tune"));
            case CALIBRATING -> Optional.of(step() + "the ranges of activations are found");
            case QUANTIZING -> Optional.of(step() + "weights and activations are quantized");
            case EVALUATING -> Optional.of("size, accuracy and speed are measured, before and after");
            case SAVING, DONE -> Optional.of("the result is measured, and saved if it is accepted");
        };
    }

    /** Neither batches nor calibration are there in every job. */
    @Override
    public String lessMemory() {
        var steps = job.getSpec().getSteps();
        boolean tunes = steps.stream()
                .anyMatch(step -> step.getPrune() != null && step.getPrune().getFineTune() != null);
        boolean quantizes = steps.stream().anyMatch(step -> step.getQuantize() != null);
        return Stream.of(
                        tunes ? "make fineTune.batchSize smaller" : "",
                        quantizes ? "calibrate with fewer samples (quantize.calibration.samples)" : "")
                .filter(advice -> !advice.isEmpty())
                .collect(Collectors.joining(", or "));
    }

    /** The first step that has no row yet is the one that is under way. */
    private String step() {
        int steps = job.getSpec().getSteps().size();
        int done = Optional.ofNullable(job.getStatus())
                .map(CompressionJobStatus::getCompression)
                .map(found -> found.getSteps())
                .map(List::size)
                .orElse(0);
        return "step %d of %d: ".formatted(Math.min(done + 1, steps), steps);
    }
}
