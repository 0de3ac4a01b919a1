package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.cluster.Claim;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.VolumeNodeAffinity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** The volume claims of the namespaces that are watched, and the volumes that they are bound to. */
public final class VolumeCache implements AutoCloseable {
    private final SteadyInformer<PersistentVolume> volumes;
    private final List<SteadyInformer<PersistentVolumeClaim>> claims = new ArrayList<>();

    /** Starts reading; no namespaces means all. */
    public VolumeCache(KubernetesClient client, Set<String> namespaces, Changes changes) {
        volumes = Informers.start(
                client.persistentVolumes().withLimit(Informers.PAGE).runnableInformer(0),
                (before, after) -> !Objects.equals(reach(before), reach(after)),
                volume -> claimant(volume).ifPresent(changes::jobsOf),
                volume -> claimant(volume).ifPresent(changes::jobsOf),
                changes::wake);
        if (namespaces.isEmpty()) {
            start(
                    client.persistentVolumeClaims()
                            .inAnyNamespace()
                            .withLimit(Informers.PAGE)
                            .runnableInformer(0),
                    changes);
        }
        for (var namespace : namespaces) {
            start(
                    client.persistentVolumeClaims()
                            .inNamespace(namespace)
                            .withLimit(Informers.PAGE)
                            .runnableInformer(0),
                    changes);
        }
    }

    private void start(SharedIndexInformer<PersistentVolumeClaim> informer, Changes changes) {
        claims.add(Informers.start(
                informer,
                (before, after) ->
                        !bound(before).equals(bound(after)) || !modes(before).equals(modes(after)),
                claim -> changes.jobsOf(claim.getMetadata().getNamespace()),
                claim -> changes.jobsOf(claim.getMetadata().getNamespace()),
                changes::wake));
    }

    /** Whether everything has been read since the start, and told. */
    public boolean synced() {
        return volumes.synced() && claims.stream().allMatch(SteadyInformer::synced);
    }

    /**
     * Waits until everything has been read.
     *
     * @throws IllegalStateException when the API server doesn't let us, or takes too long
     */
    public void awaitSync() {
        Informers.await(this::synced, "volumes and volume claims");
    }

    /** A claim; empty if it isn't there. */
    public Optional<Claim> claim(String namespace, String name) {
        return claims.stream()
                .map(informer -> informer.store().getByKey(namespace + "/" + name))
                .filter(Objects::nonNull)
                .findFirst()
                .map(claim -> new Claim(
                        modes(claim),
                        bound(claim)
                                .map(volume -> volumes.store().getByKey(volume))
                                .map(VolumeCache::reach)
                                .map(VolumeNodeAffinity::getRequired)));
    }

    @Override
    public void close() {
        volumes.stop();
        claims.forEach(SteadyInformer::stop);
    }

    private static Optional<String> bound(PersistentVolumeClaim claim) {
        return Optional.ofNullable(claim.getSpec().getVolumeName()).filter(volume -> !volume.isEmpty());
    }

    private static Set<String> modes(PersistentVolumeClaim claim) {
        var status = claim.getStatus();
        var modes = status == null
                        || status.getAccessModes() == null
                        || status.getAccessModes().isEmpty()
                ? claim.getSpec().getAccessModes()
                : status.getAccessModes();
        return modes == null ? Set.of() : Set.copyOf(modes);
    }

    /** The namespace of the claim that a volume is, or is to be, bound to. */
    private static Optional<String> claimant(PersistentVolume volume) {
        return Optional.ofNullable(volume.getSpec().getClaimRef()).map(ObjectReference::getNamespace);
    }

    private static VolumeNodeAffinity reach(PersistentVolume volume) {
        return volume.getSpec().getNodeAffinity();
    }
}
