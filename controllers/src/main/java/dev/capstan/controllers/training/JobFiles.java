package dev.capstan.controllers.training;

import dev.capstan.crds.Dataset;
import dev.capstan.crds.TextOptions;
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
                new JobFile.Model(
                        spec.getModel().getLayers().stream()
                                .map(JobFiles::layer)
                                .toList(),
                        null,
                        null,
                        null),
                new JobFile.Data(
                        dataset(spec.getData().getTrain()),
                        dataset(spec.getData().getTest())),
                new dev.capstan.protocol.Training(
                        training.getEpochs(),
                        training.getBatchSize(),
                        optimizer(training.getOptimizer()),
                        null,
                        0,
                        0,
                        null,
                        0,
                        null,
                        null,
                        TrainingDefaults.seed(training)),
                new JobFile.Checkpoints(Volumes.path(output) + "/checkpoints", output + "/checkpoints", 0, 0, 2),
                peers(job, attempt),
                new JobFile.Output(Volumes.path(output), output, JobFile.Output.IfExists.FAIL));
    }

    /** {@code pod.service:port} of every rank: resolved within the namespace, before the pods are ready. */
    private static List<String> peers(TrainingJob job, int attempt) {
        var names = Names.of(job.getMetadata().getName());
        return IntStream.range(0, TrainingDefaults.replicas(job.getSpec()))
                .mapToObj(rank -> names.pod(attempt, rank, 0) + "." + names.service() + ":" + Contract.PEER_PORT)
                .toList();
    }

    private static dev.capstan.protocol.Layer layer(Layer layer) {
        if (layer.getOutput() != null) {
            var output = layer.getOutput();
            return new dev.capstan.protocol.Layer.Output(
                    output.getUnits(), lowerCase(output.getActivation()), lowerCase(output.getLoss()));
        }
        var dense = layer.getDense();
        return new dev.capstan.protocol.Layer.Dense(dense.getUnits(), lowerCase(dense.getActivation()));
    }

    private static JobFile.Dataset dataset(Dataset dataset) {
        if (dataset == null) {
            return null;
        }
        var place = new JobFile.Place(Volumes.path(dataset.getUri()), dataset.getUri(), null);
        return switch (dataset.getFormat()) {
            case IDX -> new JobFile.Dataset(place, JobFile.Dataset.Format.IDX, null, null, null);
            case CSV ->
                new JobFile.Dataset(
                        place,
                        JobFile.Dataset.Format.CSV,
                        new JobFile.Csv(
                                TrainingDefaults.header(dataset.getCsv()),
                                TrainingDefaults.labelColumn(dataset.getCsv())),
                        null,
                        null);
            case IMAGES ->
                new JobFile.Dataset(
                        place,
                        JobFile.Dataset.Format.IMAGES,
                        null,
                        new JobFile.Images(
                                dataset.getImages().getHeight(),
                                dataset.getImages().getWidth(),
                                TrainingDefaults.channels(dataset.getImages())),
                        null);
            case TEXT -> new JobFile.Dataset(place, JobFile.Dataset.Format.TEXT, null, null, text(dataset.getText()));
        };
    }

    private static JobFile.Text text(TextOptions text) {
        return new JobFile.Text(
                TrainingDefaults.header(text),
                TrainingDefaults.textColumn(text),
                TrainingDefaults.labelColumn(text),
                JobFile.Text.Encoding.valueOf(text.getEncoding().name()),
                TrainingDefaults.vocabularySize(text),
                TrainingDefaults.maxLength(text));
    }

    private static dev.capstan.protocol.Optimizer optimizer(Optimizer optimizer) {
        if (optimizer.getAdam() != null) {
            var adam = optimizer.getAdam();
            return new dev.capstan.protocol.Optimizer.Adam(
                    TrainingDefaults.learningRate(adam),
                    TrainingDefaults.beta1(adam),
                    TrainingDefaults.beta2(adam),
                    TrainingDefaults.epsilon(adam));
        }
        if (optimizer.getNesterov() != null) {
            var nesterov = optimizer.getNesterov();
            return new dev.capstan.protocol.Optimizer.Nesterov(
                    nesterov.getLearningRate(), TrainingDefaults.momentum(nesterov));
        }
        return new dev.capstan.protocol.Optimizer.Sgd(optimizer.getSgd().getLearningRate());
    }

    private static String lowerCase(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
