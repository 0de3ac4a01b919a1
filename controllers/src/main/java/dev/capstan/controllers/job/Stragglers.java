package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Progress;
import dev.capstan.protocol.Progress.Straggler;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** The worker that all others wait for in each step, as they have measured it. */
final class Stragglers {
    private static final double MOST = 1e6;
    private static final String TAKES = ": ";

    private Stragglers() {}

    /** Who it is, where it runs, and how many times as long it takes; null if there is none. */
    static String of(JobState state) {
        return told(state)
                .map(each -> who(state, each) + TAKES + String.format(Locale.ROOT, "%.1f times", each.factor()))
                .map(text -> text.length() <= Progress.MAX_STRAGGLER ? text : text.substring(0, Progress.MAX_STRAGGLER))
                .orElse(null);
    }

    /** A worker may tell anything. */
    private static Optional<Straggler> told(JobState state) {
        return state.report()
                .map(dev.capstan.protocol.Progress::straggler)
                .filter(each -> each.rank() >= 0
                        && each.rank() < state.description().replicas()
                        && each.factor() >= 1
                        && each.factor() <= MOST);
    }

    private static String who(JobState state, Straggler straggler) {
        int seat = Seats.of(state.description()).of(straggler.rank());
        var pod = Gang.of(state.world().pods(), state.attempt(), state.description())
                .bySeat()
                .get(seat);
        var node = pod == null ? null : pod.getSpec().getNodeName();
        return "worker " + straggler.rank() + (node == null ? "" : " on node " + node);
    }

    /** A word about it when it is another than before, or another node's. */
    static Optional<Notice> notice(JobState state, JobStatus status) {
        var now = shown(status);
        var before = state.status().map(Stragglers::shown).orElse(null);
        return told(state)
                .filter(each -> now != null && !Objects.equals(who(now), who(before)))
                .map(each -> new Notice(
                        Notice.Reason.Straggler,
                        state.attempt(),
                        String.format(
                                Locale.ROOT,
                                "%s takes %.1f times as long to compute as the others, which wait for it in each step",
                                who(now),
                                each.factor()),
                        "rank" + each.rank()));
    }

    private static String shown(JobStatus status) {
        return status.getProgress() == null ? null : status.getProgress().getStraggler();
    }

    private static String who(String text) {
        return text == null ? null : text.split(TAKES)[0];
    }
}
