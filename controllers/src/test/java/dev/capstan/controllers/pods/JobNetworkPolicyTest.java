package dev.capstan.controllers.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.job.PlanTable;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.S3;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who may speak with a job's pods. */
class JobNetworkPolicyTest {
    private final TrainingJob job = Jobs.mnist("team", "mnist", 2);

    @Test
    void itsOwnWorkersMeetAndTheOperatorAloneAsks() {
        var ingress = JobNetworkPolicy.of(owner(), PlanTable.SETTINGS).getSpec().getIngress();
        assertEquals(List.of("TCP 29400"), ports(ingress.get(0).getPorts()));
        assertEquals(
                Owned.selector(owner()),
                ingress.get(0).getFrom().getFirst().getPodSelector().getMatchLabels());
        assertEquals(null, ingress.get(0).getFrom().getFirst().getNamespaceSelector(), "of this namespace");
        assertEquals(List.of("TCP 8080"), ports(ingress.get(1).getPorts()));
        var operator = ingress.get(1).getFrom().getFirst();
        assertEquals(
                Map.of("kubernetes.io/metadata.name", "capstan-system"),
                operator.getNamespaceSelector().getMatchLabels());
        assertEquals(
                Map.of("app.kubernetes.io/name", "capstan"),
                operator.getPodSelector().getMatchLabels());
        assertEquals(2, ingress.size());
    }

    @Test
    void anOperatorOutsideOfTheClusterIsNotLockedOut() {
        var settings = new WorkerSettings(
                "image", "", Map.of(), new Quantity("1Gi"), List.of(), Timeouts.DEFAULT, Optional.empty());
        var ingress = JobNetworkPolicy.of(owner(), settings).getSpec().getIngress();
        assertEquals(List.of(), ingress.get(1).getFrom());
        assertEquals(List.of("TCP 8080"), ports(ingress.get(1).getPorts()));
    }

    @Test
    void itReachesItsPeersAndNameServersAndNothingElse() {
        var egress = JobNetworkPolicy.of(owner(), PlanTable.SETTINGS).getSpec().getEgress();
        assertEquals(
                Owned.selector(owner()),
                egress.get(0).getTo().getFirst().getPodSelector().getMatchLabels());
        assertEquals(List.of("TCP 29400"), ports(egress.get(0).getPorts()));
        assertEquals(List.of("UDP 53", "TCP 53"), ports(egress.get(1).getPorts()));
        var servers = egress.get(1).getTo();
        assertEquals(
                Map.of("kubernetes.io/metadata.name", "kube-system"),
                servers.get(0).getNamespaceSelector().getMatchLabels());
        assertEquals(
                Map.of("k8s-app", "kube-dns"), servers.get(0).getPodSelector().getMatchLabels());
        assertEquals("169.254.20.10/32", servers.get(1).getIpBlock().getCidr());
        assertEquals(2, servers.size(), "and nobody else on that port");
        assertEquals(2, egress.size());
    }

    @Test
    void itsObjectStoresAreReachedOnTheirPorts() {
        s3(job.getSpec().getData().getTrain(), "https://minio.example.com:9000");
        s3(job.getSpec().getData().getTest(), null);
        var egress = JobNetworkPolicy.of(owner(), PlanTable.SETTINGS).getSpec().getEgress();
        assertEquals(List.of("TCP 443"), ports(egress.get(2).getPorts()));
        assertEquals(List.of("TCP 9000"), ports(egress.get(3).getPorts()));
        s3(job.getSpec().getData().getTest(), "http://minio.example.com");
        assertEquals(
                List.of("TCP 80"),
                ports(JobNetworkPolicy.of(owner(), PlanTable.SETTINGS)
                        .getSpec()
                        .getEgress()
                        .get(2)
                        .getPorts()));
        var output = job.getSpec().getOutput().getStorage().setUri("s3://models/mnist");
        output.setS3(new S3()
                .setEndpoint("http://minio.example.com:9001")
                .setSecretRef(new LocalReference().setName("writer")));
        assertEquals(
                List.of("TCP 80", "TCP 9000", "TCP 9001"),
                JobNetworkPolicy.of(owner(), PlanTable.SETTINGS).getSpec().getEgress().stream()
                        .skip(2)
                        .flatMap(rule -> ports(rule.getPorts()).stream())
                        .toList());
    }

    @Test
    void itHoldsForAllPodsOfTheJob() {
        var selector = JobNetworkPolicy.of(owner(), PlanTable.SETTINGS)
                .getSpec()
                .getPodSelector()
                .getMatchLabels();
        assertEquals(Map.of("app.kubernetes.io/name", "trainingjob", "capstan.dev/job", "mnist"), selector);
    }

    private PodOwner owner() {
        return new TrainingKind().describe(job).owner();
    }

    private static void s3(dev.capstan.crds.Dataset dataset, String endpoint) {
        dataset.setUri("s3://bucket/data")
                .setS3(new S3().setEndpoint(endpoint).setSecretRef(new LocalReference().setName("reader")));
    }

    private static List<String> ports(List<NetworkPolicyPort> ports) {
        return ports.stream()
                .map(port -> port.getProtocol() + " " + port.getPort().getIntVal())
                .toList();
    }
}
