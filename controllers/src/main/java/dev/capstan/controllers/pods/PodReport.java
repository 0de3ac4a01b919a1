package dev.capstan.controllers.pods;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.Optional;
import java.util.Set;

/** What scheduler and kubelet say of a pod of ours. */
public final class PodReport {
    private static final String DEFAULT_SCHEDULER = "default-scheduler";

    /** A container waits in these states though all is well. */
    private static final Set<String> ON_ITS_WAY = Set.of("ContainerCreating", "PodInitializing");

    private PodReport() {}

    /** Whether a pod's containers have ended for good. */
    public static boolean finished(Pod pod) {
        return pod.getStatus() != null
                && ("Succeeded".equals(pod.getStatus().getPhase())
                        || "Failed".equals(pod.getStatus().getPhase()));
    }

    /** Whether the kubelet found a pod to be ready. */
    public static boolean ready(Pod pod) {
        return condition(pod, "Ready")
                .filter(condition -> "True".equals(condition.getStatus()))
                .isPresent();
    }

    /** A condition of a pod. */
    public static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> type.equals(condition.getType()))
                        .findFirst();
    }

    /** What the kubelet says of the container that does the work. */
    public static Optional<ContainerStatus> container(Pod pod) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> WorkerPods.CONTAINER.equals(status.getName()))
                        .findFirst();
    }

    /** What is in the way of a pod that doesn't run; empty when nothing is. */
    public static String trouble(Pod pod) {
        var waiting = container(pod)
                .map(ContainerStatus::getState)
                .map(ContainerState::getWaiting)
                .filter(state -> state.getReason() != null && !ON_ITS_WAY.contains(state.getReason()));
        if (waiting.isPresent()) {
            return because(waiting.get().getReason(), waiting.get().getMessage());
        }
        var scheduled = condition(pod, "PodScheduled");
        var scheduler = pod.getSpec().getSchedulerName();
        // Some clusters' webhooks choose one, which may not be there or not know this namespace.
        if (scheduled.isEmpty() && scheduler != null && !scheduler.equals(DEFAULT_SCHEDULER)) {
            return "its scheduler, " + scheduler + ", has said nothing of it so far";
        }
        return scheduled
                .filter(condition -> "False".equals(condition.getStatus()))
                .map(condition -> because(condition.getReason(), condition.getMessage()))
                .orElse("");
    }

    /** A reason, and the message that goes with it if there is one. */
    public static String because(String reason, String message) {
        var word = orEmpty(reason).isEmpty() ? "no reason given" : reason;
        return orEmpty(message).isEmpty() ? word : word + ": " + message;
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
