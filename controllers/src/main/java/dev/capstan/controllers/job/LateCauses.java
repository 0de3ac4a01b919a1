package dev.capstan.controllers.job;

import dev.capstan.controllers.job.Losses.Cause;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.crds.Recovery;
import dev.capstan.crds.Replacement;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What took workers away that their peers missed before anybody else did: a kubelet tells a moment later. Until then
 * they are counted as unreachable.
 */
final class LateCauses {
    private LateCauses() {}

    /** Has what pods have told since counted instead. */
    static Decision counted(JobState state, Decision decision) {
        var known = decision.written()
                .or(() -> state.status()
                        .map(JobStatus::getMembership)
                        .map(membership -> Terms.Written.of(state, membership)))
                .filter(written -> written.membership() != null && written.recovery() != null);
        if (known.isEmpty()) {
            return decision;
        }
        var written = known.get();
        var membership = Block.copy(written.membership());
        var recovery = Block.copy(written.recovery());
        boolean changed = false;
        for (var seat : replaced(membership)) {
            if (Boolean.TRUE.equals(seat.getUnexplained())) {
                changed |= look(state, seat, recovery);
            }
        }
        return changed
                ? decision.writing(new Terms.Written(written.term(), membership, recovery, written.inVain()))
                : decision;
    }

    private static Iterable<Replacement> replaced(Membership membership) {
        return Optional.ofNullable(membership.getReplaced()).orElseGet(List::of);
    }

    private static boolean look(JobState state, Replacement seat, Recovery recovery) {
        var name = state.description().podName(state.attempt(), seat.getRank(), seat.getIncarnation() - 1);
        var pod = state.world().pods().stream()
                .filter(there -> there.getMetadata().getName().equals(name))
                .findFirst();
        var cause = pod.isPresent()
                ? cause(state, pod.get())
                : Optional.ofNullable(state.world().hadToGo(state.attempt()).get(name))
                        .map(why -> Cause.Evicted);
        if (pod.isPresent() && cause.isEmpty()) {
            return false;
        }
        seat.setUnexplained(null);
        cause.ifPresent(each -> move(recovery, each));
        return true;
    }

    private static Optional<Cause> cause(JobState state, Pod pod) {
        return switch (WorkerStates.of(
                pod, 0, state.world(), state.description().lessMemory())) {
            case WorkerState.Ended ended -> Optional.of(Losses.cause(ended, pod, state.world()));
            case WorkerState.Lost lost -> Optional.of(Losses.cause(lost));
            case WorkerState.Refused refused -> Optional.of(Cause.Evicted);
            case WorkerState.Starting starting -> Optional.empty();
            case WorkerState.Running running -> Optional.empty();
            case WorkerState.Ending ending -> Optional.empty();
            case WorkerState.Strayed strayed -> Optional.empty();
            case WorkerState.Missing missing -> Optional.empty();
        };
    }

    private static void move(Recovery recovery, Cause cause) {
        var causes = new TreeMap<>(recovery.getRestartsByCause());
        causes.computeIfPresent(Cause.Unreachable.name(), (name, count) -> count == 1 ? null : count - 1);
        causes.merge(cause.name(), 1, Integer::sum);
        recovery.setRestartsByCause(causes);
    }
}
