package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Data;
import dev.capstan.crds.JobSpec;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** What to train, on what, how, and where the result goes. */
@ValidationRule(
        value =
                "self.training.batchSize >= (has(self.workers) && has(self.workers.replicas) ? self.workers.replicas : 1)",
        message = "training.batchSize must be at least workers.replicas: each worker needs a sample in every step",
        fieldPath = ".training.batchSize")
@ValidationRule(
        value = "!has(self.model.layers) || has(self.training.optimizer)",
        message = "training.optimizer is required with model.layers: set one, such as optimizer: {adam: {}}",
        fieldPath = ".training.optimizer")
@ValidationRule(
        value = "!has(self.model.torchScript) || has(self.training.optimizer)",
        message = "training.optimizer is required with model.torchScript: set one, such as optimizer: {adam: {}}",
        fieldPath = ".training.optimizer")
@ValidationRule(
        value =
                "!has(self.model.torchScript) || !has(self.training.engine) || self.training.engine != 'Deeplearning4j'",
        message = "Deeplearning4j doesn't compute model.torchScript: set training.engine to Auto or LibTorch",
        fieldPath = ".training.engine")
@ValidationRule(
        value = "has(self.model.layers) || has(self.model.torchScript) || !has(self.training.l1)",
        message =
                "training.l1 works with model.layers and model.torchScript only: remove l1, or say it in the model's own configuration",
        fieldPath = ".training.l1")
@ValidationRule(
        value = "has(self.model.layers) || has(self.model.torchScript) || !has(self.training.l2)",
        message =
                "training.l2 works with model.layers and model.torchScript only: remove l2, or say it in the model's own configuration",
        fieldPath = ".training.l2")
@ValidationRule(
        value = "has(self.model.layers) || has(self.model.torchScript) || !has(self.training.classWeights)",
        message =
                "training.classWeights works with model.layers and model.torchScript only: remove classWeights, or say it in the model's own configuration",
        fieldPath = ".training.classWeights")
@ValidationRule(
        value =
                "!has(self.training.classWeights) || !has(self.model.layers) || self.model.layers.all(layer, !has(layer.output) || layer.output.loss == 'mcxent')",
        message =
                "training.classWeights works with loss: mcxent only: set that loss in the output layer, or remove classWeights",
        fieldPath = ".training.classWeights")
@ValidationRule(
        value =
                "!has(self.training.classWeights) || !has(self.training.classWeights.values) || !has(self.model.layers) || self.model.layers.all(layer, !has(layer.output) || layer.output.units == size(self.training.classWeights.values))",
        message =
                "training.classWeights.values must have a factor for each class: as many as the output layer has units",
        fieldPath = ".training.classWeights.values")
@ValidationRule(
        value =
                "!(has(self.model.layers) && self.model.layers.exists(layer, has(layer.embedding))) || has(self.data.train.text) && self.data.train.text.encoding == 'sequence'",
        message =
                "an embedding in model.layers reads the words of a text: set data.train.format: text with text.encoding: sequence, or remove the embedding",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!(has(self.model.layers) && self.model.layers.exists(layer, has(layer.lstm))) || has(self.data.train.text) && self.data.train.text.encoding == 'sequence'",
        message =
                "an lstm in model.layers reads a sequence: set data.train.format: text with text.encoding: sequence, or remove the lstm",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!(has(self.model.layers) && self.model.layers.exists(layer, has(layer.conv1d) || has(layer.positions) || has(layer.attention) || has(layer.residual) && has(layer.residual.layers) && layer.residual.layers.exists(inner, has(inner.conv1d) || has(inner.attention) || has(inner.lstm)))) || has(self.data.train.text) && self.data.train.text.encoding == 'sequence'",
        message =
                "conv1d, positions, attention and lstm in model.layers read a sequence: set data.train.format: text with text.encoding: sequence, or remove them",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!has(self.model.layers) || size(self.model.layers) == 0 || !(has(self.data.train.text) && self.data.train.text.encoding == 'sequence') || has(self.model.layers[0].embedding)",
        message =
                "with text.encoding: sequence the first of model.layers must be an embedding, such as embedding: {units: 32}; or set text.encoding: bagOfWords",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!(has(self.model.layers) && self.model.layers.exists(layer, has(layer.convolution)) || has(self.model.layers) && self.model.layers.exists(layer, has(layer.pooling))) || self.data.train.format in ['images', 'idx']",
        message =
                "convolution and pooling in model.layers need images: set data.train.format: images or idx, or remove them",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!(has(self.model.layers) && self.model.layers.exists(layer, has(layer.globalPooling))) || self.data.train.format in ['images', 'idx'] || has(self.data.train.text) && self.data.train.text.encoding == 'sequence'",
        message =
                "globalPooling in model.layers needs images or a sequence: set data.train.format: images or idx, or text with text.encoding: sequence, or remove it",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!has(self.model.layers) || has(self.data.train.csv) && has(self.data.train.csv.targetColumns) || self.model.layers.all(layer, !has(layer.output) || layer.output.units >= 2)",
        message =
                "the output layer in model.layers needs units of at least 2, one for each class; a model that predicts one number names it in data.train.csv.targetColumns",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!has(self.model.layers) || !(has(self.data.train.csv) && has(self.data.train.csv.targetColumns)) || self.model.layers.all(layer, !has(layer.output) || layer.output.units == size(self.data.train.csv.targetColumns))",
        message = "the output layer in model.layers needs as many units as data.train.csv.targetColumns has columns",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!has(self.model.layers) || !(has(self.data.train.csv) && has(self.data.train.csv.targetColumns)) || self.model.layers.all(layer, !has(layer.output) || layer.output.loss in ['mse', 'mae', 'huber'] && layer.output.activation != 'softmax')",
        message =
                "with data.train.csv.targetColumns the output layer in model.layers predicts numbers: it needs loss: mse, mae or huber, and another activation than softmax, such as identity",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!has(self.model.layers) || !(has(self.data.train.csv) && has(self.data.train.csv.targetColumns) && has(self.data.train.csv.standardize) && self.data.train.csv.standardize) || self.model.layers.all(layer, !has(layer.output) || layer.output.activation == 'identity')",
        message =
                "with data.train.csv.standardize the targetColumns are standardized, too, so the output layer in model.layers needs activation: identity; set that, or remove standardize",
        fieldPath = ".model.layers")
@ValidationRule(
        value =
                "!(has(self.data.train.csv) && has(self.data.train.csv.targetColumns)) || !has(self.training.earlyStopping) || !has(self.training.earlyStopping.metric) || self.training.earlyStopping.metric == 'loss'",
        message =
                "training.earlyStopping.metric must be loss with data.train.csv.targetColumns: numbers have no accuracy",
        fieldPath = ".training.earlyStopping.metric")
@ValidationRule(
        value =
                "!has(self.redundancy) || !has(self.redundancy.spares) || self.redundancy.spares == 0 || has(self.workers) && has(self.workers.replicas) && self.workers.replicas >= 2",
        message =
                "redundancy.spares needs workers.replicas of at least 2: a spare that takes a lost worker's place gets the training's state from another worker; raise workers.replicas, or remove spares",
        fieldPath = ".redundancy.spares")
@ValidationRule(
        value =
                "!has(self.redundancy) || !has(self.redundancy.spares) || !has(self.workers) || !has(self.workers.replicas) || self.workers.replicas < 2 || self.redundancy.spares <= self.workers.replicas && self.redundancy.spares + self.workers.replicas <= 1024",
        message =
                "redundancy.spares must be at most workers.replicas, and both together at most 1024: no more workers than there are can be lost at once",
        fieldPath = ".redundancy.spares")
public class TrainingJobSpec extends JobSpec {
    @JsonPropertyDescription("model is the network to train. It cannot be changed after creation.")
    @Required
    private Model model;

    @JsonPropertyDescription(
            "data is what the model learns from and is measured on. It cannot be changed after creation.")
    @Required
    private Data data;

    @JsonPropertyDescription(
            "training says how long, how fast and from which seed to train. It cannot be changed after creation.")
    @Required
    private Training training;

    @JsonPropertyDescription(
            "parallelism says how the work is divided among the workers. It cannot be changed after creation.")
    private Parallelism parallelism;

    @JsonPropertyDescription(
            "redundancy says what stays when a worker or a node goes. Default: no spares, and workers may be close together.")
    private Redundancy redundancy;

    /** The network to train. */
    public Model getModel() {
        return model;
    }

    public TrainingJobSpec setModel(Model model) {
        this.model = model;
        return this;
    }

    /** What the model learns from. */
    public Data getData() {
        return data;
    }

    public TrainingJobSpec setData(Data data) {
        this.data = data;
        return this;
    }

    /** How to train. */
    public Training getTraining() {
        return training;
    }

    public TrainingJobSpec setTraining(Training training) {
        this.training = training;
        return this;
    }

    /** How the work is divided, or null. */
    public Parallelism getParallelism() {
        return parallelism;
    }

    public TrainingJobSpec setParallelism(Parallelism parallelism) {
        this.parallelism = parallelism;
        return this;
    }

    /** How the work is divided. */
    public Parallelism parallelism() {
        return parallelism == null ? new Parallelism() : parallelism;
    }

    /** What stays when a worker or a node goes, or null. */
    public Redundancy getRedundancy() {
        return redundancy;
    }

    public TrainingJobSpec setRedundancy(Redundancy redundancy) {
        this.redundancy = redundancy;
        return this;
    }

    /** What stays when a worker or a node goes. */
    public Redundancy redundancy() {
        return redundancy == null ? new Redundancy() : redundancy;
    }
}
