package dev.capstan.controllers.kube;

import dev.capstan.controllers.pods.PodReport;
import dev.capstan.controllers.pods.Told;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Finds out of which volume claims no pod can be made so far, and why. */
public final class ClaimReader {
    private static final Duration KNOWN_FOR = Duration.ofMinutes(1);
    private static final String ONE_POD = "ReadWriteOncePod";
    private static final String FOR_CONSUMERS = "WaitForFirstConsumer";

    private final KubernetesClient client;
    private final EventReader events;
    private final Map<String, Known> classes = new ConcurrentHashMap<>();

    /** Whether volumes of a class are made for pods that use them, and no sooner. */
    private record Known(boolean forConsumers, long at) {}

    public ClaimReader(KubernetesClient client, EventReader events) {
        this.client = client;
        this.events = events;
    }

    /**
     * How each of these is that no pod can mount so far, by name: {@code is Pending: …}. Of the others nothing is said.
     *
     * @param owner UID of the job or service that asks: its own pods are in nobody's way
     */
    SortedMap<String, String> withoutVolume(Stream<PersistentVolumeClaim> claims, Set<String> names, String owner) {
        var states = new TreeMap<String, String>();
        claims.filter(claim -> names.contains(claim.getMetadata().getName()))
                .forEach(claim -> state(claim)
                        .or(() -> inUse(claim, owner))
                        .ifPresent(state -> states.put(claim.getMetadata().getName(), state)));
        return Collections.unmodifiableSortedMap(states);
    }

    private Optional<String> state(PersistentVolumeClaim claim) {
        var metadata = claim.getMetadata();
        if (metadata.getDeletionTimestamp() != null) {
            return Optional.of(
                    metadata.getFinalizers().isEmpty()
                            ? "is being deleted"
                            : "is being deleted, held by "
                                    + String.join(", ", metadata.getFinalizers())
                                    + ": create it anew when it is gone");
        }
        var phase = claim.getStatus() == null ? null : claim.getStatus().getPhase();
        if ("Lost".equals(phase)) {
            return Optional.of("is Lost: there is no volume %s any more"
                    .formatted(claim.getSpec().getVolumeName()));
        }
        if (!"Pending".equals(phase) || isForConsumers(claim)) {
            return Optional.empty();
        }
        return Optional.of("is Pending: "
                + Told.ofClaim(events.of(claim)).orElse("nothing has been said of it so far" + storageClass(claim)));
    }

    /**
     * A pod that comes second would hold its places until the first has ended, and the scheduler binds it to no node.
     */
    private Optional<String> inUse(PersistentVolumeClaim claim, String owner) {
        if (!List.of(ONE_POD).equals(claim.getSpec().getAccessModes())) {
            return Optional.empty();
        }
        return client.pods().inNamespace(claim.getMetadata().getNamespace()).list().getItems().stream()
                .filter(pod -> pod.getSpec().getNodeName() != null && !PodReport.finished(pod))
                .filter(pod -> pod.getMetadata().getOwnerReferences().stream()
                        .noneMatch(reference -> owner.equals(reference.getUid())))
                .filter(pod -> pod.getSpec().getVolumes().stream()
                        .map(Volume::getPersistentVolumeClaim)
                        .anyMatch(volume -> volume != null
                                && volume.getClaimName()
                                        .equals(claim.getMetadata().getName())))
                .map(pod -> "is in use by pod %s, and no more than one may (%s)"
                        .formatted(pod.getMetadata().getName(), ONE_POD))
                .findFirst();
    }

    private static String storageClass(PersistentVolumeClaim claim) {
        var name = claim.getSpec().getStorageClassName();
        return name == null ? ", and it has no storage class" : name.isEmpty() ? "" : ", of storage class " + name;
    }

    private boolean isForConsumers(PersistentVolumeClaim claim) {
        var name = claim.getSpec().getStorageClassName();
        if (name == null || name.isEmpty()) {
            return false;
        }
        var now = System.nanoTime();
        var last = classes.get(name);
        if (last == null || now - last.at() > KNOWN_FOR.toNanos()) {
            last = new Known(read(name), now);
            classes.put(name, last);
        }
        return last.forConsumers();
    }

    /** A class that isn't there makes no volumes: of such a name there are those that somebody has made by hand. */
    private boolean read(String name) {
        try {
            return Optional.ofNullable(client.storage()
                            .v1()
                            .storageClasses()
                            .withName(name)
                            .get())
                    .filter(found -> FOR_CONSUMERS.equals(found.getVolumeBindingMode()))
                    .isPresent();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
                // The role of an earlier release, by which nobody was held up.
                return true;
            }
            throw e;
        }
    }
}
