package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.Unit;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.quota.FlavorUse;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaStatus;
import dev.capstan.crds.quota.ResourceUse;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a quota's status should say. */
public final class QuotaStatus {
    private static final int MAX_USE = 1024;
    private static final String[] BYTES = {"Mi", "Gi", "Ti", "Pi"};

    private QuotaStatus() {}

    /**
     * The status of a quota.
     *
     * @param book which it is in
     * @param usage what its jobs use; empty while nobody has counted, such as just after a change of leaders: then what
     *     was counted before stays
     */
    public static GPUQuotaStatus of(GPUQuota quota, QuotaBook book, Optional<Usage> usage, Instant now) {
        var name = quota.getMetadata().getName();
        var before = quota.getStatus() == null ? new GPUQuotaStatus() : quota.getStatus();
        var conflict = book.conflict(name);
        var status = new GPUQuotaStatus()
                .setObservedGeneration(quota.getMetadata().getGeneration())
                .setConditions(conditions(quota, before, conflict, usage.map(Usage::missing), now))
                .setNamespaces(book.namespacesOf(name).size());
        if (conflict.isPresent()) {
            // Nobody counts what a quota in conflict uses.
            return status;
        }
        usage.ifPresentOrElse(
                counted -> status.setPendingJobs(counted.pending())
                        .setAdmittedJobs(counted.admitted())
                        .setUse(use(quota, counted))
                        .setFlavors(flavors(quota, counted)),
                () -> status.setPendingJobs(before.getPendingJobs())
                        .setAdmittedJobs(before.getAdmittedJobs())
                        .setUse(before.getUse())
                        .setFlavors(before.getFlavors()));
        return status;
    }

    private static List<Condition> conditions(
            GPUQuota quota,
            GPUQuotaStatus before,
            Optional<String> conflict,
            Optional<List<String>> missing,
            Instant now) {
        var set = ConditionSet.after(before.getConditions(), quota.getMetadata().getGeneration(), now);
        if (conflict.isPresent()) {
            return set.no(Conditions.READY, Reasons.FLAVOR_CONFLICT, conflict.get())
                    .no(Conditions.RECONCILING, Reasons.FLAVOR_CONFLICT, "")
                    .yes(Conditions.STALLED, Reasons.FLAVOR_CONFLICT, conflict.get())
                    .list();
        }
        var reason = switch (quota.getSpec().stopPolicy()) {
            case NONE -> Reasons.QUOTA_ACTIVE;
            case HOLD, DRAIN -> Reasons.QUOTA_STOPPED;
        };
        var message = switch (quota.getSpec().stopPolicy()) {
            case NONE -> "jobs are admitted as the amounts allow";
            case HOLD -> "stopPolicy is Hold: nothing new is admitted, and what runs goes on";
            case DRAIN ->
                "stopPolicy is Drain: nothing new is admitted, and what runs writes a checkpoint and gives its places up";
        };
        // What is wrong with the words of a quota that is in order otherwise is said where people look.
        var but = missing.map(sentences -> sentences.stream().map("; "::concat).collect(Collectors.joining()))
                .orElse("");
        set.yes(Conditions.READY, reason, message + but)
                .no(Conditions.RECONCILING, reason, "")
                .no(Conditions.STALLED, reason, "");
        missing.ifPresentOrElse(sentences -> found(set, sentences), () -> set.carry(Conditions.RESOURCES_FOUND));
        return set.list();
    }

    private static void found(ConditionSet set, List<String> missing) {
        if (missing.isEmpty()) {
            set.yes(Conditions.RESOURCES_FOUND, Reasons.RESOURCES_FOUND, "there are nodes for all that flavors lists");
        } else {
            set.no(
                    Conditions.RESOURCES_FOUND,
                    Reasons.RESOURCE_NOT_FOUND,
                    String.join("; ", missing)
                            + ": correct the name or the labels in flavors, or have such nodes added");
        }
    }

    private static List<FlavorUse> flavors(GPUQuota quota, Usage usage) {
        var flavors = new ArrayList<FlavorUse>();
        for (var flavor : quota.getSpec().getFlavors()) {
            var resources = new ArrayList<ResourceUse>();
            for (var resource : flavor.getResources()) {
                find(usage, flavor.getName(), resource.getName())
                        .ifPresent(of -> resources.add(new ResourceUse()
                                .setName(of.resource())
                                .setNominal(quantity(of, of.nominal()))
                                .setUsed(quantity(of, of.used()))
                                .setBorrowed(quantity(of, of.borrowed()))
                                .setLent(quantity(of, of.lent()))));
            }
            flavors.add(new FlavorUse().setName(flavor.getName()).setResources(resources));
        }
        return flavors;
    }

    private static Optional<Usage.Of> find(Usage usage, String flavor, String resource) {
        return usage.uses().stream()
                .filter(of -> of.flavor().equals(flavor) && of.resource().equals(resource))
                .findFirst();
    }

    /** The amounts of all flavors together: of devices, which are what is scarce, or of what there is if none are. */
    private static String use(GPUQuota quota, Usage usage) {
        var sums = new LinkedHashMap<String, Usage.Of>();
        for (var flavor : quota.getSpec().getFlavors()) {
            for (var resource : flavor.getResources()) {
                find(usage, flavor.getName(), resource.getName())
                        .ifPresent(of -> sums.merge(of.resource(), of, QuotaStatus::plus));
            }
        }
        boolean devices = sums.keySet().stream().anyMatch(QuotaStatus::isDevice);
        var text = sums.entrySet().stream()
                .filter(sum -> !devices || isDevice(sum.getKey()))
                .map(Map.Entry::getValue)
                .map(QuotaStatus::sentence)
                .collect(Collectors.joining(", "));
        return text.length() > MAX_USE ? text.substring(0, MAX_USE) : text;
    }

    private static Usage.Of plus(Usage.Of one, Usage.Of other) {
        return new Usage.Of(
                one.flavor(),
                one.resource(),
                one.nominal() + other.nominal(),
                one.used() + other.used(),
                one.borrowed() + other.borrowed(),
                one.lent() + other.lent());
    }

    private static boolean isDevice(String resource) {
        return resource.contains("/");
    }

    private static String sentence(Usage.Of of) {
        long beyond = of.used() - of.nominal();
        var borrowed = of.borrowed() > 0
                ? " (%s borrowed)".formatted(quantity(of, of.borrowed()))
                : beyond > 0 ? " (%s over)".formatted(quantity(of, beyond)) : "";
        return "%s %s/%s%s".formatted(of.resource(), quantity(of, of.used()), quantity(of, of.nominal()), borrowed);
    }

    /** The exact amount: {@code 12}, {@code 1500m}, {@code 64Gi}. */
    private static String quantity(Usage.Of of, long amount) {
        int perOne = Unit.of(of.resource()).perOne();
        if (amount % perOne != 0) {
            return amount + "m";
        }
        long rest = amount / perOne;
        // From Mi on: nobody counts GPUs by 1024.
        if (rest == 0 || rest % (1 << 20) != 0) {
            return Long.toString(rest);
        }
        rest >>= 20;
        int unit = 0;
        while (unit < BYTES.length - 1 && rest % 1024 == 0) {
            rest /= 1024;
            unit++;
        }
        return rest + BYTES[unit];
    }
}
