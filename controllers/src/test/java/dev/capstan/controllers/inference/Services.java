package dev.capstan.controllers.inference;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.inference.InferenceService;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The services of a stage, as users and their tools write them, and their pods. */
record Services(Stage stage) {
    /** Applies what a user keeps in Git: fields that it doesn't have are left to others. */
    void apply(String name, String spec) {
        var service = stage.client
                .getKubernetesSerialization()
                .unmarshal(
                        """
                        apiVersion: capstan.dev/v1alpha1
                        kind: InferenceService
                        metadata: {name: %s, namespace: %s}
                        spec: {workers: {nodeSelector: {stage: %s}, resources: {limits: {nvidia.com/gpu: 1}}}, %s}
                        """.formatted(name, stage.namespace, stage.namespace, spec), GenericKubernetesResource.class);
        stage.client
                .resource(service)
                .patch(new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager("gitops")
                        .build());
    }

    InferenceService get(String name) {
        return stage.client
                .resources(InferenceService.class)
                .inNamespace(stage.namespace)
                .withName(name)
                .get();
    }

    void scale(String name, int replicas) {
        stage.client
                .resources(InferenceService.class)
                .inNamespace(stage.namespace)
                .withName(name)
                .scale(replicas);
    }

    InferenceService await(String name, String what, Predicate<InferenceService> is) {
        try {
            return stage.client
                    .resources(InferenceService.class)
                    .inNamespace(stage.namespace)
                    .withName(name)
                    .waitUntilCondition(
                            service -> service != null
                                    && service.getStatus() != null
                                    && service.getStatus().getConditions() != null
                                    && is.test(service),
                            30,
                            TimeUnit.SECONDS);
        } catch (RuntimeException e) {
            throw new AssertionError("not " + what + ": " + get(name).getStatus() + pods(name), e);
        }
    }

    /** Waits until a condition holds, of the spec as it is now. */
    InferenceService await(String name, String condition) {
        return await(
                name,
                condition,
                service -> service.getMetadata()
                                .getGeneration()
                                .equals(service.getStatus().getObservedGeneration())
                        && ConditionSet.holds(service.getStatus().getConditions(), condition));
    }

    /** Waits until there are just these pods that weren't told to end. */
    List<Pod> awaitPods(String name, String... pods) {
        var wanted = List.of(pods);
        try {
            stage.client
                    .pods()
                    .inNamespace(stage.namespace)
                    .withLabel("capstan.dev/job", name)
                    .informOnCondition(there -> names(there).equals(wanted))
                    .get(30, TimeUnit.SECONDS);
            return pods(name);
        } catch (Exception e) {
            throw new AssertionError(
                    "pods " + names(pods(name)) + ", not " + wanted + ": "
                            + get(name).getStatus(),
                    e);
        }
    }

    private static List<String> names(List<Pod> pods) {
        return pods.stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(pod -> pod.getMetadata().getName())
                .sorted()
                .toList();
    }

    private List<Pod> pods(String name) {
        return stage
                .client
                .pods()
                .inNamespace(stage.namespace)
                .withLabel("capstan.dev/job", name)
                .list()
                .getItems()
                .stream()
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .toList();
    }

    Pod pod(String name) {
        return stage.client.pods().inNamespace(stage.namespace).withName(name).get();
    }
}
