package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Nodes in a few words. */
final class Nodes {
    private Nodes() {}

    /** A node with so many GPUs and 16 cores; labels as in {@code rack=r1}. */
    static ClusterView.Node node(String name, int gpus, String... labels) {
        var offer = gpus == 0 ? Scenario.cpus(16) : Scenario.cpus(16).plus(Resources.units(Scenario.GPU, gpus));
        return new ClusterView.Node(name, true, true, labels(labels), List.of(), offer);
    }

    static ClusterView.Node offering(ClusterView.Node node, Resources allocatable) {
        return new ClusterView.Node(
                node.name(), node.ready(), node.schedulable(), node.labels(), node.taints(), allocatable);
    }

    static ClusterView.Node notReady(ClusterView.Node node) {
        return new ClusterView.Node(
                node.name(), false, node.schedulable(), node.labels(), node.taints(), node.allocatable());
    }

    static ClusterView.Node cordoned(ClusterView.Node node) {
        return new ClusterView.Node(node.name(), node.ready(), false, node.labels(), node.taints(), node.allocatable());
    }

    static ClusterView.Node tainted(ClusterView.Node node, String key, String value, String effect) {
        Taint taint = new TaintBuilder()
                .withKey(key)
                .withValue(value)
                .withEffect(effect)
                .build();
        return new ClusterView.Node(
                node.name(), node.ready(), node.schedulable(), node.labels(), List.of(taint), node.allocatable());
    }

    /** Such as {@code rack=r1}. */
    static Map<String, String> labels(String... labels) {
        return Arrays.stream(labels)
                .map(label -> label.split("=", 2))
                .collect(Collectors.toMap(each -> each[0], each -> each[1]));
    }
}
