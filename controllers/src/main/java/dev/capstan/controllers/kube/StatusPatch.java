package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/**
 * Writes a part of an object's status by server-side apply. Each writer owns the fields that it names, under a name of
 * its own, and nothing else: what it leaves out is removed if it was its own, and left alone if another's.
 *
 * <p>Every write carries the resourceVersion that it was decided on, so one that was decided on an outdated object is
 * refused with 409 instead of undoing what it hasn't seen.
 */
final class StatusPatch {
    private final KubernetesClient client;
    private final String fieldManager;

    StatusPatch(KubernetesClient client, String fieldManager) {
        this.client = client;
        this.fieldManager = fieldManager;
    }

    /** Writes the part of the status of that very version of the object, and answers what the object is then. */
    <R extends HasMetadata> R apply(R object, Object status) {
        var bare = new GenericKubernetesResource();
        bare.setApiVersion(object.getApiVersion());
        bare.setKind(object.getKind());
        bare.setMetadata(new ObjectMetaBuilder()
                .withNamespace(object.getMetadata().getNamespace())
                .withName(object.getMetadata().getName())
                .withResourceVersion(object.getMetadata().getResourceVersion())
                .build());
        bare.setAdditionalProperty("status", status);
        var written = client.resource(bare)
                .subresource("status")
                .patch(new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(fieldManager)
                        .withForce(true)
                        .build());
        @SuppressWarnings("unchecked")
        var kind = (Class<R>) object.getClass();
        return client.getKubernetesSerialization().convertValue(written, kind);
    }
}
