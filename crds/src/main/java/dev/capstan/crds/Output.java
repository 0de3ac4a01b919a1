package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** Where results go. */
public class Output extends Block {
    @JsonPropertyDescription("storage is the place of the artifact.")
    @Required
    private Storage storage;

    @JsonPropertyDescription(
            "ifExists says what to do when the artifact of another job lies there. Fail: the job fails, before it trains. Reuse: the job takes it for its own without training if it was made by the same recipe, which is model, data and training, and fails otherwise. Overwrite: the new artifact replaces it once it is whole. Default: Fail.")
    private IfExists ifExists;

    /** The place of the artifact. */
    public Storage getStorage() {
        return storage;
    }

    public Output setStorage(Storage storage) {
        this.storage = storage;
        return this;
    }

    /** What to do about the artifact of another job there, or null. */
    public IfExists getIfExists() {
        return ifExists;
    }

    public Output setIfExists(IfExists ifExists) {
        this.ifExists = ifExists;
        return this;
    }

    /** What to do about the artifact of another job there. */
    public IfExists ifExists() {
        return ifExists == null ? IfExists.FAIL : ifExists;
    }
}
