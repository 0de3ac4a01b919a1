package dev.capstan.controllers.testing;

import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** Plays the scheduler and the kubelets of a namespace. */
public class Kubelets {
    public final KubernetesClient client;
    public final String namespace;

    Kubelets(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /** Plays scheduler and kubelet: the pod is bound to the node that it was granted, runs, and is ready. */
    public void runs(Pod pod) {
        runs(pod, "127.0.0.1");
    }

    /** The same, at an address. */
    public void runs(Pod pod, String ip) {
        bind(pod);
        status(
                pod,
                new PodStatusBuilder()
                        .withPhase("Running")
                        .withPodIP(ip)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .addNewContainerStatus()
                        .withName("worker")
                        .withReady(true)
                        .withState(new ContainerStateBuilder()
                                .withNewRunning()
                                .withStartedAt(seconds(Instant.now()))
                                .endRunning()
                                .build())
                        .endContainerStatus()
                        .build());
    }

    /** Plays the kubelet: the worker ended with this as its last word. */
    public void ends(Pod pod, Outcome outcome) {
        ends(pod, outcome, Instant.now());
    }

    /** Plays the kubelet: the worker ended at that time with this as its last word. */
    public void ends(Pod pod, Outcome outcome, Instant finished) {
        boolean well = outcome.reason() == Outcome.Reason.Succeeded;
        status(
                pod,
                new PodStatusBuilder()
                        .withPhase(well ? "Succeeded" : "Failed")
                        .addNewContainerStatus()
                        .withName("worker")
                        .withState(new ContainerStateBuilder()
                                .withNewTerminated()
                                .withExitCode(outcome.reason().exitCode())
                                .withFinishedAt(seconds(finished))
                                .withReason(well ? "Completed" : "Error")
                                .withMessage(Json.write(outcome))
                                .endTerminated()
                                .build())
                        .endContainerStatus()
                        .build());
    }

    public void status(Pod pod, PodStatus status) {
        client.pods()
                .inNamespace(namespace)
                .withName(pod.getMetadata().getName())
                .editStatus(now -> new PodBuilder(now).withStatus(status).build());
    }

    /** Plays the kubelet: a pod that was told to end is gone. */
    public void gone(Pod pod) {
        client.pods()
                .inNamespace(namespace)
                .withName(pod.getMetadata().getName())
                .withGracePeriod(0)
                .delete();
    }

    /** Tells something of an object, as others than the controllers do. */
    public void tell(HasMetadata object, String type, String reason, String message) {
        var now = seconds(Instant.now());
        client.resource(new EventBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withGenerateName(object.getMetadata().getName() + ".")
                        .endMetadata()
                        .withType(type)
                        .withReason(reason)
                        .withMessage(message)
                        .withFirstTimestamp(now)
                        .withLastTimestamp(now)
                        .withNewInvolvedObject()
                        .withKind(object.getKind())
                        .withNamespace(namespace)
                        .withName(object.getMetadata().getName())
                        .withUid(object.getMetadata().getUid())
                        .endInvolvedObject()
                        .build())
                .create();
    }

    /** Plays the scheduler: the pod is bound to the node that it was granted. */
    public void bind(Pod pod) {
        var current = client.pods()
                .inNamespace(namespace)
                .withName(pod.getMetadata().getName())
                .get();
        if (current.getSpec().getNodeName() != null) {
            return;
        }
        client.raw(
                "/api/v1/namespaces/" + namespace + "/pods/" + pod.getMetadata().getName() + "/binding",
                "POST",
                Map.of(
                        "apiVersion",
                        "v1",
                        "kind",
                        "Binding",
                        "metadata",
                        Map.of("name", pod.getMetadata().getName(), "namespace", namespace),
                        "target",
                        Map.of("apiVersion", "v1", "kind", "Node", "name", node(pod))));
    }

    /** The node that a pod was granted a place on. */
    public static String node(Pod pod) {
        return pod.getSpec()
                .getAffinity()
                .getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms()
                .getFirst()
                .getMatchFields()
                .getFirst()
                .getValues()
                .getFirst();
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
