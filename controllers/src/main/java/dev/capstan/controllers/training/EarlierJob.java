package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.crds.training.TrainingJobStatus;
import java.util.Optional;

/**
 * The job whose model another goes on from. What it made is written down once, when it is complete: all attempts go on
 * from the same bytes, whatever becomes of that job.
 */
final class EarlierJob {
    private EarlierJob() {}

    /** Name of the job, if one is named. */
    static Optional<String> name(TrainingJob job) {
        return Optional.ofNullable(job.getSpec().getModel().getFrom())
                .map(from -> from.getTrainingJobRef())
                .map(reference -> reference.getName());
    }

    /** What to do before anything else; nothing if the model is known, or is no other job's. */
    static Optional<Plan<TrainingJobStatus>> decide(Draft draft) {
        boolean known =
                draft.job().getStatus() != null && draft.job().getStatus().getModel() != null;
        return known ? Optional.empty() : name(draft.job()).map(name -> waitFor(draft, name));
    }

    private static Plan<TrainingJobStatus> waitFor(Draft draft, String name) {
        var source = draft.world().referents().source();
        var made =
                source.filter(EarlierJob::complete).map(job -> job.getStatus().getArtifact());
        if (made.filter(EarlierJob::isPlace).isEmpty()) {
            return draft.plan(new Situation.Pending(new Wait(
                    Reasons.WAITING_FOR_MODEL,
                    name.equals(draft.job().getMetadata().getName())
                            ? "model.from.trainingJobRef names this job itself: delete it, and name another"
                            : "waits for the model of TrainingJob " + name
                                    + source.map(EarlierJob::state)
                                            .orElse(", which does not exist in the namespace: create it"))));
        }
        var plan = draft.plan(new Situation.Pending(new Wait(
                Reasons.PENDING,
                "goes on from %s, %s".formatted(made.get().getUri(), made.get().getDigest()))));
        plan.status()
                .setModel(new Artifact()
                        .setUri(made.get().getUri())
                        .setDigest(made.get().getDigest())
                        .setSizeBytes(made.get().getSizeBytes()));
        return plan;
    }

    private static boolean complete(TrainingJob source) {
        return source.getStatus() != null
                && ConditionSet.holds(source.getStatus().getConditions(), Conditions.COMPLETE);
    }

    /** Whether an artifact lies where somebody can read it: its place comes from a tenant's program. */
    private static boolean isPlace(Artifact artifact) {
        try {
            return artifact.getUri() != null && PlaceUri.parse(artifact.getUri()) instanceof VolumeUri;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String state(TrainingJob source) {
        var failed = Standing.condition(source, Conditions.FAILED)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()));
        if (failed.isPresent()) {
            return ", which failed: " + failed.get().getReason() + ": "
                    + failed.get().getMessage();
        }
        if (complete(source)) {
            return ", which is complete and doesn't say where its model lies";
        }
        var progress = source.getStatus() == null ? null : source.getStatus().getProgress();
        return Standing.condition(source, Conditions.READY)
                .map(ready -> ", which is not complete: " + ready.getReason()
                        + (progress == null || progress.getSummary() == null ? "" : ", " + progress.getSummary()))
                .orElse(", which is not complete: " + Reasons.PENDING);
    }
}
