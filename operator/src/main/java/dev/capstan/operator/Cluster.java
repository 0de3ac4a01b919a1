package dev.capstan.operator;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import java.time.Duration;

/** The connection to the API server: as a pod's service account or a kubeconfig says. */
class Cluster {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    /** Retries inside of a call hold the caller's thread; the controllers know better when to try what again. */
    private static final int RETRIES = 2;

    @Produces
    @ApplicationScoped
    KubernetesClient client() {
        var config = Config.autoConfigure(null);
        config.setConnectionTimeout((int) CONNECT.toMillis());
        config.setRequestTimeout((int) ANSWER.toMillis());
        config.setRequestRetryBackoffLimit(RETRIES);
        config.setUserAgent("capstan-operator");
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    void close(@Disposes KubernetesClient client) {
        client.close();
    }
}
