package dev.capstan.controllers.job;

import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.crds.Replacement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which pods the ranks of the current attempt have, as the status says: their first ones, but for those listed.
 *
 * @param replaced what the status says of the others, by rank
 */
record Incarnations(Map<Integer, Replacement> replaced) {
    static Incarnations of(CapstanJob<?, ?> job) {
        return of(Optional.ofNullable(job.getStatus()).map(JobStatus::getMembership));
    }

    static Incarnations of(Optional<Membership> membership) {
        return new Incarnations(membership.map(Membership::getReplaced).orElse(List.of()).stream()
                .collect(Collectors.toMap(Replacement::getRank, Function.identity(), (one, other) -> one)));
    }

    /** How many pods a rank had before its current one. */
    int of(int rank) {
        return replaced.containsKey(rank) ? replaced.get(rank).getIncarnation() : 0;
    }
}
