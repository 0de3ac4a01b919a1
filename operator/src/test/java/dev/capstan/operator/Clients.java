package dev.capstan.operator;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes objects as {@code kubectl create} does, as whoever one likes, without a process each time. */
final class Clients implements AutoCloseable {
    private static final String AS = "--as=";
    private static final String DRY_RUN = "--dry-run=server";

    private final ApiServer api;
    private final Map<String, KubernetesClient> byUser = new HashMap<>();

    Clients(ApiServer api) {
        this.api = api;
    }

    /**
     * Creates an object just as its YAML says, without defaults of a client's.
     *
     * @param options of kubectl's: {@code --as=USER}, {@code --dry-run=server}
     * @return {@code created}, or why not
     */
    String create(String namespace, String yaml, String... options) {
        Map<String, Object> object = Serialization.unmarshal(yaml, Map.class);
        var version = (String) object.get("apiVersion");
        var url = "/%s/%s/namespaces/%s/%ss"
                .formatted(
                        version.contains("/") ? "apis" : "api",
                        version,
                        namespace,
                        ((String) object.get("kind")).toLowerCase());
        var client = api.client();
        for (var option : options) {
            if (option.equals(DRY_RUN)) {
                url += "?dryRun=All";
            } else if (option.startsWith(AS)) {
                client = byUser.computeIfAbsent(option.substring(AS.length()), this::as);
            } else {
                throw new IllegalArgumentException(option + ": there are " + List.of(AS, DRY_RUN));
            }
        }
        try {
            client.raw(url, "POST", object);
            return "created";
        } catch (KubernetesClientException e) {
            return e.getMessage();
        }
    }

    private KubernetesClient as(String user) {
        var config = new ConfigBuilder(api.client().getConfiguration())
                .withImpersonateUsername(user)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @Override
    public void close() {
        byUser.values().forEach(KubernetesClient::close);
    }
}
