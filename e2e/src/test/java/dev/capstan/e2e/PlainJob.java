package dev.capstan.e2e;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The training of a TrainingJob as an indexed Job of Kubernetes' own, with the same program in the same container: when
 * a worker is lost its peers end, the kubelet starts each of them again in its pod, at once the first time, and all go
 * on from the last checkpoint. So do the operators that leave recovery to the program and to restarts.
 */
final class PlainJob {
    private static final String INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
    private static final String JOB_FILE = "job.json";

    /** Label of a pod's number. */
    static final String RANK_LABEL = "batch.kubernetes.io/job-completion-index";
    /** Label of a pod's Job. */
    static final String NAME_LABEL = "batch.kubernetes.io/job-name";

    private final KubernetesClient client;
    private final String namespace;
    private final PodSpec pod;
    private final Map<String, String> token;
    private final ObjectNode file;
    private final int workers;

    private PlainJob(
            KubernetesClient client,
            String namespace,
            PodSpec pod,
            Map<String, String> token,
            ObjectNode file,
            int workers) {
        this.client = client;
        this.namespace = namespace;
        this.pod = pod;
        this.token = token;
        this.file = file;
        this.workers = workers;
    }

    /**
     * Takes the likeness of a running TrainingJob.
     *
     * @param worker one of its first pods
     */
    static PlainJob like(KubernetesClient client, Pod worker) {
        var namespace = worker.getMetadata().getNamespace();
        var job = worker.getSpec().getVolumes().stream()
                .filter(each -> each.getName().equals("job"))
                .findFirst()
                .orElseThrow();
        var map = job.getProjected().getSources().getFirst().getConfigMap().getName();
        var secret = worker.getSpec().getVolumes().stream()
                .filter(each -> each.getSecret() != null)
                .findFirst()
                .orElseThrow()
                .getSecret()
                .getSecretName();
        try {
            var text = client.configMaps()
                    .inNamespace(namespace)
                    .withName(map)
                    .get()
                    .getData()
                    .get(JOB_FILE);
            var file = (ObjectNode) Serialization.jsonMapper().readTree(text);
            return new PlainJob(
                    client,
                    namespace,
                    worker.getSpec(),
                    client.secrets()
                            .inNamespace(namespace)
                            .withName(secret)
                            .get()
                            .getData(),
                    file,
                    file.get("peers").size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts it under a name, in its first attempt.
     *
     * @param everySteps between checkpoints
     */
    void start(String name, int everySteps) {
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .addToData(JOB_FILE, file(name, everySteps))
                        .build())
                .create();
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withData(token)
                        .build())
                .create();
        client.resource("""
                        apiVersion: v1
                        kind: Service
                        metadata: {name: %1$s}
                        spec:
                          clusterIP: None
                          publishNotReadyAddresses: true
                          selector: {%2$s: %1$s}
                        """.formatted(name, NAME_LABEL)).inNamespace(namespace).create();
        client.resource(new JobBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .withCompletionMode("Indexed")
                        .withCompletions(workers)
                        .withParallelism(workers)
                        .withBackoffLimit(1000)
                        .withNewTemplate()
                        .withSpec(spec(name))
                        .endTemplate()
                        .endSpec()
                        .build())
                .create();
    }

    /** The same work, by workers that find each other by this Job's names, and to whom nobody sends memberships. */
    private String file(String name, int everySteps) {
        var mine = file.deepCopy();
        ((ObjectNode) mine.get("job")).put("uid", name);
        ((ObjectNode) mine.get("timeouts")).remove("regroup");
        var checkpoints = (ObjectNode) mine.get("checkpoints");
        checkpoints.put("everySteps", everySteps).put("everySeconds", 0).remove("listed");
        var output = (ObjectNode) mine.get("output");
        output.put("path", output.get("path").asText() + "-" + name)
                .put("uri", output.get("uri").asText() + "-" + name);
        var peers = mine.putArray("peers");
        IntStream.range(0, workers).forEach(rank -> peers.add(name + "-" + rank + "." + name + ":29400"));
        return mine.toString();
    }

    private PodSpec spec(String name) {
        // A copy, which may be changed.
        var volumes = new PodSpecBuilder(pod)
                .build().getVolumes().stream().map(volume -> own(volume, name)).toList();
        var container = pod.getContainers().getFirst();
        var environment = container.getEnv().stream()
                .map(each -> each.getName().equals("CAPSTAN_RANK")
                        ? new EnvVarBuilder()
                                .withName("CAPSTAN_RANK")
                                .withNewValueFrom()
                                .withNewFieldRef()
                                .withFieldPath(INDEX)
                                .endFieldRef()
                                .endValueFrom()
                                .build()
                        : each)
                // The policy adds it to these, too.
                .filter(each -> !each.getName().equals(StepLogging.VARIABLE))
                .toList();
        return new PodSpecBuilder(pod)
                .withNodeName(null)
                .withHostname(null)
                .withSubdomain(name)
                .withAffinity(null)
                .withRestartPolicy("OnFailure")
                .withVolumes(volumes)
                .editFirstContainer()
                .withEnv(environment)
                .endContainer()
                .build();
    }

    private static Volume own(Volume volume, String name) {
        if (volume.getName().equals("job")) {
            volume.getProjected()
                    .setSources(List.of(volume.getProjected().getSources().getFirst()));
            volume.getProjected().getSources().getFirst().getConfigMap().setName(name);
        } else if (volume.getSecret() != null) {
            volume.getSecret().setSecretName(name);
        }
        return volume;
    }

    /** Takes it away, and all that it had, without waiting for the end of it. */
    void delete(String name) {
        client.batch().v1().jobs().inNamespace(namespace).withName(name).delete();
        client.pods()
                .inNamespace(namespace)
                .withLabel(NAME_LABEL, name)
                .withGracePeriod(0)
                .delete();
        client.services().inNamespace(namespace).withName(name).delete();
        client.configMaps().inNamespace(namespace).withName(name).delete();
        client.secrets().inNamespace(namespace).withName(name).delete();
    }
}
