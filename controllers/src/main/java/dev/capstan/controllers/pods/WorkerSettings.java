package dev.capstan.controllers.pods;

import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.Optional;

/**
 * What an installation sets for all workers.
 *
 * @param image container image for jobs that name none
 * @param priorityClass PriorityClass of the pods; empty for none
 * @param requests what a worker asks for of those resources that its job says nothing about
 * @param operator the pods that ask workers for their progress; nothing if it may be anybody, as where the operator
 *     runs outside of the cluster
 */
public record WorkerSettings(
        String image, String priorityClass, Map<String, Quantity> requests, Optional<Operator> operator) {

    /** The operator's pods, by their namespace and some of their labels. */
    public record Operator(String namespace, Map<String, String> podLabels) {}
}
