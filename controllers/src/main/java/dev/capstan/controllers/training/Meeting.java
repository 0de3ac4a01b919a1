package dev.capstan.controllers.training;

import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
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
final class Meeting {
    /** Key of the token in the secret; also the name of the mounted file. */
    static final String TOKEN = Path.of(Contract.TOKEN_FILE).getFileName().toString();

    static final String JOB_FILE = Path.of(Contract.JOB_FILE).getFileName().toString();

    static final String MODEL_FILE = Path.of(Contract.MODEL_FILE).getFileName().toString();

    private Meeting() {}

    /** Gives each worker a name in DNS, before it is ready: the workers become ready by meeting. */
    static Service service(TrainingJob job) {
        return new ServiceBuilder()
                .withMetadata(Owned.metadata(
                        job, Names.of(job.getMetadata().getName()).service(), Map.of()))
                .withNewSpec()
                .withClusterIP("None")
                .withPublishNotReadyAddresses(true)
                .withSelector(Owned.selector(job))
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
    static Secret secret(TrainingJob job) {
        return new SecretBuilder()
                .withMetadata(Owned.metadata(
                        job, Names.of(job.getMetadata().getName()).secret(), Map.of()))
                .withImmutable(true)
                .withType("Opaque")
                .build();
    }

    /** The job file of an attempt. */
    static ConfigMap jobFile(TrainingJob job, int attempt) {
        var name = Names.of(job.getMetadata().getName()).configMap(attempt);
        return new ConfigMapBuilder()
                .withMetadata(Owned.metadata(job, name, Map.of()))
                .withImmutable(true)
                .withData(Map.of(JOB_FILE, Json.write(JobFiles.of(job, attempt))))
                .build();
    }

    /** The job's own copy of its model's configuration: made once, so that an edit of the original changes nothing. */
    static ConfigMap model(TrainingJob job, String json) {
        return new ConfigMapBuilder()
                .withMetadata(Owned.metadata(
                        job, Names.of(job.getMetadata().getName()).model(), Map.of()))
                .withImmutable(true)
                .withData(Map.of(MODEL_FILE, json))
                .build();
    }
}
