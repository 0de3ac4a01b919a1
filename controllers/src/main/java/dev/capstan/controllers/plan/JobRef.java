package dev.capstan.controllers.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** Which job: two kinds may have one of the same name in one namespace. */
public record JobRef(String kind, String namespace, String name) {
    /** That of an object. */
    public static JobRef of(HasMetadata job) {
        return new JobRef(
                job.getKind(),
                job.getMetadata().getNamespace(),
                job.getMetadata().getName());
    }

    @Override
    public String toString() {
        return kind + " " + namespace + "/" + name;
    }
}
