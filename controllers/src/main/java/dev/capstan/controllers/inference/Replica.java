package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.LastWord;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.protocol.Serving;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * One pod of a service, a replica or a router, as it is now.
 *
 * @param pod it
 * @param rank the seat that it was made for
 * @param revision what it was made by, see {@link Labels#REVISION}
 * @param state how it is
 * @param trouble why it isn't ready; empty if nothing speaks against it
 * @param failing whether it has tried and failed, rather than is on its way
 */
record Replica(Pod pod, int rank, String revision, State state, String trouble, boolean failing) {
    /** How long the scheduler may find no way to bind a pod to its node before its place is given up. */
    static final Duration UNBOUND = Duration.ofSeconds(60);

    /** What containers wait for that tried, or couldn't. */
    private static final Set<String> FAILING = Set.of(
            "CrashLoopBackOff",
            "ImagePullBackOff",
            "ErrImagePull",
            "ErrImageNeverPull",
            "InvalidImageName",
            "CreateContainerConfigError",
            "CreateContainerError",
            "RunContainerError");

    private static final String MORE_MEMORY =
            "raise memory in workers.resources.limits, or make batching.maxSize, limits or the model smaller";

    enum State {
        /** On its way: not bound yet, pulled, started, or loading the model; or not ready any more. */
        STARTING,
        /** Answers. */
        READY,
        /** Was told to end, and its node will see to it. */
        ENDING,
        /** Its node is gone, or nothing can be learned from it any more. */
        LOST,
        /** Can't run where it was to: its kubelet refused or evicted it, or the scheduler can't bind it. */
        REFUSED
    }

    static Replica of(Pod pod, ServiceWorld world) {
        var said = Optional.ofNullable(world.servings().get(pod.getMetadata().getUid()));
        var trouble = trouble(pod, said, world);
        return new Replica(
                pod,
                PodLabels.rank(pod),
                pod.getMetadata().getLabels().getOrDefault(Labels.REVISION, ""),
                state(pod, world),
                trouble,
                isFailing(pod, said));
    }

    String name() {
        return pod.getMetadata().getName();
    }

    /** The node that it is on; empty while it is bound to none. */
    Optional<String> node() {
        return Optional.ofNullable(pod.getSpec().getNodeName());
    }

    /** Whether it answers, or may come to. */
    boolean isLive() {
        return state == State.STARTING || state == State.READY;
    }

    boolean isReady() {
        return state == State.READY;
    }

    /** When the scheduler's patience with it is over, if the scheduler finds no way to bind it. */
    static Optional<Duration> untilRefused(Pod pod, Instant now) {
        return unschedulable(pod).map(since -> Duration.between(now, since.plus(UNBOUND)));
    }

    private static State state(Pod pod, ServiceWorld world) {
        var node = pod.getSpec().getNodeName();
        if (node != null && world.isLost(node)) {
            return State.LOST;
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return State.ENDING;
        }
        if (PodReport.finished(pod)
                || untilRefused(pod, world.now())
                        .filter(left -> !left.isPositive())
                        .isPresent()) {
            return State.REFUSED;
        }
        return PodReport.ready(pod) ? State.READY : State.STARTING;
    }

    private static Optional<Instant> unschedulable(Pod pod) {
        return pod.getSpec().getNodeName() != null
                ? Optional.empty()
                : PodReport.condition(pod, "PodScheduled")
                        .filter(condition -> "Unschedulable".equals(condition.getReason()))
                        .map(PodCondition::getLastTransitionTime)
                        .map(Instant::parse);
    }

    private static boolean isFailing(Pod pod, Optional<Serving> said) {
        return said.filter(serving -> serving.state() == Serving.State.FAILED).isPresent()
                || PodReport.container(pod)
                        .map(ContainerStatus::getState)
                        .map(ContainerState::getWaiting)
                        .filter(waiting -> waiting.getReason() != null && FAILING.contains(waiting.getReason()))
                        .isPresent();
    }

    /**
     * The loader's own words, if there are any; else what the container's last end tells, else what the kubelet says.
     */
    private static String trouble(Pod pod, Optional<Serving> said, ServiceWorld world) {
        if (PodReport.finished(pod)) {
            return PodReport.because(
                    pod.getStatus().getReason(), pod.getStatus().getMessage());
        }
        var words =
                said.filter(serving -> serving.state() == Serving.State.FAILED).map(Serving::message);
        return words.or(() -> lastWords(pod)).orElseGet(() -> {
            var shown = PodReport.trouble(pod);
            var trouble = shown.isEmpty()
                    ? world.told().getOrDefault(pod.getMetadata().getName(), "")
                    : shown;
            var loading = said.filter(serving -> serving.state() == Serving.State.LOADING)
                    .map(Serving::message);
            return trouble.isEmpty() ? loading.orElse("") : trouble;
        });
    }

    private static Optional<String> lastWords(Pod pod) {
        var container = PodReport.container(pod);
        var ended = container
                .map(ContainerStatus::getState)
                .map(ContainerState::getTerminated)
                .or(() -> container.map(ContainerStatus::getLastState).map(ContainerState::getTerminated));
        return ended.filter(end -> !PodReport.ready(pod))
                .map(end -> LastWord.of(pod, end, MORE_MEMORY))
                .map(outcome -> outcome.reason() + ": " + outcome.message());
    }
}
