package dev.capstan.controllers.testing;

import dev.capstan.crds.Adam;
import dev.capstan.crds.Data;
import dev.capstan.crds.DataFormat;
import dev.capstan.crds.Dataset;
import dev.capstan.crds.Optimizer;
import dev.capstan.crds.Output;
import dev.capstan.crds.Storage;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.Workers;
import dev.capstan.crds.training.Activation;
import dev.capstan.crds.training.DenseLayer;
import dev.capstan.crds.training.Layer;
import dev.capstan.crds.training.Loss;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.OutputLayer;
import dev.capstan.crds.training.Training;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;

/** Training jobs for tests. */
public final class Jobs {
    private Jobs() {}

    /** A job as a user writes it: MNIST, each worker with one GPU. */
    public static TrainingJob mnist(String namespace, String name, int replicas) {
        var job = new TrainingJob();
        job.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        var spec = new TrainingJobSpec()
                .setModel(new Model()
                        .setLayers(List.of(
                                new Layer()
                                        .setDense(new DenseLayer().setUnits(128).setActivation(Activation.RELU)),
                                new Layer()
                                        .setOutput(new OutputLayer()
                                                .setUnits(10)
                                                .setActivation(Activation.SOFTMAX)
                                                .setLoss(Loss.MCXENT)))))
                .setData(new Data()
                        .setTrain(new Dataset()
                                .setUri("pvc://datasets/mnist/train")
                                .setFormat(DataFormat.IDX))
                        .setTest(new Dataset()
                                .setUri("pvc://datasets/mnist/test")
                                .setFormat(DataFormat.IDX)))
                .setTraining(new Training()
                        .setEpochs(5)
                        .setBatchSize(32)
                        .setOptimizer(new Optimizer().setAdam(new Adam()))
                        .setSeed(42L));
        var workers = new Workers().setReplicas(replicas);
        workers.setResources(new WorkerResources().setLimits(Map.of("nvidia.com/gpu", new Quantity("1"))));
        spec.setWorkers(workers).setOutput(new Output().setStorage(new Storage().setUri("pvc://models/" + name)));
        job.setSpec(spec);
        job.setStatus(null);
        return job;
    }
}
