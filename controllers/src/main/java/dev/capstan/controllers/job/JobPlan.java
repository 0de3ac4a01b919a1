package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to do about a job, from the job and the world as they were read together. The same job and world give the same
 * plan.
 *
 * <p>An attempt goes this way: it queues, is granted places, its pods are made, all of them meet, they work, it ends.
 * Of a job whose data are checked first, the first attempts do nothing but that: with one pod, in one place. Where it
 * is on that way is read from the job's own status, so that a new operator goes on where the last one stopped.
 */
public final class JobPlan {
    /** How soon to look again whether a name that somebody else holds is free. */
    private static final Duration NAME_RETRY = Duration.ofSeconds(5);
    /**
     * How long places are kept for a job one of whose names somebody else has: whoever is about to go is gone by then.
     */
    private static final Duration NAME_PATIENCE = Duration.ofMinutes(2);

    /** How soon to ask for the second time: a namespace that was made just now has no service account yet. */
    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    private JobPlan() {}

    /** What to do; nothing for a job that is being deleted, whose children go with it. */
    public static Optional<Plan<JobStatus>> decide(JobDescription description, World world, WorkerSettings settings) {
        if (description.job().getMetadata().getDeletionTimestamp() != null) {
            return Optional.empty();
        }
        var state = new JobState(description, world, settings);
        return Optional.of(StatusBuilder.plan(state, decide(state)));
    }

    /** What to do when the API server hasn't taken a child of the last plan; nothing more is made by this one. */
    public static Plan<JobStatus> refused(
            JobDescription description, World world, WorkerSettings settings, Refusal refusal) {
        if (!world.gone().isEmpty()) {
            // What runs goes on without it as long as it can.
            var others = new JobState(description, world.withNothingGone(), settings);
            return StatusBuilder.plan(
                    others,
                    decide(others)
                            .making(List.of())
                            .tell(others.notice(Notice.Reason.NotRemade, Messages.notRemade(world, refusal))));
        }
        var state = new JobState(description, world, settings);
        var goesOn = state.spares().refused(decide(state), Messages.said(refusal));
        if (goesOn.isPresent()) {
            return StatusBuilder.plan(state, goesOn.get());
        }
        return StatusBuilder.plan(
                state,
                switch (refusal) {
                    case Refusal.Denied(var child, var message) ->
                        refused(state, new Wait(WaitReason.POD_REFUSED, Messages.refused(child, message)));
                    case Refusal.OverQuota(var message) ->
                        refused(state, new Wait(WaitReason.EXCEEDS_RESOURCE_QUOTA, message));
                    case Refusal.Taken(var message, var leaving) ->
                        taken(state, new Wait(WaitReason.NAME_TAKEN, message), leaving);
                });
    }

    /**
     * Whoever has the name may be about to go, as what an earlier job of the same name owned: that is waited for with
     * places, but no longer than it should take. Who isn't may stay for ever.
     */
    private static Decision taken(JobState state, Wait wait, boolean leaving) {
        if (!StatusReader.granted(state.job())) {
            return Decision.of(beforeQueueing(state, wait)).again(NAME_RETRY);
        }
        boolean check = DataCheck.isDue(state.description());
        var granted = Instant.parse(state.job().getStatus().getAdmission().getTime());
        return leaving && state.world().now().isBefore(granted.plus(NAME_PATIENCE))
                ? Decision.of(check ? new Situation.Checking(wait) : new Situation.Granted(wait))
                        .again(NAME_RETRY)
                : rollBack(state, wait);
    }

    private static Decision refused(JobState state, Wait wait) {
        if (StatusReader.granted(state.job())) {
            // Half a gang must hold no places: what was made goes, and the whole gang queues again.
            return rollBack(state, wait);
        }
        boolean again =
                state.waiting().filter(last -> last.reason() == wait.reason()).isPresent();
        return Decision.of(beforeQueueing(state, wait)).again(again ? LookAgain.in(state.world()) : ASK_AGAIN);
    }

    private static Situation beforeQueueing(JobState state, Wait wait) {
        return new Situation.Pending(DataCheck.isDue(state.description()) ? DataCheck.of(wait) : wait);
    }

    private static Decision rollBack(JobState state, Wait wait) {
        return DataCheck.isDue(state.description())
                ? DataCheck.rollBack(state, wait)
                : RestartPolicy.rollBack(state, wait);
    }

    /**
     * Whether an attempt is under way for whose pods it has to be seen that what they need stays there.
     *
     * @param checks the job's pods that check its data
     */
    public static boolean needsUpkeep(JobDescription description, List<Pod> checks) {
        var job = description.job();
        if (!StatusReader.granted(job) || StatusReader.finished(job) || StatusReader.toSuspend(job)) {
            return false;
        }
        int attempt = job.getStatus().getAttempt();
        return DataCheck.isDue(description)
                ? checks.stream().anyMatch(pod -> PodLabels.attempt(pod) == attempt && !PodReport.finished(pod))
                : StatusReader.allMade(job);
    }

    /**
     * What the pods of such an attempt need.
     *
     * @param model the configuration in the job's own copy, if it has one
     */
    public static List<HasMetadata> needed(
            JobDescription description, WorkerSettings settings, Optional<String> model) {
        return JobChildren.needed(description, settings, model);
    }

    /** What was asked before the job began to queue, to be asked by a new leader; nothing if it doesn't queue. */
    public static List<DryRun> asked(JobDescription description, World world, WorkerSettings settings) {
        var job = description.job();
        boolean queues = StatusReader.queues(job) && !StatusReader.granted(job);
        return (queues || StatusReader.lacksPlaces(description)) && !StatusReader.toSuspend(job)
                ? JobChildren.trials(new JobState(description, world, settings))
                : List.of();
    }

    /** Whether a worker's pod that was seen once, or should have been, isn't among these. */
    public static boolean misses(JobDescription description, List<Pod> pods) {
        var job = description.job();
        boolean expected = StatusReader.allMade(job) || StatusReader.suspending(job);
        if (!StatusReader.granted(job) || StatusReader.finished(job) || !expected) {
            return false;
        }
        int attempt = job.getStatus().getAttempt();
        // Places are given up when no pod is left: that a cache shows none doesn't say so.
        return StatusReader.suspending(job)
                ? pods.stream().noneMatch(pod -> PodLabels.attempt(pod) == attempt)
                : !Gang.of(pods, attempt, description).bySeat().keySet().containsAll(description.workingPods());
    }

    /**
     * Whether the next plan needs to know what is there of that which nobody watches: before the job queues, and when
     * its pods are made.
     */
    public static boolean needsLookup(JobDescription description, References references) {
        var job = description.job();
        boolean queues = StatusReader.queues(job) && !StatusReader.granted(job);
        return references.needsLookup()
                && !StatusReader.finished(job)
                && !(StatusReader.toSuspend(job) || StatusReader.suspending(job))
                && !queues
                && !StatusReader.allMade(job);
    }

    private static Decision decide(JobState state) {
        var job = state.job();
        if (StatusReader.finished(job)) {
            return FinishedJob.decide(state);
        }
        boolean stops = StatusReader.toSuspend(job) || StatusReader.suspending(job) || Suspension.isDrained(state);
        var decision = stops ? Suspension.decide(state) : Deadline.apply(state, goOn(state));
        // What is the job's by its owner goes with the attempt, whatever its labels say.
        var strays =
                state.world().strays().values().stream().map(World.Stray::owned).flatMap(Optional::stream);
        return decision.alsoDeleting(Stream.concat(strays, WaitingJob.oldPods(state))
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList());
    }

    private static Decision goOn(JobState state) {
        if (!StatusReader.granted(state.job())) {
            return WaitingJob.decide(state);
        }
        return remake(
                state, DataCheck.isDue(state.description()) ? DataCheck.decide(state) : AdmittedJob.decide(state));
    }

    /** Has what is gone of that which running pods need made again. */
    private static Decision remake(JobState state, Decision decision) {
        var situation = decision.situation();
        boolean goesOn = situation instanceof Situation.Running
                || situation instanceof Situation.Starting
                || situation instanceof Situation.Checking;
        return goesOn && !state.world().gone().isEmpty()
                ? decision.with(JobChildren.gone(state)).tell(Messages.remade(state))
                : decision;
    }
}
