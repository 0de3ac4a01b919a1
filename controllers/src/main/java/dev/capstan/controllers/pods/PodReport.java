package dev.capstan.controllers.pods;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What scheduler and kubelet say of a pod of ours. */
public final class PodReport {
    /** So soon after it was bound a pod that doesn't run is no reason to ask what its kubelet says. */
    public static final Duration QUIET = Duration.ofSeconds(2);

    private static final String DEFAULT_SCHEDULER = "default-scheduler";

    /** A container waits in these states though all is well. */
    private static final Set<String> ON_ITS_WAY = Set.of("ContainerCreating", "PodInitializing");

    /** What containers wait for that has been tried, and that the kubelet doesn't expect to go by soon. */
    private static final Set<String> GIVEN_UP = Set.of("ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName");

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

    /** Who has decided that a pod has to go, and why: a drain, a taint, a pod of higher priority, a kubelet. */
    public static Optional<String> disruption(Pod pod) {
        return condition(pod, "DisruptionTarget")
                .filter(condition -> "True".equals(condition.getStatus()))
                .map(condition -> because(condition.getReason(), condition.getMessage()));
    }

    /** What the kubelet says of the container that does the work. */
    public static Optional<ContainerStatus> container(Pod pod) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(status -> WorkerPods.CONTAINER.equals(status.getName()))
                        .findFirst();
    }

    /**
     * What is in the way of a pod that doesn't run, or isn't ready; empty when nothing is, as far as its status tells.
     */
    public static String trouble(Pod pod) {
        var containers =
                containers(pod).flatMap(status -> trouble(status).stream()).findFirst();
        if (containers.isPresent()) {
            return containers.get();
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

    /** Whether a pod doesn't run, and its status doesn't tell why. */
    public static boolean isQuiet(Pod pod) {
        boolean began = container(pod)
                .map(ContainerStatus::getState)
                .filter(state -> state.getRunning() != null || state.getTerminated() != null)
                .isPresent();
        return !began
                && !finished(pod)
                && pod.getMetadata().getDeletionTimestamp() == null
                && trouble(pod).isEmpty();
    }

    /** Since when a pod is bound that doesn't run, and whose status doesn't tell why. */
    public static Optional<Instant> quietSince(Pod pod) {
        return isQuiet(pod) ? boundSince(pod) : Optional.empty();
    }

    /** Whether the kubelet has tried to start a pod, and doesn't expect that it can before somebody does something. */
    public static boolean isGivenUp(Pod pod) {
        return containers(pod)
                .flatMap(status -> waiting(status).stream())
                .anyMatch(waiting -> GIVEN_UP.contains(waiting.getReason()));
    }

    /**
     * Whether a container runs that somebody has put beside the worker's. One that is an init container ends with the
     * worker by itself.
     */
    public static boolean hasSidecarRunning(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getContainerStatuses().stream()
                        .anyMatch(status -> !isWorker(status)
                                && status.getState() != null
                                && status.getState().getRunning() != null);
    }

    /** Why a pod has ended, of one whose worker didn't come to run: the kubelet's words, else those of a container. */
    public static String ending(Pod pod) {
        var status = pod.getStatus();
        return status.getReason() == null
                        && status.getMessage() == null
                        && !trouble(pod).isEmpty()
                ? trouble(pod)
                : because(status.getReason(), status.getMessage());
    }

    /** Whether a container that somebody has added to a pod has failed, so that the worker was never started. */
    public static boolean failedBefore(Pod pod) {
        return containers(pod).anyMatch(status -> failure(status).isPresent());
    }

    /** Since when a pod is bound to its node. */
    public static Optional<Instant> boundSince(Pod pod) {
        return condition(pod, "PodScheduled")
                .filter(condition -> "True".equals(condition.getStatus()) && condition.getLastTransitionTime() != null)
                .map(condition -> Instant.parse(condition.getLastTransitionTime()));
    }

    /** All containers of a pod, in the order in which they are started. */
    private static Stream<ContainerStatus> containers(Pod pod) {
        return pod.getStatus() == null
                ? Stream.empty()
                : Stream.concat(
                        pod.getStatus().getInitContainerStatuses().stream(),
                        pod.getStatus().getContainerStatuses().stream());
    }

    /** What is the matter with one container, if something is. How the worker ends is for others to tell. */
    private static Optional<String> trouble(ContainerStatus status) {
        var waiting = waiting(status);
        // Between two tries it waits, and its last end says more than that it does.
        var last = Optional.ofNullable(status.getLastState())
                .map(ContainerState::getTerminated)
                .filter(ended -> waiting.isPresent() && isFailure(ended) && !isWorker(status));
        return failure(status)
                .or(() -> last)
                .map(ended -> "container %s ended with exit code %d%s"
                        .formatted(status.getName(), ended.getExitCode(), words(status, ended)))
                .or(() -> waiting.map(state -> about(status) + because(state.getReason(), state.getMessage())));
    }

    private static Optional<ContainerStateWaiting> waiting(ContainerStatus status) {
        return Optional.ofNullable(status.getState())
                .map(ContainerState::getWaiting)
                .filter(state -> state.getReason() != null && !ON_ITS_WAY.contains(state.getReason()));
    }

    /** The end of a container other than the worker's, if it ended by a failure. */
    private static Optional<ContainerStateTerminated> failure(ContainerStatus status) {
        return Optional.ofNullable(status.getState())
                .map(ContainerState::getTerminated)
                .filter(ended -> !isWorker(status) && isFailure(ended));
    }

    private static boolean isWorker(ContainerStatus status) {
        return WorkerPods.CONTAINER.equals(status.getName());
    }

    private static boolean isFailure(ContainerStateTerminated ended) {
        return ended.getExitCode() != null && ended.getExitCode() != 0;
    }

    /** What a container has left as its last words; if it has none, where to look for them. */
    private static String words(ContainerStatus status, ContainerStateTerminated ended) {
        var reason = orEmpty(ended.getReason()).isEmpty() ? "" : " (" + ended.getReason() + ")";
        var message = orEmpty(ended.getMessage()).strip();
        return reason
                + (message.isEmpty()
                        ? " and without a message; kubectl logs --container=" + status.getName() + " may say more"
                        : ": " + message);
    }

    private static String about(ContainerStatus status) {
        return isWorker(status) ? "" : "container " + status.getName() + ": ";
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
