package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Data;
import dev.capstan.crds.JobSpec;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Optional;

/** Which model to compress, by which steps, within which bounds, and where the result goes. */
@ValidationRule(
        value = "!has(self.acceptance) || !has(self.acceptance.maxDrop) || has(self.data) && has(self.data.test)",
        message = "acceptance.maxDrop is measured on data.test: set data.test, or remove maxDrop",
        fieldPath = ".acceptance.maxDrop")
@ValidationRule(
        value = "!self.steps.exists(step, has(step.quantize)) || has(self.data) && has(self.data.train)",
        message = "quantize in steps calibrates on data.train: set data.train, or remove the step",
        fieldPath = ".steps")
@ValidationRule(
        value =
                "!self.steps.exists(step, has(step.prune) && has(step.prune.fineTune)) || has(self.data) && has(self.data.train)",
        message = "prune.fineTune in steps trains on data.train: set data.train, or remove fineTune",
        fieldPath = ".steps")
@ValidationRule(
        value =
                "!has(self.data) || !has(self.data.checkFirst) || !self.data.checkFirst || has(self.data.train) || has(self.data.test)",
        message = "data.checkFirst reads the samples of data: set data.train or data.test, or remove checkFirst",
        fieldPath = ".data.checkFirst")
@ValidationRule(
        value =
                "!has(self.model.from.uri) || !self.model.from.uri.endsWith('.onnx') || self.steps.all(step, !has(step.prune))",
        message =
                "prune in steps needs a network of DL4J's, which says what its layers are and can be trained on, and model.from.uri is an ONNX file: leave quantize alone, or name the folder of an artifact",
        fieldPath = ".steps")
@ValidationRule(
        value =
                "!has(self.model.from.uri) || !self.model.from.uri.startsWith('pvc://') || !(self.model.from.uri in [self.output.storage.uri, self.output.storage.uri + '/model.onnx'])",
        message =
                "output.storage.uri is the folder of model.from, which the result would replace: choose another output",
        fieldPath = ".output.storage.uri")
@ValidationRule(
        value =
                "self.steps.all(step, !has(step.prune) || !has(step.prune.fineTune) || step.prune.fineTune.batchSize >= (has(self.workers) && has(self.workers.replicas) ? self.workers.replicas : 1))",
        message =
                "batchSize of every fineTune in steps must be at least workers.replicas: each worker needs a sample in every step",
        fieldPath = ".steps")
@ValidationRule(
        value =
                "!has(self.workers) || !has(self.workers.replicas) || self.workers.replicas == 1 || self.steps.exists(step, has(step.prune) && has(step.prune.fineTune))",
        message =
                "workers.replicas must be 1 if none of steps has a fineTune: that alone is shared among workers, and more would hold their places for nothing",
        fieldPath = ".workers.replicas")
public class CompressionJobSpec extends JobSpec {
    @JsonPropertyDescription("model is the model to compress. It cannot be changed after creation.")
    @Required
    private CompressionModel model;

    @JsonPropertyDescription(
            "data is what steps calibrate and train on, and what the verdict is measured on. Default: none; then no step may need any, and acceptance.maxDrop cannot be set. It cannot be changed after creation.")
    private Data data;

    @JsonPropertyDescription(
            "steps is what is done to the model, one after the other. It cannot be changed after creation.")
    @Required
    @Size(min = 1, max = 16)
    @ValidationRule(
            value =
                    "size(self) == 0 || self.filter(step, has(step.quantize)).size() <= (has(self[size(self) - 1].quantize) ? 1 : 0)",
            message =
                    "quantize must be the last of steps, and there once: its result is ONNX with weights of 8 bits, on which no other step works")
    private List<Step> steps;

    @JsonPropertyDescription(
            "acceptance has the bounds within which the result is let through; beyond them nothing is published. Default: every result is accepted. It cannot be changed after creation.")
    private Acceptance acceptance;

    /** The model to compress. */
    public CompressionModel getModel() {
        return model;
    }

    public CompressionJobSpec setModel(CompressionModel model) {
        this.model = model;
        return this;
    }

    /** Samples, or null. */
    public Data getData() {
        return data;
    }

    public CompressionJobSpec setData(Data data) {
        this.data = data;
        return this;
    }

    /** Samples, as far as there are any. */
    public Data data() {
        return data == null ? new Data() : data;
    }

    /** What is done, in this order. */
    public List<Step> getSteps() {
        return steps;
    }

    public CompressionJobSpec setSteps(List<Step> steps) {
        this.steps = steps;
        return this;
    }

    /** The bounds, or null. */
    public Acceptance getAcceptance() {
        return acceptance;
    }

    public CompressionJobSpec setAcceptance(Acceptance acceptance) {
        this.acceptance = acceptance;
        return this;
    }

    /** The bounds; empty if every result is accepted. */
    public Optional<Acceptance> acceptance() {
        return Optional.ofNullable(acceptance);
    }
}
