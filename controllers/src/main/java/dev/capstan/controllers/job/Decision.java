package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What was decided about a job. The status follows from it, and is worked out in one place when all is decided.
 *
 * @param situation where the job stands now
 * @param children what to do about the objects that it owns
 * @param notices what to tell
 * @param again when to look again though nothing has changed
 * @param follow the worker to ask for progress, while the pods run
 * @param gang the workers that are listened to, while they can be replaced one by one
 * @param written what the status is to say of who is in the gang; empty if it says what it said
 * @param deletesJob whether the job itself is to be deleted
 */
record Decision(
        Situation situation,
        Children children,
        List<Notice> notices,
        Optional<Duration> again,
        Optional<Plan.Follow> follow,
        Optional<Plan.Gang> gang,
        Optional<Terms.Written> written,
        boolean deletesJob) {

    /** This situation, and nothing to do. */
    static Decision of(Situation situation) {
        return new Decision(
                situation,
                Children.UNTOUCHED,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    Decision with(Children newChildren) {
        return new Decision(situation, newChildren, notices, again, follow, gang, written, deletesJob);
    }

    /** The same, and these made instead of what was to be made. */
    Decision making(List<HasMetadata> objects) {
        return with(children.remaking(children.peersSecret(), objects));
    }

    /** The same, and these pods deleted too. */
    Decision alsoDeleting(List<Pod> pods) {
        return with(children.alsoDelete(pods));
    }

    /** The same, and this is told too. */
    Decision tell(Notice notice) {
        var all = Stream.concat(notices.stream(), Stream.of(notice)).toList();
        return new Decision(situation, children, all, again, follow, gang, written, deletesJob);
    }

    /** The same, and these are told before the rest. */
    Decision tellFirst(List<Notice> first) {
        var all = Stream.concat(first.stream(), notices.stream()).toList();
        return new Decision(situation, children, all, again, follow, gang, written, deletesJob);
    }

    /** Looks again after this delay, if not sooner. */
    Decision again(Duration delay) {
        var soonest = again.filter(sooner -> sooner.compareTo(delay) < 0).orElse(delay);
        return new Decision(situation, children, notices, Optional.of(soonest), follow, gang, written, deletesJob);
    }

    Decision following(Optional<Plan.Follow> worker) {
        return new Decision(situation, children, notices, again, worker, gang, written, deletesJob);
    }

    Decision listening(Plan.Gang workers) {
        return new Decision(situation, children, notices, again, follow, Optional.of(workers), written, deletesJob);
    }

    Decision writing(Terms.Written members) {
        return new Decision(situation, children, notices, again, follow, gang, Optional.of(members), deletesJob);
    }

    Decision deletingJob() {
        return new Decision(situation, children, notices, again, follow, gang, written, true);
    }
}
