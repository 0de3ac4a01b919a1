package dev.capstan.controllers.inference;

import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.S3;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.Revision;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The model that a service is to serve: known by its digest, or what to wait for. */
sealed interface WantedModel {
    /**
     * It is known.
     *
     * @param digest of the artifact
     * @param uri where it lies, or lay when the revision that first served it was made
     * @param s3 how to reach it there; null on a volume
     * @param source whose it is, for people
     */
    record Known(String digest, String uri, S3 s3, String source) implements WantedModel {
        private static Known of(Revision revision) {
            return new Known(revision.getDigest(), revision.getUri(), revision.getS3(), revision.getSource());
        }
    }

    /** It isn't yet, and may never be. */
    record Missing(Wait why) implements WantedModel {}

    static WantedModel of(InferenceService service, ServiceWorld world) {
        var model = service.getSpec().getModel();
        var listed = listed(service);
        var pinned = model.digest().flatMap(digest -> newest(listed, revision -> digest.equals(revision.getDigest())));
        var from = model.getFrom();
        if (from.getUri() != null) {
            return pinned.map(Known::of)
                    .orElseGet(
                            () -> new Known(model.digest().orElseThrow(), from.getUri(), from.getS3(), from.getUri()));
        }
        var ref = ref(service).orElseThrow();
        var source = ref.kind() + "/" + ref.name();
        var found = ModelSource.of(ref, service, world.referents().source());
        if (model.digest().isPresent()) {
            return pinned.<WantedModel>map(Known::of)
                    .orElseGet(() -> pinned(model.digest().get(), source, found, listed));
        }
        var before = newest(
                listed, revision -> source.equals(revision.getSource()) && !isPinned(revision.getRevision(), world));
        return switch (found) {
            case ModelSource.Found(var artifact) ->
                before.filter(revision -> !model.follow())
                        .map(Known::of)
                        .orElseGet(() -> new Known(artifact.getDigest(), artifact.getUri(), artifact.getS3(), source));
            case ModelSource.NotYet(var message) ->
                before.<WantedModel>map(Known::of)
                        .orElseGet(() -> new Missing(new Wait(WaitReason.WAITING_FOR_MODEL, message)));
        };
    }

    /** The job that makes the model, if the spec names one. */
    static Optional<ModelSource.Ref> ref(InferenceService service) {
        var from = service.getSpec().getModel().getFrom();
        if (from.getTrainingJobRef() != null) {
            return Optional.of(new ModelSource.Ref(
                    HasMetadata.getKind(TrainingJob.class),
                    from.getTrainingJobRef().getName(),
                    "model.from.trainingJobRef"));
        }
        return Optional.ofNullable(from.getCompressionJobRef())
                .map(job -> new ModelSource.Ref(
                        HasMetadata.getKind(CompressionJob.class), job.getName(), "model.from.compressionJobRef"));
    }

    private static WantedModel pinned(String digest, String source, ModelSource found, List<Revision> listed) {
        return switch (found) {
            case ModelSource.Found(var artifact) ->
                digest.equals(artifact.getDigest())
                        ? new Known(digest, artifact.getUri(), artifact.getS3(), source)
                        : new Missing(new Wait(
                                WaitReason.DIGEST_NOT_FOUND,
                                "model.digest is %s; %s has %s, and the revisions in status.revisions have %s: set it to one of these, or remove it"
                                        .formatted(digest, source, artifact.getDigest(), digests(listed))));
            case ModelSource.NotYet(var message) -> new Missing(new Wait(WaitReason.WAITING_FOR_MODEL, message));
        };
    }

    private static String digests(List<Revision> listed) {
        return listed.isEmpty()
                ? "none, as there are no revisions yet"
                : listed.stream().map(Revision::getDigest).distinct().collect(Collectors.joining(", "));
    }

    /** Whether a revision was made by naming a digest; it says nothing of which model is the source's newest. */
    private static boolean isPinned(int revision, ServiceWorld world) {
        return Optional.ofNullable(world.templates().get(revision))
                .filter(template -> template.getModel().digest().isPresent())
                .isPresent();
    }

    private static List<Revision> listed(InferenceService service) {
        return service.getStatus() == null || service.getStatus().getRevisions() == null
                ? List.of()
                : service.getStatus().getRevisions();
    }

    private static Optional<Revision> newest(List<Revision> listed, Predicate<Revision> which) {
        return listed.stream().filter(which).max(Comparator.comparing(Revision::getRevision));
    }
}
