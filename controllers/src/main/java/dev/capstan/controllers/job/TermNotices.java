package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.JobStatus;
import java.util.List;
import java.util.stream.Collectors;

/** What is told while lost workers are replaced, in order. */
final class TermNotices {
    private TermNotices() {}

    static Notice lost(JobState state, Losses.Loss loss) {
        int seat = state.seats().of(loss.rank());
        var node = new SeatPlaces(state)
                .of(seat)
                .map(place -> " on node " + place.getNode())
                .orElse("");
        return new Notice(
                Notice.Reason.WorkerLost,
                state.attempt(),
                "worker %d%s was lost (%s): %s; the other workers keep their state"
                        .formatted(loss.rank(), node, loss.cause(), loss.what()),
                seat + "x" + state.seats().incarnation(seat));
    }

    /** @param spare whether its pod stood by for that */
    static Notice replaced(JobState state, WorkerState worker, boolean spare, int term) {
        var pod = worker instanceof WorkerState.Running running ? running.pod() : "";
        var node = state.world().pods().stream()
                .filter(there -> there.getMetadata().getName().equals(pod))
                .findFirst()
                .map(there -> " on node " + there.getSpec().getNodeName())
                .orElse("");
        return new Notice(
                Notice.Reason.WorkerReplaced,
                state.attempt(),
                (spare ? "a spare takes the place: " : "")
                        + "worker %d is pod %s%s now, from term %d on".formatted(worker.rank(), pod, node, term),
                worker.rank() + "x" + term);
    }

    /** @param why a sentence without an end */
    static Notice spareLost(JobState state, int seat, String pod, String why) {
        return new Notice(
                Notice.Reason.SpareLost,
                state.attempt(),
                "the spare in pod %s is lost, and another is made; the workers go on: %s".formatted(pod, why),
                seat + "x" + state.seats().incarnation(seat));
    }

    static Notice spareRefused(JobState state, String why) {
        return new Notice(
                Notice.Reason.SpareRefused,
                state.attempt(),
                "a spare can't be made, and is tried again every 30 s; the workers go on: " + why);
    }

    static Notice recovered(JobState state, String seconds, long step, int term) {
        return new Notice(
                Notice.Reason.Recovered,
                state.attempt(),
                "all %d workers are at work again after %s s, at step %d, in term %d"
                        .formatted(state.replicas(), seconds, step, term),
                Integer.toString(term));
    }

    /** Which ranks have no worker, and what they wait for; to go on from a count. */
    static String waiting(JobState state, Seats seats, SeatPlaces places) {
        var ranks = seats.gathering();
        boolean lacks =
                ranks.stream().anyMatch(rank -> places.of(seats.of(rank)).isEmpty());
        var wait = state.world()
                .verdict()
                .map(Wait::message)
                .map(message -> ", which waits for a place: " + message)
                .orElse(", which waits for a place");
        return ranks.isEmpty()
                ? "; the workers meet again in term "
                        + state.status().map(JobStatus::getTerm).orElse(null)
                : "; the others keep their state and wait for worker " + list(ranks) + (lacks ? wait : "");
    }

    /** {@code 1}, {@code 1, 2}. */
    private static String list(List<Integer> ranks) {
        return ranks.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
