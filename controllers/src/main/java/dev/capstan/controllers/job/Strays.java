package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.Owned;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What pods have lost that were made for a job and can't be told to be its own any more. */
public final class Strays {
    private Strays() {}

    /** What the pod of a number has lost that was made for an attempt. */
    public static World.Stray of(JobDescription description, int attempt, int number, Pod pod) {
        var name = pod.getMetadata().getName();
        var owners = pod.getMetadata().getOwnerReferences();
        var uid = description.job().getMetadata().getUid();
        if (owners.stream().noneMatch(owner -> uid.equals(owner.getUid()))) {
            return new World.Stray(
                    name,
                    owners.isEmpty()
                            ? "its owner reference to the job was taken away"
                            : "it belongs to %s %s now"
                                    .formatted(
                                            owners.getFirst().getKind(),
                                            owners.getFirst().getName()),
                    Optional.empty());
        }
        var there = pod.getMetadata().getLabels() == null
                ? Map.<String, String>of()
                : pod.getMetadata().getLabels();
        var wanted = new TreeMap<>(Owned.pods(description.owner()));
        wanted.put(Labels.MANAGED_BY, Labels.CAPSTAN);
        wanted.put(Labels.ATTEMPT, Integer.toString(attempt));
        wanted.put(Labels.RANK, Integer.toString(number));
        var lost = wanted.entrySet().stream()
                .filter(label -> !Objects.equals(there.get(label.getKey()), label.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
        return new World.Stray(name, "its labels were changed: " + lost, Optional.of(pod));
    }
}
