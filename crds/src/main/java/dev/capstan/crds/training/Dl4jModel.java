package dev.capstan.crds.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import dev.capstan.crds.KeyReference;
import io.fabric8.generator.annotation.Required;

/** A network as DL4J's own JSON. */
public class Dl4jModel extends Block {
    @JsonPropertyDescription(
            "configMapKeyRef names the key of a ConfigMap that holds the JSON of a MultiLayerConfiguration or ComputationGraphConfiguration, as DL4J writes it. It is copied when an attempt starts: a change in mid-job changes nothing.")
    @Required
    private KeyReference configMapKeyRef;

    /** The key that holds the JSON. */
    public KeyReference getConfigMapKeyRef() {
        return configMapKeyRef;
    }

    public Dl4jModel setConfigMapKeyRef(KeyReference configMapKeyRef) {
        this.configMapKeyRef = configMapKeyRef;
        return this;
    }
}
