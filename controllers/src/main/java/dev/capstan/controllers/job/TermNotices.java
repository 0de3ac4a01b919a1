package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import java.util.List;
import java.util.stream.Collectors;

/** What is told while lost workers are replaced, in order. */
final class TermNotices {
    private TermNotices() {}

    /** @param incarnation of the pod that was lost */
    static Notice lost(JobState state, Losses.Loss loss, int incarnation) {
        var node = state.job().getStatus().getAdmission().getPlacements().stream()
                .filter(place -> place.getRank() == loss.rank())
                .findFirst()
                .map(place -> " on node " + place.getNode())
                .orElse("");
        return new Notice(
                Notice.Reason.WorkerLost,
                state.attempt(),
                "worker %d%s was lost (%s): %s; the other workers keep their state"
                        .formatted(loss.rank(), node, loss.cause(), loss.what()),
                loss.rank() + "x" + incarnation);
    }

    static Notice replaced(JobState state, WorkerState worker, int term) {
        var pod = worker instanceof WorkerState.Running running ? running.pod() : "";
        var node = state.world().pods().stream()
                .filter(there -> there.getMetadata().getName().equals(pod))
                .findFirst()
                .map(there -> " on node " + there.getSpec().getNodeName())
                .orElse("");
        return new Notice(
                Notice.Reason.WorkerReplaced,
                state.attempt(),
                "worker %d is pod %s%s now, from term %d on".formatted(worker.rank(), pod, node, term),
                worker.rank() + "x" + term);
    }

    static Notice recovered(JobState state, String seconds, long step, int term) {
        return new Notice(
                Notice.Reason.Recovered,
                state.attempt(),
                "all %d workers are at work again after %s s, at step %d, in term %d"
                        .formatted(state.replicas(), seconds, step, term),
                Integer.toString(term));
    }

    /** {@code 1}, {@code 1, 2}. */
    static String list(List<Integer> ranks) {
        return ranks.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
