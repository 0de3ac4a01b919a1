package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.EarlierModel;
import dev.capstan.crds.ModelJar;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** The network to train: exactly one of its choices is set. */
@ValidationRule(
        value = "[has(self.layers), has(self.dl4j), has(self.from), has(self.torchScript)].exists_one(set, set)",
        message = "model needs exactly one of: layers, dl4j, from, torchScript")
@ValidationRule(
        value = "!has(self.jar) || !has(self.layers)",
        message =
                "model.jar has layers of your own, which model.layers cannot name: remove jar, or describe the model with dl4j or from",
        fieldPath = ".jar")
@ValidationRule(
        value = "!has(self.jar) || !has(self.torchScript)",
        message = "model.jar has layers of DL4J, for which a TorchScript module has no use: remove jar",
        fieldPath = ".jar")
public class Model extends Block {
    @JsonPropertyDescription(
            "layers lists the layers of a network, from the input to the output; the last one is an output layer, and only the last. The number of inputs follows from the data.")
    @Size(min = 1, max = 64)
    @ValidationRule(
            value = "size(self) == 0 || has(self[size(self) - 1].output)",
            message =
                    "the last of model.layers must be an output layer, such as output: {units: 10, activation: softmax, loss: mcxent}")
    @ValidationRule(
            value = "self.filter(layer, has(layer.output)).size() <= 1",
            message = "only the last of model.layers may be an output layer: make the others dense")
    @ValidationRule(
            value =
                    "self.filter(layer, has(layer.embedding)).size() <= (size(self) > 0 && has(self[0].embedding) ? 1 : 0)",
            message =
                    "only the first of model.layers may be an embedding: it reads the words themselves, so move it there, or remove it")
    // Where nothing but the embedding says how long vectors are; else a worker finds out, before it reads anything.
    @ValidationRule(
            value =
                    "size(self) == 0 || !has(self[0].embedding) || self.exists(layer, has(layer.conv1d) || has(layer.lstm) || has(layer.dense)) || self.all(layer, (!has(layer.attention) || self[0].embedding.units % layer.attention.heads == 0) && (!has(layer.residual) || !has(layer.residual.layers) || layer.residual.layers.exists(inner, has(inner.dense) || has(inner.conv1d) || has(inner.lstm)) || layer.residual.layers.all(inner, !has(inner.attention) || self[0].embedding.units % inner.attention.heads == 0)))",
            message =
                    "in model.layers the heads of an attention layer share the numbers of a vector equally: take heads that divide the units of the embedding")
    private List<Layer> layers;

    @JsonPropertyDescription("dl4j is a network in DL4J's own JSON, for what layers cannot say.")
    private Dl4jModel dl4j;

    @JsonPropertyDescription("from is a trained model to go on from.")
    private EarlierModel from;

    @JsonPropertyDescription(
            "torchScript is a module of PyTorch, as torch.jit.script(module).save writes it, to train from the parameters that it has. Its forward takes one batch of samples and gives the logits of the classes, or the numbers to predict.")
    private TorchScript torchScript;

    @JsonPropertyDescription(
            "jar has layers that you wrote in Java; only with dl4j or from. It runs in the pods of the workers, with their rights, which are none.")
    private ModelJar jar;

    /** The layers from input to output, or null. */
    public List<Layer> getLayers() {
        return layers;
    }

    public Model setLayers(List<Layer> layers) {
        this.layers = layers;
        return this;
    }

    /** A network in DL4J's own JSON, or null. */
    public Dl4jModel getDl4j() {
        return dl4j;
    }

    public Model setDl4j(Dl4jModel dl4j) {
        this.dl4j = dl4j;
        return this;
    }

    /** A trained model to go on from, or null. */
    public EarlierModel getFrom() {
        return from;
    }

    public Model setFrom(EarlierModel from) {
        this.from = from;
        return this;
    }

    /** A TorchScript module, or null. */
    public TorchScript getTorchScript() {
        return torchScript;
    }

    public Model setTorchScript(TorchScript torchScript) {
        this.torchScript = torchScript;
        return this;
    }

    /** Layers that the user wrote, or null. */
    public ModelJar getJar() {
        return jar;
    }

    public Model setJar(ModelJar jar) {
        this.jar = jar;
        return this;
    }
}
