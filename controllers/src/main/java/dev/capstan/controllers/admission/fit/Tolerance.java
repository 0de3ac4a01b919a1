package dev.capstan.controllers.admission.fit;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;

/** Which taints keep a pod from a node. */
final class Tolerance {
    private Tolerance() {}

    /** Whether none of the node's taints keeps a pod with these tolerations away. */
    static boolean bears(List<Toleration> tolerations, List<Taint> taints) {
        for (var taint : taints) {
            if (!bears(tolerations, taint)) {
                return false;
            }
        }
        return true;
    }

    /** Taints that keep a pod with these tolerations away, but for those that will pass. */
    static List<Taint> lasting(List<Toleration> tolerations, List<Taint> taints) {
        return taints.stream()
                .filter(taint -> !passing(taint) && !bears(tolerations, taint))
                .toList();
    }

    private static boolean bears(List<Toleration> tolerations, Taint taint) {
        return !keepsAway(taint) || tolerations.stream().anyMatch(toleration -> matches(toleration, taint));
    }

    /** Whether Kubernetes itself put the taint on for the node's state of the moment, so that it will pass. */
    static boolean passing(Taint taint) {
        return taint.getKey().startsWith("node.kubernetes.io/")
                || taint.getKey().startsWith("node.cloudprovider.kubernetes.io/");
    }

    private static boolean keepsAway(Taint taint) {
        return !"PreferNoSchedule".equals(taint.getEffect());
    }

    private static boolean matches(Toleration toleration, Taint taint) {
        boolean anyKey = isEmpty(toleration.getKey());
        boolean exists = "Exists".equals(toleration.getOperator());
        if (!isEmpty(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
            return false;
        }
        if (anyKey) {
            return exists;
        }
        return toleration.getKey().equals(taint.getKey())
                && (exists || orEmpty(toleration.getValue()).equals(orEmpty(taint.getValue())));
    }

    private static boolean isEmpty(String text) {
        return text == null || text.isEmpty();
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
