package dev.capstan.controllers.pods;

import dev.capstan.crds.WorkerTemplate;
import dev.capstan.protocol.Contract;
import java.util.stream.IntStream;

/**
 * The pods of one size and one role within a workload, such as the workers of a training job, or the servers beside
 * them. Ranks count through all pod sets of a workload: those of the second begin where those of the first end.
 *
 * @param name part of its pods' names; a lower-case DNS label of at most 10 letters
 * @param role what the worker image's entry point is told to do, see {@link dev.capstan.protocol.Contract}
 * @param firstRank rank of its first pod
 * @param replicas number of its pods
 * @param workers what the spec says about them
 */
public record PodSet(String name, String role, int firstRank, int replicas, WorkerTemplate workers) {
    /** The name where there is only one. */
    public static final String WORKER = "worker";

    /** The name of the one pod that checks the data, in an attempt of its own. */
    public static final String CHECK = "check";

    /** One pod that checks what the first of these would read, and may run wherever these may. */
    public PodSet checking() {
        return new PodSet(CHECK, Contract.CHECK, 0, 1, workers);
    }

    /** Whether its pod checks the data rather than does the job's work. */
    public boolean isCheck() {
        return role.equals(Contract.CHECK);
    }

    /** The ranks of its pods, in order. */
    public IntStream ranks() {
        return IntStream.range(firstRank, firstRank + replicas);
    }

    /** Whether the pod of a rank is one of these. */
    public boolean has(int rank) {
        return rank >= firstRank && rank < firstRank + replicas;
    }
}
