package dev.capstan.controllers.pods;

import static dev.capstan.controllers.pods.JobNetworkPolicy.pods;
import static dev.capstan.controllers.pods.JobNetworkPolicy.port;

import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Who may speak with a service's pods, and with whom they may: clients of the namespace, and of others if Gateways lead
 * there; the operator; who reads metrics; each other; name servers; and where models lie.
 */
public final class ServiceNetworkPolicy {
    private ServiceNetworkPolicy() {}

    /** @param gateway whether requests come through Gateways: in which namespace their proxies run, nobody tells */
    public static NetworkPolicy of(PodOwner owner, boolean gateway, WorkerSettings settings) {
        return new NetworkPolicyBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().replicas(), Owned.REPLICA, Map.of()))
                .withNewSpec()
                .withNewPodSelector()
                .withMatchLabels(Owned.pods(owner))
                .endPodSelector()
                .withPolicyTypes("Ingress", "Egress")
                .withIngress(ingress(owner, gateway, settings))
                .withEgress(egress(owner, settings))
                .endSpec()
                .build();
    }

    private static List<NetworkPolicyIngressRule> ingress(PodOwner owner, boolean gateway, WorkerSettings settings) {
        var management = new ArrayList<>(List.of(ours(owner)));
        settings.operator().ifPresent(operator -> management.add(pods(operator.namespace(), operator.labels())));
        settings.scrapers().ifPresent(scrapers -> management.add(pods(scrapers.namespace(), scrapers.labels())));
        return List.of(
                new NetworkPolicyIngressRuleBuilder()
                        .withFrom(gateway ? everyNamespace() : ownNamespace())
                        .withPorts(port("TCP", Contract.REST_PORT), port("TCP", Contract.GRPC_PORT))
                        .build(),
                new NetworkPolicyIngressRuleBuilder()
                        .withFrom(settings.operator().isPresent() ? management : List.of())
                        .withPorts(port("TCP", Contract.MANAGEMENT_PORT))
                        .build());
    }

    private static List<NetworkPolicyEgressRule> egress(PodOwner owner, WorkerSettings settings) {
        var rules = new ArrayList<NetworkPolicyEgressRule>();
        rules.add(new NetworkPolicyEgressRuleBuilder()
                .withTo(ours(owner))
                .withPorts(
                        port("TCP", Contract.REST_PORT),
                        port("TCP", Contract.GRPC_PORT),
                        port("TCP", Contract.MANAGEMENT_PORT))
                .build());
        rules.addAll(JobNetworkPolicy.outside(owner.volumes(), settings));
        return rules;
    }

    private static NetworkPolicyPeer ours(PodOwner owner) {
        return new NetworkPolicyPeerBuilder()
                .withNewPodSelector()
                .withMatchLabels(Owned.pods(owner))
                .endPodSelector()
                .build();
    }

    private static NetworkPolicyPeer ownNamespace() {
        return new NetworkPolicyPeerBuilder()
                .withNewPodSelector()
                .endPodSelector()
                .build();
    }

    private static NetworkPolicyPeer everyNamespace() {
        return new NetworkPolicyPeerBuilder()
                .withNewNamespaceSelector()
                .endNamespaceSelector()
                .build();
    }
}
