package dev.capstan.controllers.gang;

import io.fabric8.kubernetes.api.model.Toleration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Pods that get their places together or not at all; all of one size.
 *
 * @param job whose pods they are
 * @param attempt which attempt of the job
 * @param priority the higher comes first
 * @param createdAt when the job was created: of two alike, the older gang comes first
 * @param size how many pods
 * @param each what each of them takes from its node
 * @param nodeSelector labels that the nodes must carry
 * @param tolerations taints that the pods bear
 */
public record Gang(
        Job job,
        int attempt,
        int priority,
        Instant createdAt,
        int size,
        Resources each,
        Map<String, String> nodeSelector,
        List<Toleration> tolerations) {

    /** By priority, then first come, first served; the names make it the same order every time. */
    public static final Comparator<Gang> BY_TURN = Comparator.comparing(Gang::priority, Comparator.reverseOrder())
            .thenComparing(Gang::createdAt)
            .thenComparing(gang -> gang.job().namespace())
            .thenComparing(gang -> gang.job().name());

    /** A job, told apart from an earlier one of the same name by its UID. */
    public record Job(String namespace, String name, String uid) {}
}
