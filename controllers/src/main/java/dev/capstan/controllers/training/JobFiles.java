package dev.capstan.controllers.training;

import dev.capstan.crds.Dataset;
import dev.capstan.crds.training.Layer;
import dev.capstan.crds.training.Optimizer;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The job file of an attempt: the spec with every default spelled out, in the worker's terms. */
final class JobFiles {
    private JobFiles() {}

    static JobFile of(TrainingJob job, int attempt) {
        var spec = job.getSpec();
        var training = spec.getTraining();
        var output = spec.getOutput().getStorage().getUri();
        return new JobFile(
                JobFile.VERSION,
                new JobFile.Job(
                        job.getMetadata().getNamespace(),
                        job.getMetadata().getName(),
                        job.getMetadata().getUid(),
                        attempt),
                new JobFile.Model(spec.getModel().getLayers().stream()
                        .map(JobFiles::layer)
                        .toList()),
                new JobFile.Data(
                        dataset(spec.getData().getTrain()),
                        dataset(spec.getData().getTest())),
                new JobFile.Training(
                        training.getEpochs(),
                        training.getBatchSize(),
                        optimizer(training.getOptimizer()),
                        TrainingDefaults.seed(training)),
                peers(job, attempt),
                new JobFile.Output(Volumes.path(output), output));
    }

    /** {@code pod.service:port} of every rank: resolved within the namespace, before the pods are ready. */
    private static List<String> peers(TrainingJob job, int attempt) {
        var names = Names.of(job.getMetadata().getName());
        return IntStream.range(0, TrainingDefaults.replicas(job.getSpec()))
                .mapToObj(rank -> names.pod(attempt, rank, 0) + "." + names.service() + ":" + Contract.PEER_PORT)
                .toList();
    }

    private static JobFile.Layer layer(Layer layer) {
        if (layer.getOutput() != null) {
            var output = layer.getOutput();
            return new JobFile.Layer(
                    JobFile.Layer.Kind.OUTPUT,
                    output.getUnits(),
                    lowerCase(output.getActivation()),
                    lowerCase(output.getLoss()));
        }
        var dense = layer.getDense();
        return new JobFile.Layer(JobFile.Layer.Kind.DENSE, dense.getUnits(), lowerCase(dense.getActivation()), null);
    }

    private static JobFile.Dataset dataset(Dataset dataset) {
        if (dataset == null) {
            return null;
        }
        var path = Volumes.path(dataset.getUri());
        return switch (dataset.getFormat()) {
            case IDX -> new JobFile.Dataset(path, dataset.getUri(), JobFile.Dataset.Format.IDX, null);
            case CSV ->
                new JobFile.Dataset(
                        path,
                        dataset.getUri(),
                        JobFile.Dataset.Format.CSV,
                        new JobFile.Csv(
                                TrainingDefaults.header(dataset.getCsv()),
                                TrainingDefaults.labelColumn(dataset.getCsv())));
        };
    }

    private static JobFile.Optimizer optimizer(Optimizer optimizer) {
        if (optimizer.getAdam() != null) {
            var adam = optimizer.getAdam();
            return new JobFile.Optimizer(
                    JobFile.Optimizer.Kind.ADAM,
                    TrainingDefaults.learningRate(adam),
                    0,
                    TrainingDefaults.beta1(adam),
                    TrainingDefaults.beta2(adam),
                    TrainingDefaults.epsilon(adam));
        }
        if (optimizer.getNesterov() != null) {
            var nesterov = optimizer.getNesterov();
            return new JobFile.Optimizer(
                    JobFile.Optimizer.Kind.NESTEROV,
                    nesterov.getLearningRate(),
                    TrainingDefaults.momentum(nesterov),
                    0,
                    0,
                    0);
        }
        return new JobFile.Optimizer(
                JobFile.Optimizer.Kind.SGD, optimizer.getSgd().getLearningRate(), 0, 0, 0, 0);
    }

    private static String lowerCase(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
