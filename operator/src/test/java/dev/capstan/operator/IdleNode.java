package dev.capstan.operator;

import dev.capstan.crds.testing.ApiServer;

/**
 * A ready node with room and GPUs, on which nothing ever runs; jobs reach it by the node selector {@code only: NAME}.
 */
record IdleNode(ApiServer api, String name) implements AutoCloseable {
    static IdleNode ready(ApiServer api, String name) {
        api.kubectlWithInput("""
                apiVersion: v1
                kind: Node
                metadata: {name: %1$s, labels: {only: %1$s}}
                """.formatted(name), "apply", "--filename=-");
        api.kubectl("patch", "node", name, "--subresource=status", "--patch", """
                {"status": {"allocatable": {"cpu": "16", "memory": "64Gi", "pods": "110", "nvidia.com/gpu": "8"},
                            "conditions": [{"type": "Ready", "status": "True"}]}}""");
        api.kubectl("taint", "node", name, "node.kubernetes.io/not-ready-");
        return new IdleNode(api, name);
    }

    @Override
    public void close() {
        api.kubectl("delete", "node", name);
    }
}
