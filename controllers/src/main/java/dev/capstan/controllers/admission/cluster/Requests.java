package dev.capstan.controllers.admission.cluster;

import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** What a pod takes from its node, counted as the scheduler and the kubelet count it. */
public final class Requests {
    private Requests() {}

    /** The requests of a pod, itself included as one of the node's {@code pods}. */
    public static Resources of(PodSpec spec) {
        return total(spec, resources -> of(resources.getLimits(), resources.getRequests()))
                .plus(Resources.asked(spec.getOverhead()))
                .plus(Resources.units("pods", 1));
    }

    /** The requests of one container of a pod; nothing if it has none of the name. */
    public static Resources ofContainer(PodSpec spec, String name) {
        return spec.getContainers().stream()
                .filter(container -> name.equals(container.getName()))
                .findFirst()
                .map(container ->
                        of(container.getResources(), resources -> of(resources.getLimits(), resources.getRequests())))
                .orElse(Resources.NONE);
    }

    /** The limits of a pod; of a resource that a container sets none for, the others' alone. */
    public static Resources limits(PodSpec spec) {
        return total(spec, ResourceRequirements::getLimits).plus(Resources.asked(spec.getOverhead()));
    }

    private static Resources total(PodSpec spec, Function<ResourceRequirements, Map<String, Quantity>> amounts) {
        var running = Resources.NONE;
        for (var container : spec.getContainers()) {
            running = running.plus(of(container.getResources(), amounts));
        }
        // Init containers run one after the other before the others; those that always restart (sidecars) stay.
        var sidecars = Resources.NONE;
        var starting = Resources.NONE;
        for (var container : orEmpty(spec.getInitContainers())) {
            if ("Always".equals(container.getRestartPolicy())) {
                sidecars = sidecars.plus(of(container.getResources(), amounts));
                starting = starting.max(sidecars);
            } else {
                starting = starting.max(sidecars.plus(of(container.getResources(), amounts)));
            }
        }
        var containers = running.plus(sidecars).max(starting);
        // What is said of the pod as a whole stands in for the sum of its containers'.
        var merged = new TreeMap<>(containers.thousandths());
        merged.putAll(of(spec.getResources(), amounts).thousandths());
        return new Resources(merged);
    }

    /** What is asked for where a request is left out: the limit, as the API server fills it in. */
    public static Map<String, Quantity> of(Map<String, Quantity> limits, Map<String, Quantity> requests) {
        var both = new HashMap<String, Quantity>();
        if (limits != null) {
            both.putAll(limits);
        }
        if (requests != null) {
            both.putAll(requests);
        }
        return both;
    }

    private static Resources of(
            ResourceRequirements resources, Function<ResourceRequirements, Map<String, Quantity>> amounts) {
        return resources == null ? Resources.NONE : Resources.asked(amounts.apply(resources));
    }

    private static <T> List<T> orEmpty(List<T> list) {
        return list == null ? List.of() : list;
    }
}
