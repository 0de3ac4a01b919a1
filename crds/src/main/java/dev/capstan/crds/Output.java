package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** Where results go. */
public class Output extends Block {
    @JsonPropertyDescription("storage is the place of the artifact.")
    @Required
    private Storage storage;

    /** The place of the artifact. */
    public Storage getStorage() {
        return storage;
    }

    public Output setStorage(Storage storage) {
        this.storage = storage;
        return this;
    }
}
