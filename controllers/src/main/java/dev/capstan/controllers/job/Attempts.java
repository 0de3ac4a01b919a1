package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Backoff;
import dev.capstan.crds.JobStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * The attempts of a job. Each has a number of its own, so that nothing of an earlier one is taken for its own.
 *
 * @param number the current one, from 1
 * @param checks how many did nothing but check the data, and are over
 * @param restarts how many were lost; crashes among them
 * @param inVain how many of those in a row with no newer checkpoint in between: only these speak against going on
 * @param rollbacks how many didn't become whole
 * @param crashes how many crashed in a row with no newer checkpoint in between
 * @param otherData how many found other data in a row with no newer checkpoint in between
 */
record Attempts(int number, int checks, int restarts, int inVain, int rollbacks, int crashes, int otherData) {
    /** Before a job tries again what went wrong: 1 s, 2 s, 4 s, … at most a minute. */
    static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** Before it tries again what somebody has to mend: 5 s, 10 s, 20 s, … at most 5 min. */
    static final Backoff LONG_BACKOFF = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));
    /**
     * Before an attempt looks again whether data are back that the job's state was trained on: 5 min, 10 min, … at most
     * 80 min. It takes all of a gang's places to look.
     */
    static final Backoff OTHER_DATA_BACKOFF = new Backoff(Duration.ofMinutes(5), Duration.ofMinutes(80));

    /** Why an attempt ended, of those that another follows. */
    enum End {
        /** It checked the data, and they are fine. */
        CHECKED,
        /** It was to check the data, and its pod was lost, was turned away or didn't come to run. */
        UNCHECKED,
        /** It was to check the data, and its program ended by its own doing. */
        CHECK_CRASHED,
        /** Its machines or pods were lost. */
        LOST,
        /** Its program ended by its own doing. */
        CRASHED,
        /** It didn't become whole. */
        ROLLED_BACK,
        /** It didn't become whole, because a pod couldn't be started where it was. */
        NOT_STARTED,
        /** It found other data than its state was trained on: nobody's loss, which fails no job. */
        OTHER_DATA,
        /** It was stopped, as its spec or its quota asked: nobody's fault, and never counted. */
        SUSPENDED
    }

    /**
     * As the status says, if there is one. A newer checkpoint means that no crash was in vain, and no loss either.
     *
     * @param newerCheckpoint whether the current attempt has made one that the status doesn't know yet
     * @param progress whether it has, or the one before it had when it ended
     */
    static Attempts of(Optional<JobStatus> there, boolean newerCheckpoint, boolean progress) {
        if (there.map(JobStatus::getAttempt).isEmpty()) {
            return new Attempts(1, 0, 0, 0, 0, 0, 0);
        }
        var status = there.get();
        int number = Math.max(1, status.getAttempt());
        int restarts = orZero(status.getRestarts());
        return new Attempts(
                number,
                orZero(status.getChecks()),
                restarts,
                progress
                        ? 0
                        : Optional.ofNullable(status.getRestartsWithoutProgress())
                                .orElse(restarts),
                // Earlier versions didn't write it down: all that wasn't lost was rolled back.
                status.getRollbacks() == null ? Math.max(0, number - 1 - restarts) : status.getRollbacks(),
                newerCheckpoint ? 0 : orZero(status.getCrashes()),
                newerCheckpoint ? 0 : orZero(status.getDataChanges()));
    }

    /** After the end of the current one. */
    Attempts after(End end) {
        return switch (end) {
            // The workers' program has crashed as often as none has run.
            case CHECKED -> new Attempts(number + 1, checks + 1, restarts, inVain, rollbacks, 0, otherData);
            case UNCHECKED -> new Attempts(number + 1, checks + 1, restarts, inVain, rollbacks, crashes, otherData);
            case CHECK_CRASHED ->
                new Attempts(number + 1, checks + 1, restarts, inVain, rollbacks, crashes + 1, otherData);
            case LOST -> new Attempts(number + 1, checks, restarts + 1, inVain + 1, rollbacks, crashes, otherData);
            case CRASHED ->
                new Attempts(number + 1, checks, restarts + 1, inVain + 1, rollbacks, crashes + 1, otherData);
            case ROLLED_BACK, NOT_STARTED ->
                new Attempts(number + 1, checks, restarts, inVain, rollbacks + 1, crashes, otherData);
            case OTHER_DATA -> new Attempts(number + 1, checks, restarts, inVain, rollbacks, crashes, otherData + 1);
            case SUSPENDED -> new Attempts(number + 1, checks, restarts, inVain, rollbacks, crashes, otherData);
        };
    }

    void write(JobStatus status) {
        status.setAttempt(number)
                // Of most jobs nobody checks the data: nothing is to be said of it.
                .setChecks(checks == 0 ? null : checks)
                .setRestarts(restarts)
                .setRestartsWithoutProgress(inVain)
                .setRollbacks(rollbacks)
                .setCrashes(crashes)
                .setDataChanges(otherData == 0 ? null : otherData);
    }

    /** How long to wait before the next attempt, after an end that these count. */
    Duration backoff(End end) {
        return switch (end) {
            case UNCHECKED, CHECK_CRASHED -> BACKOFF.after(checks);
            case LOST, CRASHED -> BACKOFF.after(inVain);
            case ROLLED_BACK -> BACKOFF.after(rollbacks);
            case NOT_STARTED -> LONG_BACKOFF.after(rollbacks);
            case OTHER_DATA -> OTHER_DATA_BACKOFF.after(otherData);
            // It did what it was for, or was stopped as it was asked to: nothing speaks against going on.
            case CHECKED, SUSPENDED -> Duration.ZERO;
        };
    }

    private static int orZero(Integer count) {
        return count == null ? 0 : count;
    }
}
