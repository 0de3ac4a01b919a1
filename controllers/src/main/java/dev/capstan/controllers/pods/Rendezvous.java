package dev.capstan.controllers.pods;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the workers of a job need to meet: names to find each other by, a secret to know each other by, the job file.
 */
public final class Rendezvous {
    private static final String JOB_FILE =
            Path.of(Contract.JOB_FILE).getFileName().toString();

    public static final String MODEL_FILE =
            Path.of(Contract.MODEL_FILE).getFileName().toString();

    private Rendezvous() {}

    /** Gives each worker a name in DNS, before it is ready: the workers become ready by meeting. */
    public static Service service(PodOwner owner) {
        return new ServiceBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().service(), Map.of()))
                .withNewSpec()
                .withClusterIP("None")
                .withPublishNotReadyAddresses(true)
                .withSelector(Owned.selector(owner))
                .withPorts(
                        new ServicePortBuilder()
                                .withName("peers")
                                .withPort(Contract.PEER_PORT)
                                .build(),
                        new ServicePortBuilder()
                                .withName("http")
                                .withPort(Contract.HTTP_PORT)
                                .build())
                .endSpec()
                .build();
    }

    /** The secret, still without the token: it is drawn when the secret is made. */
    public static Secret secret(PodOwner owner) {
        return new SecretBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().secret(), Map.of()))
                .withImmutable(true)
                .withType("Opaque")
                .build();
    }

    /** The job file of an attempt. */
    public static ConfigMap jobFile(PodOwner owner, JobFile file) {
        return new ConfigMapBuilder()
                .withMetadata(
                        Owned.metadata(owner, owner.names().jobFile(file.job().attempt()), Map.of()))
                .withImmutable(true)
                .withData(Map.of(JOB_FILE, Json.write(file)))
                .build();
    }

    /** The job's own copy of its model's configuration: made once, so that an edit of the original changes nothing. */
    public static ConfigMap model(PodOwner owner, String json) {
        return new ConfigMapBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().model(), Map.of()))
                .withImmutable(true)
                .withData(Map.of(MODEL_FILE, json))
                .build();
    }
}
