package dev.capstan.crds.compression;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;

/** How activations are laid out over the integers. */
public class ActivationQuantization extends Block {
    @JsonPropertyDescription(
            "scheme says where 0 lies. Asymmetric: uint8, the whole range of what was seen. Symmetric: int8, 0 in the middle. Default: Asymmetric.")
    private Scheme scheme;

    /** Where 0 lies, or null. */
    public Scheme getScheme() {
        return scheme;
    }

    public ActivationQuantization setScheme(Scheme scheme) {
        this.scheme = scheme;
        return this;
    }

    /** Where 0 lies. */
    public Scheme scheme() {
        return scheme == null ? Scheme.ASYMMETRIC : scheme;
    }
}
