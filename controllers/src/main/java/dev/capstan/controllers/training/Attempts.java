package dev.capstan.controllers.training;

import dev.capstan.crds.JobStatus;
import dev.capstan.crds.training.TrainingJobStatus;

/**
 * The attempts of a job. Each has a number of its own, so that nothing of an earlier one is taken for its own.
 *
 * @param number the current one, from 1
 * @param restarts how many were lost; crashes among them
 * @param rollbacks how many didn't become whole
 * @param crashes how many crashed in a row with no newer checkpoint in between
 */
record Attempts(int number, int restarts, int rollbacks, int crashes) {
    /** Why an attempt ended, of those that another follows. */
    enum End {
        /** Its machines or pods were lost. */
        LOST,
        /** Its program ended by its own doing. */
        CRASHED,
        /** It didn't become whole. */
        ROLLED_BACK,
        /** The job was to rest: nobody's fault, and never counted. */
        SUSPENDED
    }

    /** As the status says; {@code null} before there is one. A newer checkpoint means that no crash was in vain. */
    static Attempts of(TrainingJobStatus status, boolean newerCheckpoint) {
        if (status == null || status.getAttempt() == null) {
            return new Attempts(1, 0, 0, 0);
        }
        int number = Math.max(1, status.getAttempt());
        int restarts = orZero(status.getRestarts());
        return new Attempts(
                number,
                restarts,
                // Earlier versions didn't write it down: all that wasn't lost was rolled back.
                status.getRollbacks() == null ? Math.max(0, number - 1 - restarts) : status.getRollbacks(),
                newerCheckpoint ? 0 : orZero(status.getCrashes()));
    }

    /** After the end of the current one. */
    Attempts after(End end) {
        return switch (end) {
            case LOST -> new Attempts(number + 1, restarts + 1, rollbacks, crashes);
            case CRASHED -> new Attempts(number + 1, restarts + 1, rollbacks, crashes + 1);
            case ROLLED_BACK -> new Attempts(number + 1, restarts, rollbacks + 1, crashes);
            case SUSPENDED -> new Attempts(number + 1, restarts, rollbacks, crashes);
        };
    }

    JobStatus write(JobStatus status) {
        return status.setAttempt(number)
                .setRestarts(restarts)
                .setRollbacks(rollbacks)
                .setCrashes(crashes);
    }

    private static int orZero(Integer count) {
        return count == null ? 0 : count;
    }
}
