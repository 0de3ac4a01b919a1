package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What is to change of the places that an object's status says it holds. */
sealed interface PlaceChange {
    /** Whose. */
    WorkloadId id();

    /** What the status is to say then; empty for nothing. */
    Optional<Admission> admission();

    /** What is held as long as nobody knows whether it has been written: all that it may be. */
    Optional<Grant> meanwhile();

    /** What is held once it has been. */
    Optional<Grant> afterwards();

    /** Whether an object, as read, has it. */
    boolean isIn(WorkloadSource<?> source, HasMetadata read);

    /**
     * It gets places.
     *
     * @param grant of these, and of those that it has already
     */
    record Granted(Decision.Granting places, Admission told, Grant grant) implements PlaceChange {
        private static final String BETWEEN = ", ";
        /** Of the flavors, in the status. */
        private static final int MOST_LETTERS = 63;

        /** By what an object holds already. */
        static Granted of(WorkloadSource<?> source, HasMetadata object, Decision.Granting places, Instant instant) {
            var now = instant.truncatedTo(ChronoUnit.SECONDS);
            var held = source.grantOf(object);
            var before = places instanceof Decision.Fill ? source.admissionOf(object) : Optional.<Admission>empty();
            var flavors = new LinkedHashSet<String>();
            before.map(Admission::getFlavor).ifPresent(names -> flavors.addAll(List.of(names.split(BETWEEN))));
            flavors.addAll(places.flavors());
            var told = new Admission()
                    .setAttempt(places.workload().attempt())
                    .setTime(before.map(Admission::getTime).orElse(now.toString()))
                    .setQuota(places.quota().orElse(null))
                    .setFlavor(told(flavors))
                    .setPlacements(placements(before, places));
            var grant = new Grant(
                    places.id(),
                    places.workload().attempt(),
                    places.workload().priority(),
                    before.isPresent() && held.isPresent()
                            ? Grant.Seats.merged(held.get().podSets(), places.podSets())
                            : places.podSets(),
                    Instant.parse(told.getTime()),
                    before.isPresent() ? held.flatMap(Grant::ends) : Optional.empty(),
                    now,
                    places.workload().lasting(),
                    held.map(Grant::keeps).orElse(places.workload().lasting()));
            return new Granted(places, told, grant);
        }

        /** All of them, or the first alone if the status has no room for all. */
        private static String told(Set<String> flavors) {
            var all = String.join(BETWEEN, flavors);
            return flavors.isEmpty()
                    ? null
                    : all.length() <= MOST_LETTERS ? all : flavors.iterator().next();
        }

        private static List<Placement> placements(Optional<Admission> before, Decision.Granting places) {
            var all = new ArrayList<Placement>();
            before.ifPresent(admission -> all.addAll(admission.getPlacements()));
            for (var seats : places.podSets()) {
                seats.pods()
                        .forEach(pod -> all.add(new Placement()
                                .setRank(seats.firstRank() + pod)
                                .setNode(seats.nodes().get(pod))));
            }
            all.sort(Comparator.comparing(Placement::getRank));
            return List.copyOf(all);
        }

        @Override
        public WorkloadId id() {
            return places.id();
        }

        @Override
        public Optional<Admission> admission() {
            return Optional.of(told);
        }

        @Override
        public Optional<Grant> meanwhile() {
            return Optional.of(grant);
        }

        @Override
        public Optional<Grant> afterwards() {
            return Optional.of(grant);
        }

        @Override
        public boolean isIn(WorkloadSource<?> source, HasMetadata read) {
            return source.grantOf(read)
                    .filter(held -> held.attempt() == grant.attempt())
                    .filter(held -> switch (places) {
                        case Decision.Admit admit -> true;
                        case Decision.Fill fill -> has(held, fill);
                    })
                    .isPresent();
        }

        private static boolean has(Grant held, Decision.Fill fill) {
            return fill.podSets().stream()
                    .allMatch(seats -> held.seats(seats.podSet())
                            .filter(there -> seats.pods()
                                    .allMatch(pod -> there.has(pod)
                                            && there.nodes()
                                                    .get(pod)
                                                    .equals(seats.nodes().get(pod))))
                            .isPresent());
        }
    }

    /**
     * It gives places back.
     *
     * @param nodes of these, by rank
     * @param before what it holds, with them
     * @param admission of what is left
     */
    record GivenBack(Map<Integer, String> nodes, Grant before, Optional<Admission> admission) implements PlaceChange {
        /** Of what an object's status lists as given back that which it still holds; empty for nothing. */
        static Optional<GivenBack> of(WorkloadSource<?> source, HasMetadata object) {
            var listed = source.givenBackOf(object);
            var admission = source.admissionOf(object);
            if (listed.isEmpty() || admission.isEmpty()) {
                return Optional.empty();
            }
            var nodes = listed.stream()
                    .filter(entry -> admission.get().getPlacements().stream().anyMatch(place -> same(place, entry)))
                    .collect(Collectors.toMap(Placement::getRank, Placement::getNode, (one, other) -> one));
            var left = admission.get().getPlacements().stream()
                    .filter(place -> !place.getNode().equals(nodes.get(place.getRank())))
                    .toList();
            return nodes.isEmpty()
                    ? Optional.empty()
                    : source.grantOf(object)
                            .map(before -> new GivenBack(nodes, before, without(admission.get(), left)));
        }

        private static Optional<Admission> without(Admission admission, List<Placement> left) {
            return left.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Admission()
                            .setAttempt(admission.getAttempt())
                            .setTime(admission.getTime())
                            .setQuota(admission.getQuota())
                            .setFlavor(admission.getFlavor())
                            .setPlacements(left));
        }

        private static boolean same(Placement one, Placement other) {
            return one.getRank().equals(other.getRank()) && one.getNode().equals(other.getNode());
        }

        @Override
        public WorkloadId id() {
            return before.id();
        }

        @Override
        public Optional<Grant> meanwhile() {
            return Optional.of(before);
        }

        @Override
        public Optional<Grant> afterwards() {
            return before.without(nodes);
        }

        @Override
        public boolean isIn(WorkloadSource<?> source, HasMetadata read) {
            return source.admissionOf(read).stream()
                    .flatMap(there -> there.getPlacements().stream())
                    .noneMatch(place -> place.getNode().equals(nodes.get(place.getRank())));
        }
    }
}
