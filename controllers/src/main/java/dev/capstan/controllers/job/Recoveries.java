package dev.capstan.controllers.job;

import dev.capstan.controllers.job.Losses.Loss;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Recovery;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** What {@code status.recovery} counts. */
final class Recoveries {
    private Recoveries() {}

    /** What the status says; null if it says nothing yet. */
    static Recovery of(JobState state) {
        return state.status().map(JobStatus::getRecovery).map(Block::copy).orElse(null);
    }

    private static Recovery known(JobState state) {
        return Optional.ofNullable(of(state)).orElseGet(Recovery::new);
    }

    /** The same, and these workers replaced too. */
    static Recovery replacing(JobState state, List<Loss> losses) {
        var recovery = known(state);
        var causes =
                new TreeMap<>(Optional.ofNullable(recovery.getRestartsByCause()).orElseGet(TreeMap::new));
        losses.forEach(loss -> causes.merge(loss.cause().name(), 1, Integer::sum));
        int before = recovery.getRestarts() == null ? 0 : recovery.getRestarts();
        return recovery.setRestarts(before + losses.size()).setRestartsByCause(causes);
    }

    /** The same, and the workers at work again, at this step, after so long. */
    static Recovery atWork(JobState state, long step, Duration took) {
        var recovery = known(state);
        var total = recovery.getTotalSeconds() == null ? 0 : Double.parseDouble(recovery.getTotalSeconds());
        return recovery.setRecoveries((recovery.getRecoveries() == null ? 0 : recovery.getRecoveries()) + 1)
                .setLastSeconds(seconds(took.toMillis() / 1000.0))
                .setLastStep(step)
                .setTotalSeconds(seconds(total + took.toMillis() / 1000.0));
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.3f", seconds);
    }
}
