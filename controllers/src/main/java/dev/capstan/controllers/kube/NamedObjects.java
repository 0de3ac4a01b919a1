package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Reads, by name, what jobs name and nobody watches: a cluster's secrets are none of the operator's business. */
public final class NamedObjects {
    private static final Duration KNOWN_FOR = Duration.ofMinutes(1);

    private final KubernetesClient client;
    private final Map<String, Known> kinds = new ConcurrentHashMap<>();

    private volatile Version version;

    private record Known(boolean is, long at) {}

    private record Version(int minor, long at) {}

    public NamedObjects(KubernetesClient client) {
        this.client = client;
    }

    /**
     * What a config map has under a key.
     *
     * @param text null if there is none
     * @param binary in words, if it is no text in UTF-8, which kubectl and the API server keep apart; else null
     */
    public record Value(String text, String binary) {
        static Value of(ConfigMap there, String key) {
            var binary =
                    there.getBinaryData() == null ? null : there.getBinaryData().get(key);
            return new Value(
                    data(there).get(key),
                    binary == null ? null : words(Base64.getDecoder().decode(binary)));
        }

        private static String words(byte[] bytes) {
            short mark = bytes.length < Short.BYTES ? 0 : ByteBuffer.wrap(bytes).getShort();
            return mark == (short) 0xfeff || mark == (short) 0xfffe
                    ? "a text in UTF-16, by the mark at its start,"
                    : "bytes that are no text,";
        }
    }

    /** What a config map has under a key; nothing if there is no such config map. */
    public Optional<Value> configMap(String namespace, String name, String key) {
        return read(namespace, name).map(there -> Value.of(there, key));
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

    /** An object of a kind that only some clusters know; nothing if there is none of that name. */
    Optional<HasMetadata> generic(String apiVersion, String kind, String namespace, String name) {
        return Optional.ofNullable(client.genericKubernetesResources(apiVersion, kind)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    /** Whether the cluster knows a kind; found out anew after a while, as kinds come and go. */
    boolean knows(String apiVersion, String kind) {
        var now = System.nanoTime();
        var last = kinds.get(apiVersion + " " + kind);
        if (last == null || now - last.at() > KNOWN_FOR.toNanos()) {
            last = new Known(client.supports(apiVersion, kind), now);
            kinds.put(apiVersion + " " + kind, last);
        }
        return last.is();
    }

    /** Whether the cluster is of Kubernetes 1 and that minor version, or a later one; found out anew after a while. */
    boolean isAtLeast(int minor) {
        var now = System.nanoTime();
        var last = version;
        if (last == null || now - last.at() > KNOWN_FOR.toNanos()) {
            // Some clusters put a plus behind it.
            last = new Version(
                    Integer.parseInt(client.getKubernetesVersion().getMinor().replaceAll("\\D", "")), now);
            version = last;
        }
        return last.minor() >= minor;
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
