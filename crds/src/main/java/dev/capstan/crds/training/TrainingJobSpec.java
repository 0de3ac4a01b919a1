package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.FailurePolicy;
import dev.capstan.crds.Output;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.Workers;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * What to train, on what, how, and where the result goes. Read fields that may be null through
 * {@link TrainingDefaults}.
 */
@ValidationRule(
        value =
                "self.training.batchSize >= (has(self.workers) && has(self.workers.replicas) ? self.workers.replicas : 1)",
        message = "training.batchSize must be at least workers.replicas: each worker needs a sample in every step",
        fieldPath = ".training.batchSize")
@ValidationRule(value = "self.model == oldSelf.model", message = "model " + TrainingJobSpec.FIXED, fieldPath = ".model")
@ValidationRule(value = "self.data == oldSelf.data", message = "data " + TrainingJobSpec.FIXED, fieldPath = ".data")
@ValidationRule(
        value = "self.training == oldSelf.training",
        message = "training " + TrainingJobSpec.FIXED,
        fieldPath = ".training")
@ValidationRule(
        value =
                "has(self.parallelism) == has(oldSelf.parallelism) && (!has(self.parallelism) || self.parallelism == oldSelf.parallelism)",
        message = "parallelism " + TrainingJobSpec.FIXED,
        fieldPath = ".parallelism")
@ValidationRule(
        value = "has(self.workers) == has(oldSelf.workers) && (!has(self.workers) || self.workers == oldSelf.workers)",
        message = "workers " + TrainingJobSpec.FIXED,
        fieldPath = ".workers")
@ValidationRule(
        value = "self.output == oldSelf.output",
        message = "output " + TrainingJobSpec.FIXED,
        fieldPath = ".output")
public class TrainingJobSpec extends Block {
    static final String FIXED =
            "cannot be changed after creation: delete the TrainingJob and apply it again, or apply it under a new name";

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
            "workers describes the pods that train. Default: one worker without limits. It cannot be changed after creation.")
    private Workers workers;

    @JsonPropertyDescription("scheduling says how the workers get their places. May be changed at any time.")
    private Scheduling scheduling;

    @JsonPropertyDescription("failurePolicy says what happens when workers are lost. May be changed at any time.")
    private FailurePolicy failurePolicy;

    @JsonPropertyDescription("output says where the trained model goes. It cannot be changed after creation.")
    @Required
    private Output output;

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

    /** The pods that train, or null. */
    public Workers getWorkers() {
        return workers;
    }

    public TrainingJobSpec setWorkers(Workers workers) {
        this.workers = workers;
        return this;
    }

    /** How the workers get their places, or null. */
    public Scheduling getScheduling() {
        return scheduling;
    }

    public TrainingJobSpec setScheduling(Scheduling scheduling) {
        this.scheduling = scheduling;
        return this;
    }

    /** What happens when workers are lost, or null. */
    public FailurePolicy getFailurePolicy() {
        return failurePolicy;
    }

    public TrainingJobSpec setFailurePolicy(FailurePolicy failurePolicy) {
        this.failurePolicy = failurePolicy;
        return this;
    }

    /** Where the trained model goes. */
    public Output getOutput() {
        return output;
    }

    public TrainingJobSpec setOutput(Output output) {
        this.output = output;
        return this;
    }
}
