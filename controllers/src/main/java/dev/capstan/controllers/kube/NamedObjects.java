package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads, by name, what jobs name and nobody watches: a cluster's secrets are none of the operator's business. */
public final class NamedObjects {
    private final KubernetesClient client;

    public NamedObjects(KubernetesClient client) {
        this.client = client;
    }

    /** The data of a config map; nothing if there is no such config map. */
    public Optional<Map<String, String>> configMap(String namespace, String name) {
        return read(namespace, name).map(NamedObjects::data);
    }

    /** The data of a config map that this very job owns; nothing if there is no such config map, or another's. */
    public Optional<Map<String, String>> ownedConfigMap(HasMetadata job, String name) {
        return read(job.getMetadata().getNamespace(), name)
                .filter(there -> there.hasOwnerReferenceFor(job.getMetadata().getUid()))
                .map(NamedObjects::data);
    }

    private static Map<String, String> data(ConfigMap there) {
        return there.getData() == null ? Map.of() : there.getData();
    }

    private Optional<ConfigMap> read(String namespace, String name) {
        return Optional.ofNullable(
                client.configMaps().inNamespace(namespace).withName(name).get());
    }

    /** The keys of a secret, and none of its values; nothing if there is no such secret. */
    public Optional<Set<String>> secretKeys(String namespace, String name) {
        var secret = client.secrets().inNamespace(namespace).withName(name).get();
        if (secret == null) {
            return Optional.empty();
        }
        return Optional.of(
                secret.getData() == null
                        ? Set.of()
                        : new HashSet<>(secret.getData().keySet()));
    }
}
