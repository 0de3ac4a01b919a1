package dev.capstan.controllers.admission.quota;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;

/** Which labels a selector selects, as the API server has it. */
final class Selection {
    private Selection() {}

    static boolean selects(LabelSelector selector, Map<String, String> labels) {
        var equal = selector.getMatchLabels();
        var expressions = selector.getMatchExpressions();
        return (equal == null || labels.entrySet().containsAll(equal.entrySet()))
                && (expressions == null || expressions.stream().allMatch(expression -> meets(expression, labels)));
    }

    private static boolean meets(LabelSelectorRequirement expression, Map<String, String> labels) {
        var key = expression.getKey();
        var values = expression.getValues() == null ? List.<String>of() : expression.getValues();
        return switch (expression.getOperator()) {
            case "In" -> labels.containsKey(key) && values.contains(labels.get(key));
            case "NotIn" -> !labels.containsKey(key) || !values.contains(labels.get(key));
            case "Exists" -> labels.containsKey(key);
            case "DoesNotExist" -> !labels.containsKey(key);
            // A newer version's operator: a selector that can't be read selects nobody.
            default -> false;
        };
    }
}
