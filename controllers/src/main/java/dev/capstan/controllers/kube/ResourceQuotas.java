package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.cluster.Requests;
import dev.capstan.controllers.admission.cluster.Resources;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ScopedResourceSelectorRequirement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the core's ResourceQuotas of a namespace have left for a gang. The API server asks them pod by pod, so half a
 * gang could pass; this counts all of its pods at once, by the same rules.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/policy/resource-quotas/">Resource quotas</a>
 */
final class ResourceQuotas {
    /** Resources whose bare name in a quota means requests. */
    private static final Set<String> BARE = Set.of("cpu", "memory", "ephemeral-storage");

    private ResourceQuotas() {}

    /**
     * What keeps so many pods from being made, with numbers.
     *
     * @param pod as the API server would keep it, defaults included
     */
    static Optional<String> shortage(List<ResourceQuota> quotas, Pod pod, int count) {
        var asked = charges(pod);
        var sentences = quotas.stream()
                .filter(quota -> quota.getStatus() != null && quota.getStatus().getHard() != null)
                .filter(quota -> scopes(quota).allMatch(scope -> matches(scope, pod)))
                .flatMap(quota -> shortage(quota, asked, count))
                .toList();
        return sentences.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", sentences));
    }

    private static Stream<String> shortage(ResourceQuota quota, Map<String, Long> asked, int count) {
        var hard = Resources.offered(quota.getStatus().getHard());
        var used = Resources.asked(quota.getStatus().getUsed());
        var sentences = new ArrayList<String>();
        hard.thousandths().forEach((name, most) -> {
            long each = asked.getOrDefault(name, 0L);
            long left = most - used.get(name);
            if (each > 0 && each * count > left) {
                sentences.add("ResourceQuota %s has %s of %s %s left, and %s for %s%s"
                        .formatted(
                                quota.getMetadata().getName(),
                                amount(name, Math.max(0, left)),
                                amount(name, most),
                                name,
                                count == 1 ? "1 worker asks" : count + " workers ask",
                                amount(name, each * count),
                                each * count > most ? ": ask for less, or have the quota raised" : ""));
            }
        });
        return sentences.stream();
    }

    /** What a quota counts of one pod, by the names that it uses for that, in thousandths. */
    private static Map<String, Long> charges(Pod pod) {
        var charges = new TreeMap<String, Long>();
        Requests.of(pod.getSpec()).thousandths().forEach((name, amount) -> {
            if (name.equals("pods")) {
                charges.put("pods", amount);
                charges.put("count/pods", amount);
            } else {
                charges.put("requests." + name, amount);
                if (BARE.contains(name) || name.startsWith("hugepages-")) {
                    charges.put(name, amount);
                }
            }
        });
        Requests.limits(pod.getSpec()).thousandths().forEach((name, amount) -> {
            if (BARE.contains(name)) {
                charges.put("limits." + name, amount);
            }
        });
        return charges;
    }

    private static String amount(String name, long thousandths) {
        return Resources.amount(name.replaceFirst("^(requests|limits)\\.", ""), thousandths);
    }

    private static Stream<ScopedResourceSelectorRequirement> scopes(ResourceQuota quota) {
        var spec = quota.getSpec();
        var selector = spec.getScopeSelector();
        var plain = spec.getScopes().stream()
                .map(scope -> new ScopedResourceSelectorRequirement("Exists", scope, List.of()));
        return selector == null ? plain : Stream.concat(plain, selector.getMatchExpressions().stream());
    }

    private static boolean matches(ScopedResourceSelectorRequirement scope, Pod pod) {
        var spec = pod.getSpec();
        return switch (scope.getScopeName()) {
            case "Terminating" -> spec.getActiveDeadlineSeconds() != null;
            case "NotTerminating" -> spec.getActiveDeadlineSeconds() == null;
            case "BestEffort" -> isBestEffort(pod);
            case "NotBestEffort" -> !isBestEffort(pod);
            case "PriorityClass" -> {
                var name = spec.getPriorityClassName() == null ? "" : spec.getPriorityClassName();
                yield switch (scope.getOperator()) {
                    case "In" -> scope.getValues().contains(name);
                    case "NotIn" -> !scope.getValues().contains(name);
                    case "Exists" -> !name.isEmpty();
                    default -> name.isEmpty();
                };
            }
            // Of affinity to pods of other namespaces, which workers have none of, and of volume claims.
            default -> false;
        };
    }

    /** Whether no container asks for any cpu or memory, nor does the pod as a whole. */
    private static boolean isBestEffort(Pod pod) {
        var spec = pod.getSpec();
        var all = new ArrayList<>(spec.getContainers());
        all.addAll(spec.getInitContainers());
        return Stream.concat(all.stream().map(Container::getResources), Stream.ofNullable(spec.getResources()))
                .noneMatch(ResourceQuotas::asksForComputing);
    }

    private static boolean asksForComputing(ResourceRequirements resources) {
        return resources != null
                && Stream.of(resources.getRequests(), resources.getLimits())
                        .flatMap(amounts -> amounts.entrySet().stream())
                        .anyMatch(amount ->
                                Set.of("cpu", "memory").contains(amount.getKey()) && !isZero(amount.getValue()));
    }

    private static boolean isZero(Quantity quantity) {
        return quantity.getNumericalAmount().signum() == 0;
    }
}
