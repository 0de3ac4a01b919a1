package dev.capstan.controllers.training;

import dev.capstan.controllers.job.DataMapper;
import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.pods.PodSet;
import dev.capstan.controllers.pods.Volumes.Source;
import dev.capstan.crds.EarlierModel;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.training.Dl4jModel;
import dev.capstan.crds.training.Engine;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** What is a training job's own: equal workers, spares beside them, a model, data, and how to train. */
record TrainingDescription(TrainingJob job) implements JobDescription {
    @Override
    public String shortName() {
        return "tj";
    }

    @Override
    public JobStatus newStatus() {
        return new TrainingJobStatus();
    }

    @Override
    public List<PodSet> podSets() {
        var workers = job.getSpec().workers();
        return List.of(new PodSet(PodSet.WORKER, Contract.TRAIN, 0, workers.replicas() + spares(), workers));
    }

    @Override
    public int spares() {
        return job.getSpec().redundancy().spares();
    }

    @Override
    public Optional<String> spread() {
        return job.getSpec().redundancy().spread();
    }

    @Override
    public List<Source> inputs() {
        var spec = job.getSpec();
        var sources = new ArrayList<Source>();
        Stream.of(spec.getData().getTrain(), spec.getData().getTest())
                .filter(Objects::nonNull)
                .map(dataset -> new Source(dataset.getUri(), dataset.getS3()))
                .forEach(sources::add);
        earlierModel()
                .filter(from -> from.getUri() != null)
                .ifPresent(from -> sources.add(new Source(from.getUri(), from.getS3())));
        var jar = spec.getModel().getJar();
        if (jar != null) {
            sources.add(new Source(jar.getUri(), jar.getS3()));
        }
        var script = spec.getModel().getTorchScript();
        if (script != null) {
            sources.add(new Source(script.getUri(), script.getS3()));
        }
        return sources;
    }

    @Override
    public Optional<KeyReference> modelConfiguration() {
        return Optional.ofNullable(job.getSpec().getModel().getDl4j()).map(Dl4jModel::getConfigMapKeyRef);
    }

    @Override
    public Optional<ModelSource.Ref> modelFrom() {
        return earlierModel()
                .map(EarlierModel::getTrainingJobRef)
                .map(reference -> new ModelSource.Ref(job.getKind(), reference.getName(), "model.from.trainingJobRef"));
    }

    @Override
    public boolean checksData() {
        return job.getSpec().getData().checkFirst();
    }

    @Override
    public boolean replacesWorkers() {
        return replicas() > 1;
    }

    @Override
    public Work work() {
        var spec = job.getSpec();
        return new Work.Train(
                ModelMapper.of(job),
                DataMapper.of(spec.getData()),
                TrainingMapper.of(spec.getTraining(), spec.parallelism()));
    }

    @Override
    public Verdict judge(Outcome made) {
        return made.artifact() == null
                ? new Verdict.Rejected(Outcome.Reason.WorkerError.name(), "the workers ended without a model")
                : new Verdict.Accepted();
    }

    @Override
    public String workingReason() {
        return Reasons.TRAINING;
    }

    @Override
    public Optional<String> doing(Progress.Stage stage, int workers) {
        boolean one = workers == 1;
        var who = one ? "1 worker" : workers + " workers";
        return switch (stage) {
            case MEETING, STANDBY -> Optional.empty();
            case LOADING -> Optional.of(who + (one ? " reads its data" : " read their data"));
            case TRAINING -> Optional.of(who + (one ? " trains" : " train"));
            case PRUNING, CALIBRATING, QUANTIZING -> Optional.empty();
            case EVALUATING -> Optional.of("the model is trained, and measured on the test data");
            case SAVING, DONE -> Optional.of("the model is trained, and saved");
        };
    }

    @Override
    public String lessMemory() {
        var smaller = "make training.batchSize or the model smaller, or training.accumulateSteps larger";
        return job.getSpec().getTraining().engine() == Engine.DEEPLEARNING4J
                ? smaller
                : smaller + ", or take training.engine Deeplearning4j, which needs some 250 MiB less than LibTorch";
    }

    private Optional<EarlierModel> earlierModel() {
        return Optional.ofNullable(job.getSpec().getModel().getFrom());
    }
}
