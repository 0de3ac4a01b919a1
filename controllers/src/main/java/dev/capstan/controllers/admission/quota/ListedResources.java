package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What quotas list and no node has: a word that is misspelt, or nodes that aren't there. */
public final class ListedResources {
    /** As many as a sentence can take. */
    private static final int MOST_NAMED = 8;

    private long edition = -1;
    private QuotaBook book;
    private Map<String, List<String>> missing = Map.of();

    /** By quota, a sentence for each; found anew only if a node or a quota has changed. */
    public Map<String, List<String>> missing(QuotaBook newBook, NodeTable nodes) {
        if (book != newBook || edition != nodes.edition()) {
            book = newBook;
            edition = nodes.edition();
            missing = newBook.quotas().stream()
                    .collect(Collectors.toUnmodifiableMap(Quota::name, quota -> missing(quota, nodes)));
        }
        return missing;
    }

    /** A flavor's nodes, as far as one has looked. */
    private static final class Found {
        boolean anyNode;
        final TreeSet<String> offered = new TreeSet<>();
    }

    private static List<String> missing(Quota quota, NodeTable nodes) {
        var found = new HashMap<String, Found>();
        quota.flavors().forEach(flavor -> found.put(flavor.name(), new Found()));
        nodes.known()
                .forEach(node -> flavorOf(quota, node).ifPresent(flavor -> {
                    var its = found.get(flavor.name());
                    its.anyNode = true;
                    node.allocatable().thousandths().forEach((resource, amount) -> {
                        if (amount > 0) {
                            its.offered.add(resource);
                        }
                    });
                }));
        var sentences = new ArrayList<String>();
        for (var flavor : quota.flavors()) {
            var its = found.get(flavor.name());
            var lacking = flavor.limits().entrySet().stream()
                    // Of what may be had of it there is none anyway.
                    .filter(limit -> limit.getValue().nominal() > 0)
                    .map(Map.Entry::getKey)
                    .filter(resource -> !its.offered.contains(resource))
                    .toList();
            if (!lacking.isEmpty()) {
                sentences.add(its.anyNode ? lacks(flavor, lacking, its) : noNode(flavor));
            }
        }
        return sentences;
    }

    private static String noNode(Quota.Flavor flavor) {
        return flavor.nodeLabels().isEmpty()
                ? "no node is left for flavor %s".formatted(flavor.name())
                : "no node is of flavor %s, with %s"
                        .formatted(
                                flavor.name(),
                                flavor.nodeLabels().entrySet().stream()
                                        .map(label -> label.getKey() + "=" + label.getValue())
                                        .collect(Collectors.joining(", ")));
    }

    private static String lacks(Quota.Flavor flavor, List<String> lacking, Found its) {
        var devices = its.offered.stream().filter(Resources::isDevice).toList();
        var there = devices.isEmpty()
                ? "they have no devices"
                : "their devices are "
                        + devices.stream().limit(MOST_NAMED).collect(Collectors.joining(", "))
                        + (devices.size() > MOST_NAMED ? " and %d more".formatted(devices.size() - MOST_NAMED) : "");
        return "no node of flavor %s has %s: %s".formatted(flavor.name(), String.join(" or ", lacking), there);
    }

    /** The flavor that a node belongs to, the first that it matches. */
    private static Optional<Quota.Flavor> flavorOf(Quota quota, ClusterView.Node node) {
        return quota.flavors().stream()
                .filter(flavor -> PodShape.carries(node.labels(), flavor.nodeLabels()))
                .findFirst();
    }
}
