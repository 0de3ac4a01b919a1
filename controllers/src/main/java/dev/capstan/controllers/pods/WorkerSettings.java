package dev.capstan.controllers.pods;

import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an installation sets for all workers.
 *
 * @param image container image for jobs that name none
 * @param priorityClass PriorityClass of the pods; empty for none
 * @param requests what a worker asks for of those resources that its job says nothing about
 * @param scratch how much a pod may write into its scratch folder, where its job limits no ephemeral storage
 * @param nameServers CIDRs of name servers that pods may ask beside the cluster's own, such as a cache's on each node
 * @param timeouts how long workers wait for what gets nowhere
 * @param operator the pods that ask workers for their progress; nothing if it may be anybody, as where the operator
 *     runs outside of the cluster
 * @param scrapers the pods that read metrics of replicas and routers, such as Prometheus'; nothing if none may
 * @param cudaImage container image for jobs that name none and ask for NVIDIA's GPUs; empty for the same as others
 */
public record WorkerSettings(
        String image,
        String priorityClass,
        Map<String, Quantity> requests,
        Quantity scratch,
        List<String> nameServers,
        Timeouts timeouts,
        Optional<Pods> operator,
        Optional<Pods> scrapers,
        Optional<String> cudaImage) {

    /** With one image for all. */
    public WorkerSettings(
            String image,
            String priorityClass,
            Map<String, Quantity> requests,
            Quantity scratch,
            List<String> nameServers,
            Timeouts timeouts,
            Optional<Pods> operator,
            Optional<Pods> scrapers) {
        this(image, priorityClass, requests, scratch, nameServers, timeouts, operator, scrapers, Optional.empty());
    }

    /** Without anybody who reads metrics. */
    public WorkerSettings(
            String image,
            String priorityClass,
            Map<String, Quantity> requests,
            Quantity scratch,
            List<String> nameServers,
            Timeouts timeouts,
            Optional<Pods> operator) {
        this(image, priorityClass, requests, scratch, nameServers, timeouts, operator, Optional.empty());
    }

    /** Pods of one kind, by their namespace and some of their labels. */
    public record Pods(String namespace, Map<String, String> labels) {}
}
