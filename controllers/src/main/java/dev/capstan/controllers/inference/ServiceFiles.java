package dev.capstan.controllers.inference;

import dev.capstan.controllers.pods.ServiceObjects;
import dev.capstan.controllers.pods.StoragePaths;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.crds.Folder;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3Uri;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.Revision;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.ServiceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What replicas and routers are told, and where what they read lies. */
final class ServiceFiles {
    /** Behind the name of an artifact: where copies of it are kept that the source can't take away. */
    private static final String KEPT = ".kept";

    private final InferenceService service;
    private final ServiceWorld world;
    private final String headless;

    /** @param headless name of the service by which replicas are found */
    ServiceFiles(InferenceService service, ServiceWorld world, String headless) {
        this.service = service;
        this.world = world;
        this.headless = headless;
    }

    /** What the replicas of a revision are told. */
    ServiceFile replicas(Revision revision, InferenceServiceSpec template, List<Revision> listed) {
        var model = template.getModel();
        var jar = model.getJar();
        return file(
                revision.getRevision(),
                List.of(new ServiceFile.Model(
                        service.getMetadata().getName(),
                        new JobFile.From(StoragePaths.of(revision.getUri(), revision.getS3()), revision.getDigest()),
                        switch (model.runtime()) {
                            case ONNX -> ServiceFile.Runtime.ONNX;
                            case DL4J -> ServiceFile.Runtime.DL4J;
                        },
                        jar == null ? null : StoragePaths.of(jar.getUri(), jar.getS3()),
                        keep(revision)
                                .map(folder -> new JobFile.Place(
                                        StoragePaths.path(folder),
                                        folder.uri().toString(),
                                        folder.s3() == null ? null : StoragePaths.service(folder)))
                                .orElse(null),
                        listed.stream().map(Revision::getDigest).distinct().toList())),
                template);
    }

    /** What routers are told: nothing that changes with a revision's model. */
    ServiceFile routers() {
        return file(1, List.of(), service.getSpec());
    }

    private ServiceFile file(int revision, List<ServiceFile.Model> models, InferenceServiceSpec how) {
        var metadata = service.getMetadata();
        var batching = how.batching();
        var limits = how.limits();
        return new ServiceFile(
                ServiceFile.VERSION,
                new ServiceFile.Service(metadata.getNamespace(), metadata.getName(), metadata.getUid(), revision),
                models,
                new ServiceFile.Batching(batching.maxSize(), batching.maxDelayMillis() * 1000),
                new ServiceFile.Limits(
                        limits.maxRequestBytes().getNumericalAmount().longValue(),
                        limits.queue(),
                        limits.timeoutSeconds() * 1000L),
                ServiceObjects.access(how.access()),
                headless + ":" + Contract.MANAGEMENT_PORT);
    }

    /** What the pods of a revision mount and reach. */
    Volumes volumes(Revision revision, InferenceServiceSpec template) {
        var reads = new ArrayList<Volumes.Source>();
        reads.add(new Volumes.Source(revision.getUri(), revision.getS3()));
        var jar = template.getModel().getJar();
        if (jar != null) {
            reads.add(new Volumes.Source(jar.getUri(), jar.getS3()));
        }
        return new Volumes(reads, keep(revision).stream().toList());
    }

    /** Where copies of a revision's model may be kept; nowhere if its volume can only be read. */
    private Optional<Folder> keep(Revision revision) {
        return switch (PlaceUri.parse(revision.getUri())) {
            case VolumeUri volume ->
                world.readOnlyClaims().contains(volume.claim())
                        ? Optional.empty()
                        : Optional.of(new Folder(new VolumeUri(volume.claim(), volume.path() + KEPT), null));
            case S3Uri object ->
                Optional.of(new Folder(new S3Uri(object.bucket(), object.path() + KEPT), revision.getS3()));
        };
    }
}
