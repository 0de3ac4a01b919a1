package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.ModelJar;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** The model to compress. */
@ValidationRule(
        value = "!has(self.jar) || !has(self.from.uri) || !self.from.uri.endsWith('.onnx')",
        message =
                "model.jar has layers of DL4J's, and model.from.uri is an ONNX file, which has none: remove jar, or name the folder of an artifact",
        fieldPath = ".jar")
public class CompressionModel extends Block {
    @JsonPropertyDescription("from is the model to go on from: exactly one of uri, trainingJobRef, compressionJobRef.")
    @Required
    private ModelFrom from;

    @JsonPropertyDescription(
            "jar has layers that you wrote in Java, if the model has some: the same that its TrainingJob named. It runs in the pods of the workers, with their rights, which are none. Only a job itself names code that runs for it: no jar is taken from the lineage of the model.")
    private ModelJar jar;

    /** Where it comes from. */
    public ModelFrom getFrom() {
        return from;
    }

    public CompressionModel setFrom(ModelFrom from) {
        this.from = from;
        return this;
    }

    /** Layers that the user wrote, or null. */
    public ModelJar getJar() {
        return jar;
    }

    public CompressionModel setJar(ModelJar jar) {
        this.jar = jar;
        return this;
    }
}
