package dev.capstan.controllers.lineage;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.S3Uri;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Optional;

/** The model of a job that another job or a service goes on from: there, or what to wait for. */
public sealed interface ModelSource {
    /**
     * The job that makes the model.
     *
     * @param kind its kind, such as {@code TrainingJob}
     * @param name its name, in the namespace of whoever goes on from it
     * @param field the field of the spec that names it, for messages
     */
    record Ref(String kind, String name, String field) {}

    /** The model is there. */
    record Found(Artifact artifact) implements ModelSource {}

    /** It isn't yet, and may never be; {@code message} says why. */
    record NotYet(String message) implements ModelSource {}

    /**
     * Looks the model up.
     *
     * @param ref the job that makes it
     * @param owner the job or service that wants it
     * @param source the job that makes it, if it is there
     */
    static ModelSource of(Ref ref, HasMetadata owner, Optional<CapstanJob<?, ?>> source) {
        if (source.isPresent() && isTorchScript(source.get())) {
            return new NotYet(ref.field() + " names " + ref.kind() + " " + ref.name()
                    + ", whose model is a TorchScript module: that is neither compressed nor served, and a TrainingJob"
                    + " goes on from its file module.pt by model.torchScript.uri. Name a job whose model is of layers,"
                    + " dl4j or from");
        }
        var made = source.filter(ModelSource::complete)
                .map(job -> job.getStatus().getArtifact())
                .filter(ModelSource::isReadable);
        if (made.isPresent()) {
            return new Found(new Artifact()
                    .setUri(made.get().getUri())
                    .setDigest(made.get().getDigest())
                    .setSizeBytes(made.get().getSizeBytes())
                    .setS3(made.get().getS3()));
        }
        boolean itself =
                ref.name().equals(owner.getMetadata().getName()) && ref.kind().equals(owner.getKind());
        return new NotYet(
                itself
                        ? ref.field() + " names this job itself: delete it, and name another"
                        : "waits for the model of " + ref.kind() + " " + ref.name()
                                + source.map(ModelSource::state)
                                        .orElse(", which does not exist in the namespace: create it. If it is gone"
                                                + " after it had succeeded, its model still lies where its"
                                                + " output.storage said: name that place in model.from.uri"));
    }

    private static boolean isTorchScript(CapstanJob<?, ?> source) {
        return source instanceof TrainingJob training
                && training.getSpec().getModel().getTorchScript() != null;
    }

    private static boolean complete(CapstanJob<?, ?> source) {
        return holds(source, Conditions.COMPLETE);
    }

    private static boolean holds(CapstanJob<?, ?> source, String type) {
        return source.getStatus() != null
                && ConditionSet.holds(source.getStatus().getConditions(), type);
    }

    /** Whether an artifact lies where somebody can read it: what its URI says comes from a tenant's program. */
    private static boolean isReadable(Artifact artifact) {
        try {
            return artifact.getUri() != null
                    && switch (PlaceUri.parse(artifact.getUri())) {
                        case VolumeUri volume -> true;
                        case S3Uri object -> artifact.getS3() != null;
                    };
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String state(CapstanJob<?, ?> source) {
        var status = source.getStatus();
        if (holds(source, Conditions.FAILED)) {
            var failed =
                    ConditionSet.find(status.getConditions(), Conditions.FAILED).orElseThrow();
            return ", which failed: " + failed.getReason() + ": " + failed.getMessage();
        }
        var complete = ConditionSet.find(status == null ? null : status.getConditions(), Conditions.COMPLETE)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()));
        if (complete.isPresent() && complete.get().getReason().equals(Reasons.NOT_ACCEPTED)) {
            return ", which is complete without one: " + Reasons.NOT_ACCEPTED + ": "
                    + complete.get().getMessage();
        }
        if (complete.isPresent()) {
            return ", which is complete and doesn't say where its model lies";
        }
        var progress = status == null ? null : status.getProgress();
        return Optional.ofNullable(status)
                .flatMap(there -> ConditionSet.find(there.getConditions(), Conditions.READY))
                .map(ready -> ", which is not complete: " + ready.getReason()
                        + (progress == null || progress.getSummary() == null ? "" : ", " + progress.getSummary()))
                .orElse(", which is not complete: " + Reasons.PENDING);
    }
}
