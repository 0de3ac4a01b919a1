package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.cluster.ClusterView;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import java.util.List;
import java.util.Map;

/** Node selector terms as the scheduler reads them: one of the terms has to match, and of that all requirements. */
public final class NodeTerms {
    private NodeTerms() {}

    public static boolean match(NodeSelector selector, ClusterView.Node node) {
        return selector.getNodeSelectorTerms().stream().anyMatch(term -> match(term, node));
    }

    private static boolean match(NodeSelectorTerm term, ClusterView.Node node) {
        var labels = orEmpty(term.getMatchExpressions());
        var fields = orEmpty(term.getMatchFields());
        // A term without any requirement matches nothing, as the API documents.
        if (labels.isEmpty() && fields.isEmpty()) {
            return false;
        }
        return labels.stream().allMatch(wanted -> match(wanted, node.labels()))
                && fields.stream().allMatch(wanted -> match(wanted, Map.of("metadata.name", node.name())));
    }

    private static boolean match(NodeSelectorRequirement wanted, Map<String, String> values) {
        var value = values.get(wanted.getKey());
        var choices = orEmpty(wanted.getValues());
        return switch (wanted.getOperator()) {
            case "In" -> value != null && choices.contains(value);
            case "NotIn" -> value == null || !choices.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> number(value) > number(choices.getFirst());
            case "Lt" -> number(value) < number(choices.getFirst());
            // An operator of a later Kubernetes: the scheduler has the last word.
            default -> true;
        };
    }

    /** Not a number compares as false with everything, as it should. */
    private static double number(String text) {
        try {
            return text == null ? Double.NaN : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static <T> List<T> orEmpty(List<T> list) {
        return list == null ? List.of() : list;
    }
}
