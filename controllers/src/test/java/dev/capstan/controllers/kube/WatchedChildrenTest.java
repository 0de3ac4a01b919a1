package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who hears that something of an owner's is gone, on a real API server. */
class WatchedChildrenTest {
    private final ApiServer api = ApiServer.shared();
    private final String namespace = api.newNamespace("children");
    private final BlockingQueue<String> lost = new LinkedBlockingQueue<>();

    @Test
    void whatGoesOrIsTakenFromItsOwnerIsToldAtOnce() throws InterruptedException {
        try (var children = new WatchedChildren(api.client(), Set.of(namespace), lost::add)) {
            var service = new ServiceBuilder()
                    .withMetadata(owned("a", "uid-a"))
                    .withNewSpec()
                    .withClusterIP("None")
                    .endSpec()
                    .build();
            var policy = new NetworkPolicyBuilder()
                    .withMetadata(owned("b", "uid-b"))
                    .withNewSpec()
                    .withNewPodSelector()
                    .endPodSelector()
                    .endSpec()
                    .build();
            assertFalse(children.has(service, "uid-a"));
            for (var object : new HasMetadata[] {service, policy}) {
                api.client().resource(object).create();
            }
            Informers.await(
                    () -> children.has(service, "uid-a") && children.has(policy, "uid-b"), "what was made just now");
            assertFalse(children.has(service, "uid-b"), "it is another's");

            api.client().resource(service).delete();
            assertEquals("uid-a", lost.poll(30, TimeUnit.SECONDS));
            assertFalse(children.has(service, "uid-a"));
            api.client()
                    .resource(policy)
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            "{\"metadata\": {\"labels\": {\"team\": \"x\"}, \"ownerReferences\": null}}");
            assertEquals("uid-b", lost.poll(30, TimeUnit.SECONDS));
            assertFalse(children.has(policy, "uid-b"));
        }
    }

    private ObjectMeta owned(String name, String uid) {
        return new ObjectMetaBuilder()
                .withNamespace(namespace)
                .withName(name)
                .addToLabels(Labels.MANAGED_BY, Labels.CAPSTAN)
                .addNewOwnerReference()
                .withApiVersion("capstan.dev/v1alpha1")
                .withKind("TrainingJob")
                .withName("job")
                .withUid(uid)
                .endOwnerReference()
                .build();
    }
}
