package dev.capstan.controllers.pods;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Whose pods they are, and what all of them mount.
 *
 * @param object the job or service
 * @param shortName of its kind, such as {@code tj}: two kinds may have an object of one name in one namespace
 * @param volumes what it reads and writes
 * @param hasModelCopy whether its pods mount the object's own copy of a model's configuration
 */
public record PodOwner(HasMetadata object, String shortName, Volumes volumes, boolean hasModelCopy) {
    /** Names of what it owns. */
    public Names names() {
        return Names.of(shortName, object.getMetadata());
    }
}
