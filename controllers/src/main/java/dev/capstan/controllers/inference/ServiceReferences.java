package dev.capstan.controllers.inference;

import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.crds.Artifact;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.ModelJar;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a service names and needs to be there, beside its model. */
public final class ServiceReferences {
    /** Short name of the kind, of which names of what a service owns are made. */
    public static final String SHORT_NAME = "infsvc";

    private ServiceReferences() {}

    /** Why nothing can be made that names something, if something is missing. */
    static Optional<Wait> missing(ServiceState state) {
        var referents = state.world().referents();
        var service = state.service();
        // A priority class that is gone is no reason not to replace a lost pod: it counts as none.
        var priorityClass = state.stable().isPresent()
                ? Optional.<String>empty()
                : service.getSpec().scheduling().priorityClassName();
        return of(service, volumes(state), priorityClass)
                .missing(referents)
                .or(() -> referents.lookup().flatMap(lookup -> access(service, lookup)))
                .or(() -> unshareable(state.spec().replicas(), referents))
                .or(() -> References.withoutVolume(referents));
    }

    /** What its pods would mount. */
    private static Volumes volumes(ServiceState state) {
        return switch (state.wanted()) {
            case WantedModel.Missing missing -> ServiceState.none();
            case WantedModel.Known known ->
                state.files()
                        .volumes(
                                Revisions.next(state),
                                Templates.of(state.spec(), state.settings().image()));
        };
    }

    private static References of(InferenceService service, Volumes volumes, Optional<String> priorityClass) {
        var pullSecrets = service.getSpec().workers().imagePullSecrets().stream()
                .map(LocalReference::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        return new References(Optional.empty(), volumes.credentials(), pullSecrets, priorityClass);
    }

    /** The job whose model a service has, if it names one. */
    public static Optional<ModelSource.Ref> source(InferenceService service) {
        return WantedModel.ref(service);
    }

    /**
     * All secrets that a service names, or its model lies behind.
     *
     * @param source the job whose model it has, if it is there
     */
    public static SortedSet<String> secrets(InferenceService service, Optional<? extends CapstanJob<?, ?>> source) {
        var names = new TreeSet<String>(keys(service).keySet());
        service.getSpec().workers().imagePullSecrets().forEach(reference -> names.add(reference.getName()));
        var model = service.getSpec().getModel();
        var made = source.map(
                job -> job.getStatus() == null ? null : job.getStatus().getArtifact());
        Stream.of(
                        Stream.of(model.getFrom().getS3()),
                        Stream.ofNullable(model.getJar()).map(ModelJar::getS3),
                        made.stream().map(Artifact::getS3),
                        revisions(service).map(Revision::getS3))
                .flatMap(some -> some)
                .filter(Objects::nonNull)
                .forEach(s3 -> names.add(s3.getSecretRef().getName()));
        return names;
    }

    /** The volume claims that the pods of a service mount, as far as it says so itself. */
    public static SortedSet<String> claims(InferenceService service) {
        var model = service.getSpec().getModel();
        var names = new TreeSet<String>();
        Stream.of(
                        Stream.of(model.getFrom().getUri()),
                        Stream.ofNullable(model.getJar()).map(ModelJar::getUri),
                        revisions(service)
                                .filter(revision -> isUsed(service, revision))
                                .map(Revision::getUri))
                .flatMap(some -> some)
                .filter(Objects::nonNull)
                .map(PlaceUri::parse)
                .forEach(place -> {
                    if (place instanceof VolumeUri volume) {
                        names.add(volume.claim());
                    }
                });
        return names;
    }

    private static boolean isUsed(InferenceService service, Revision revision) {
        var status = service.getStatus();
        return revision.getRevision().equals(status.getRevision())
                || revision.getRevision().equals(status.getUpdatingRevision());
    }

    private static Stream<Revision> revisions(InferenceService service) {
        return service.getStatus() == null || service.getStatus().getRevisions() == null
                ? Stream.empty()
                : service.getStatus().getRevisions().stream();
    }

    /** The keys that its certificate and its token are to have, by secret. */
    private static SortedMap<String, Set<String>> keys(InferenceService service) {
        var access = service.getSpec().access();
        var keys = new TreeMap<String, Set<String>>();
        access.tls()
                .ifPresent(tls -> keys.computeIfAbsent(tls.getSecretName(), name -> new TreeSet<>())
                        .addAll(Set.of("tls.crt", "tls.key")));
        access.token()
                .ifPresent(token -> keys.computeIfAbsent(token.getSecretName(), name -> new TreeSet<>())
                        .add(token.key()));
        return keys;
    }

    private static Optional<Wait> access(InferenceService service, Referents.Lookup lookup) {
        var sentences = new ArrayList<String>();
        keys(service).forEach((name, keys) -> sentences.addAll(access(name, keys, lookup.secretKeys())));
        return sentences.isEmpty()
                ? Optional.empty()
                : Optional.of(new Wait(WaitReason.MISSING_REFERENCE, String.join("; ", sentences)));
    }

    private static List<String> access(String name, Set<String> keys, Map<String, Set<String>> there) {
        if (!there.containsKey(name)) {
            return List.of("secret %s of access does not exist in the namespace: create it, with the keys %s"
                    .formatted(name, String.join(", ", keys)));
        }
        return keys.stream()
                .filter(key -> !there.get(name).contains(key))
                .map(key -> "secret %s of access has no key %s: add it".formatted(name, key))
                .toList();
    }

    private static Optional<Wait> unshareable(int replicas, Referents referents) {
        return replicas <= 1
                ? Optional.empty()
                : referents.claimsOfOnePod().stream()
                        .sorted()
                        .findFirst()
                        .map(claim -> new Wait(
                                WaitReason.CLAIM_NOT_SHAREABLE,
                                "persistent volume claim %s can be mounted by one pod only, and replicas is %d: keep the model on one with ReadWriteMany instead of ReadWriteOncePod, or set replicas to 1"
                                        .formatted(claim, replicas)));
    }
}
