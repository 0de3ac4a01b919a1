package dev.capstan.controllers.pods;

import dev.capstan.crds.S3;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Who may speak with a job's pods, and with whom they may: their peers, the operator, name servers, and the services
 * that the job names. Probes come from the node, which no policy keeps away; volumes are mounted by the node, too.
 */
public final class JobNetworkPolicy {
    private static final String NAMESPACE_NAME = "kubernetes.io/metadata.name";
    private static final int DNS = 53;
    private static final int HTTPS = 443;
    private static final int HTTP = 80;
    /** The port at the end of an endpoint that names one. */
    private static final Pattern PORT = Pattern.compile(":([0-9]{1,5})/?$");

    private JobNetworkPolicy() {}

    public static NetworkPolicy of(PodOwner owner, WorkerSettings settings) {
        return new NetworkPolicyBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().service(), Map.of()))
                .withNewSpec()
                .withNewPodSelector()
                .withMatchLabels(Owned.pods(owner))
                .endPodSelector()
                .withPolicyTypes("Ingress", "Egress")
                .withIngress(ingress(owner, settings))
                .withEgress(egress(owner, settings))
                .endSpec()
                .build();
    }

    private static List<NetworkPolicyIngressRule> ingress(PodOwner owner, WorkerSettings settings) {
        var progress = new NetworkPolicyIngressRuleBuilder().withPorts(port("TCP", Contract.HTTP_PORT));
        settings.operator().ifPresent(operator -> progress.withFrom(pods(operator.namespace(), operator.labels())));
        return List.of(
                new NetworkPolicyIngressRuleBuilder()
                        .withFrom(peers(owner))
                        .withPorts(port("TCP", Contract.PEER_PORT))
                        .build(),
                progress.build());
    }

    private static List<NetworkPolicyEgressRule> egress(PodOwner owner, WorkerSettings settings) {
        var rules = new ArrayList<NetworkPolicyEgressRule>();
        rules.add(new NetworkPolicyEgressRuleBuilder()
                .withTo(peers(owner))
                .withPorts(port("TCP", Contract.PEER_PORT))
                .build());
        rules.addAll(outside(owner.volumes(), settings));
        return rules;
    }

    /** Name servers, and the object stores that are read from and written to. */
    static List<NetworkPolicyEgressRule> outside(Volumes volumes, WorkerSettings settings) {
        var rules = new ArrayList<NetworkPolicyEgressRule>();
        // A name server that answers anybody is a way out for data, so it's those of the cluster alone.
        rules.add(new NetworkPolicyEgressRuleBuilder()
                .withTo(nameServers(settings))
                .withPorts(port("UDP", DNS), port("TCP", DNS))
                .build());
        var services = new TreeSet<Integer>();
        volumes.s3().forEach(s3 -> services.add(port(s3)));
        // Policies know addresses and no names, and an object store has many.
        services.forEach(port -> rules.add(new NetworkPolicyEgressRuleBuilder()
                .withPorts(port("TCP", port))
                .build()));
        return rules;
    }

    private static int port(S3 s3) {
        if (s3.getEndpoint() == null) {
            return HTTPS;
        }
        var port = PORT.matcher(s3.getEndpoint());
        return port.find() ? Integer.parseInt(port.group(1)) : s3.getEndpoint().startsWith("http://") ? HTTP : HTTPS;
    }

    private static NetworkPolicyPeer peers(PodOwner owner) {
        return new NetworkPolicyPeerBuilder()
                .withNewPodSelector()
                .withMatchLabels(Owned.selector(owner))
                .endPodSelector()
                .build();
    }

    /** The cluster's; and caches on the nodes, whose addresses no selector matches. */
    private static List<NetworkPolicyPeer> nameServers(WorkerSettings settings) {
        var servers = new ArrayList<NetworkPolicyPeer>();
        servers.add(pods("kube-system", Map.of("k8s-app", "kube-dns")));
        for (var cidr : settings.nameServers()) {
            servers.add(new NetworkPolicyPeerBuilder()
                    .withNewIpBlock()
                    .withCidr(cidr)
                    .endIpBlock()
                    .build());
        }
        return servers;
    }

    static NetworkPolicyPeer pods(String namespace, Map<String, String> labels) {
        return new NetworkPolicyPeerBuilder()
                .withNewNamespaceSelector()
                .addToMatchLabels(NAMESPACE_NAME, namespace)
                .endNamespaceSelector()
                .withNewPodSelector()
                .withMatchLabels(labels)
                .endPodSelector()
                .build();
    }

    static NetworkPolicyPort port(String protocol, int number) {
        return new NetworkPolicyPortBuilder()
                .withProtocol(protocol)
                .withPort(new IntOrString(number))
                .build();
    }
}
