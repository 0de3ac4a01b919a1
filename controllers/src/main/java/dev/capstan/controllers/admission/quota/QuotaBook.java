package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.Unit;
import dev.capstan.crds.quota.Flavor;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.StopPolicy;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * All quotas as they are at one moment: which namespace is under which, which of them contradict each other, and what
 * the others allow.
 */
public final class QuotaBook {
    /** More than any cluster has, and a sum of many is still a number. */
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE / 64);

    /** What may be had of a resource that only other flavors of the quota list. */
    private static final Quota.Limit NOTHING = new Quota.Limit(0, Optional.of(0L), Optional.of(0L));

    private static final String SYSTEM = "kube-system";

    private final Set<String> namespaces;
    /** By namespace, the quotas that claim it, in the order of their names. */
    private final Map<String, List<String>> claims = new TreeMap<>();

    /** By quota, what is wrong. */
    private final Map<String, String> conflicts = new HashMap<>();

    private final List<Quota> quotas;
    private final Set<String> draining;

    private QuotaBook(List<GPUQuota> byName, Map<String, Map<String, String>> labels) {
        namespaces = Set.copyOf(labels.keySet());
        for (var quota : byName) {
            for (var namespace : claimed(quota, labels)) {
                claims.computeIfAbsent(namespace, any -> new ArrayList<>()).add(name(quota));
            }
        }
        claims.forEach(this::noteClaims);
        for (var quota : byName) {
            for (var other : byName) {
                noteFlavors(quota, other);
            }
        }
        draining = byName.stream()
                .filter(quota -> quota.getSpec().stopPolicy() == StopPolicy.DRAIN)
                .map(QuotaBook::name)
                .collect(Collectors.toSet());
        quotas = byName.stream()
                .filter(quota -> !conflicts.containsKey(name(quota)))
                .map(QuotaBook::read)
                .toList();
    }

    /**
     * @param quotas all that there are
     * @param namespaces all that there are, by name, with their labels
     */
    public static QuotaBook of(List<GPUQuota> quotas, Map<String, Map<String, String>> namespaces) {
        var byName =
                quotas.stream().sorted(Comparator.comparing(QuotaBook::name)).toList();
        return new QuotaBook(byName, namespaces);
    }

    /**
     * The quota that a namespace is under; of several that claim it, which are then in {@link #conflict}, the first by
     * name.
     */
    public Optional<String> quotaOf(String namespace) {
        return Optional.ofNullable(claims.get(namespace)).map(List::getFirst);
    }

    /**
     * Whether the namespace had been read. One that wasn't may be under a quota by its labels: to take it for one under
     * none would let its jobs go round that.
     */
    public boolean knows(String namespace) {
        return namespaces.contains(namespace);
    }

    /** What the quotas allow, but for those in conflict; in the order of their names. */
    public List<Quota> quotas() {
        return quotas;
    }

    /**
     * The quota of a namespace, if it wants the namespace's jobs to give their places up. One that contradicts another
     * doesn't: nobody knows whose the jobs are.
     */
    public Optional<String> drains(String namespace) {
        return quotaOf(namespace).filter(quota -> draining.contains(quota) && !conflicts.containsKey(quota));
    }

    /** Why a quota admits nothing though it isn't stopped: it contradicts another one, which the sentence names. */
    public Optional<String> conflict(String quota) {
        return Optional.ofNullable(conflicts.get(quota));
    }

    /** The namespaces that are there and under a quota, those that others claim too among them. */
    public List<String> namespacesOf(String quota) {
        return claims.entrySet().stream()
                .filter(claim -> claim.getValue().contains(quota) && namespaces.contains(claim.getKey()))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static Set<String> claimed(GPUQuota quota, Map<String, Map<String, String>> labels) {
        var spec = quota.getSpec();
        if (spec.getNamespaceSelector() == null) {
            // One that isn't there yet is claimed all the same: who claims it shouldn't change the day it is made.
            return spec.getNamespaces() == null ? Set.of() : new TreeSet<>(spec.getNamespaces());
        }
        return labels.entrySet().stream()
                .filter(namespace -> Selection.selects(spec.getNamespaceSelector(), namespace.getValue()))
                .map(Map.Entry::getKey)
                // The cluster's own pods are under no quota, whatever labels their namespace has.
                .filter(namespace -> !namespace.equals(SYSTEM))
                .collect(Collectors.toSet());
    }

    private void noteClaims(String namespace, List<String> claimants) {
        for (int i = 0; claimants.size() > 1 && i < claimants.size(); i++) {
            var other = claimants.get(i == 0 ? 1 : 0);
            conflicts.putIfAbsent(
                    claimants.get(i),
                    "namespace %s is claimed by GPUQuota %s as well: leave it to one of them"
                            .formatted(namespace, other));
        }
    }

    private void noteFlavors(GPUQuota quota, GPUQuota other) {
        var cohort = quota.getSpec().cohort();
        if (quota == other || cohort.isEmpty() || !cohort.equals(other.getSpec().cohort())) {
            return;
        }
        for (var flavor : quota.getSpec().getFlavors()) {
            other.getSpec().getFlavors().stream()
                    .filter(namesake -> namesake.getName().equals(flavor.getName())
                            && !nodeLabels(namesake).equals(nodeLabels(flavor)))
                    .forEach(namesake -> conflicts.putIfAbsent(
                            name(quota),
                            "flavor %s means %s here and %s in GPUQuota %s of cohort %s: give both the same nodeLabels, or one of them another name"
                                    .formatted(
                                            flavor.getName(),
                                            nodes(flavor),
                                            nodes(namesake),
                                            name(other),
                                            cohort.get())));
        }
    }

    private static String nodes(Flavor flavor) {
        return nodeLabels(flavor).isEmpty()
                ? "all nodes"
                : "nodes with "
                        + nodeLabels(flavor).entrySet().stream()
                                .map(label -> label.getKey() + "=" + label.getValue())
                                .collect(Collectors.joining(", "));
    }

    private static Map<String, String> nodeLabels(Flavor flavor) {
        return flavor.getNodeLabels() == null ? Map.of() : new TreeMap<>(flavor.getNodeLabels());
    }

    private static Quota read(GPUQuota quota) {
        var spec = quota.getSpec();
        var counted = spec.getFlavors().stream()
                .flatMap(flavor -> flavor.getResources().stream())
                .map(resource -> resource.getName())
                .collect(Collectors.toSet());
        return new Quota(
                name(quota),
                spec.getCohort(),
                spec.weight(),
                spec.getFlavors().stream().map(flavor -> read(flavor, counted)).toList(),
                spec.stopPolicy() != StopPolicy.NONE);
    }

    /** @param counted what all flavors of the quota list */
    private static Quota.Flavor read(Flavor flavor, Set<String> counted) {
        var limits = new LinkedHashMap<String, Quota.Limit>();
        for (var resource : flavor.getResources()) {
            var unit = Unit.of(resource.getName());
            limits.put(
                    resource.getName(),
                    new Quota.Limit(
                            count(resource.getNominalQuota(), unit),
                            Optional.ofNullable(resource.getBorrowingLimit()).map(limit -> count(limit, unit)),
                            Optional.ofNullable(resource.getLendingLimit()).map(limit -> count(limit, unit))));
        }
        counted.forEach(resource -> limits.putIfAbsent(resource, NOTHING));
        return new Quota.Flavor(flavor.getName(), nodeLabels(flavor), Collections.unmodifiableMap(limits));
    }

    /** Rounded down. */
    private static long count(Quantity quantity, Unit unit) {
        return quantity.getNumericalAmount()
                .multiply(BigDecimal.valueOf(unit.perOne()))
                .setScale(0, RoundingMode.FLOOR)
                .min(MOST)
                .longValueExact();
    }

    private static String name(GPUQuota quota) {
        return quota.getMetadata().getName();
    }
}
