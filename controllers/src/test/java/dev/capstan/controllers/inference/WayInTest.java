package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.ServiceNetworkPolicy;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.inference.Access;
import dev.capstan.crds.inference.Batching;
import dev.capstan.crds.inference.Gateway;
import dev.capstan.crds.inference.Limits;
import dev.capstan.crds.inference.ParentReference;
import dev.capstan.crds.inference.Redundancy;
import dev.capstan.crds.inference.Router;
import dev.capstan.crds.inference.TlsSecret;
import dev.capstan.crds.inference.TokenSecret;
import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What clients reach a service by, and what keeps it together: objects that follow the spec, and routers. */
class WayInTest {
    private final ServiceTable table = new ServiceTable(2);

    private Service clients() {
        return (Service) table.objects.get("Service digits-infsvc");
    }

    private String reached() {
        return clients().getSpec().getSelector().get("app.kubernetes.io/component");
    }

    private PodDisruptionBudget budget(String of) {
        return (PodDisruptionBudget) table.objects.get("PodDisruptionBudget digits-infsvc-" + of);
    }

    private void routers(int number) {
        table.edit(spec -> spec.setRouter(new Router().setReplicas(number)));
    }

    @Test
    void aServiceIsReachedByThePortsOfTheProtocol() {
        table.settle();
        assertEquals("replica", reached());
        var ports = clients().getSpec().getPorts();
        assertEquals(
                List.of("http 80 8080 http", "grpc 8081 8081 kubernetes.io/h2c"),
                ports.stream()
                        .map(port -> port.getName() + " " + port.getPort() + " "
                                + port.getTargetPort().getIntVal() + " " + port.getAppProtocol())
                        .toList());
        var headless = (Service) table.objects.get("Service digits-infsvc-replicas");
        assertEquals("None", headless.getSpec().getClusterIP());
        assertTrue(headless.getSpec().getPublishNotReadyAddresses());
    }

    @Test
    void withACertificateItIsReachedByTls() {
        table.edit(spec -> spec.setAccess(new Access()
                .setTls(new TlsSecret().setSecretName("cert"))
                .setToken(new TokenSecret().setSecretName("clients"))));
        table.lookup = Optional.of(new Referents.Lookup(
                false, false, Optional.empty(), Map.of("cert", Set.of("tls.crt"), "clients", Set.of("token"))));
        table.settle();
        assertEquals(
                "secret cert of access has no key tls.key: add it",
                table.condition(Conditions.READY).getMessage());
        table.lookup = Optional.empty();
        table.settle();
        assertEquals(443, clients().getSpec().getPorts().getFirst().getPort());
        assertEquals("https://digits-infsvc.team.svc", table.service.getStatus().getUrl());
        var file =
                ServiceFile.read(table.configs.get("digits-infsvc-1").getData().get("service.json"));
        assertEquals(new ServiceFile.Access("/etc/capstan/tls", "/etc/capstan/access/token", false), file.access());
        var pod = Json.write(table.pods.values().iterator().next().getSpec());
        assertTrue(pod.contains("\"mountPath\" : \"/etc/capstan/tls\""), pod);
        assertTrue(pod.contains("\"mountPath\" : \"/etc/capstan/access\""), pod);
    }

    @Test
    void whatOthersPutOnAnObjectStaysAndWhatTheyTakeAwayComesAgain() {
        table.settle();
        table.objects.put(
                "Service digits-infsvc",
                new ServiceBuilder(clients())
                        .editMetadata()
                        .addToLabels("mesh", "yes")
                        .addToAnnotations("mesh", "yes")
                        .endMetadata()
                        .editSpec()
                        .withClusterIP("10.96.0.7")
                        .endSpec()
                        .build());
        assertEquals(List.of(), applied());
        table.objects.put(
                "Service digits-infsvc",
                new ServiceBuilder(clients())
                        .editSpec()
                        .addToSelector("app", "other")
                        .addToSelector("app.kubernetes.io/component", "other")
                        .endSpec()
                        .build());
        table.objects.remove("NetworkPolicy digits-infsvc-replicas");
        assertEquals(List.of("NetworkPolicy", "Service"), applied());
    }

    private List<String> applied() {
        return table.pass().plan().children().apply().stream()
                .map(HasMetadata::getKind)
                .sorted()
                .toList();
    }

    @Test
    void aDrainLeavesAsManyAsTheSpecSays() {
        table.settle();
        assertEquals(1, budget("replicas").getSpec().getMinAvailable().getIntVal());
        table.edit(spec -> spec.setRedundancy(new Redundancy().setMinAvailable(5)));
        table.settle();
        assertEquals(2, budget("replicas").getSpec().getMinAvailable().getIntVal(), "never more than are wanted");
        table.edit(spec -> spec.setRedundancy(new Redundancy().setMinAvailable(0)));
        table.settle();
        assertEquals(0, budget("replicas").getSpec().getMinAvailable().getIntVal(), "drains wait for nothing");
    }

    @Test
    void routersGetPlacesAndClientsReachThemOnceOneIsReady() {
        table.settle();
        routers(2);
        table.settle(revision -> revision.matches("[0-9]"));
        assertEquals("replica", reached(), "no router is ready yet");
        assertEquals(null, clients().getSpec().getTrafficDistribution(), "replicas get as much each");
        assertEquals("Ready Serving, Reconciling RoutersStarting", table.standing());
        assertEquals(
                "0 of 2 routers pass requests on",
                table.condition(Conditions.RECONCILING).getMessage());
        table.settle();
        assertEquals("router", reached());
        assertEquals(
                "PreferSameNode",
                clients().getSpec().getTrafficDistribution(),
                "whose node lives has a router that does, whatever node dies");
        assertEquals("Ready Serving", table.standing());
        assertEquals(2, table.service.getStatus().getReadyRouters());
        assertEquals(1, budget("routers").getSpec().getMinAvailable().getIntVal());
        var file = ServiceFile.read(
                table.configs.get("digits-infsvc-routers").getData().get("service.json"));
        assertEquals(List.of(), file.models());
    }

    @Test
    void routersAreToldWhomToAsk() {
        routers(1);
        table.settle();
        var routing = table.pass().routing().orElseThrow();
        assertEquals(List.of("10.0.0.768"), routing.routers());
        assertEquals(
                List.of(new Endpoints.Replica("10.0.0.0", 1), new Endpoints.Replica("10.0.0.1", 1)),
                routing.replicas());
        assertEquals(null, routing.waiting());
    }

    @Test
    void aNewModelTouchesNoRouterAndNewLimitsReplaceOneAfterTheOther() {
        routers(2);
        table.settle();
        var before = routerNames();
        table.edit(spec -> spec.setModel(spec.getModel().setFollow(true)));
        table.trained(2);
        table.settle();
        assertEquals(before, routerNames());
        table.edit(spec -> spec.setLimits(new Limits().setTimeoutSeconds(5)));
        for (int step = 0; step < 100; step++) {
            table.step(revision -> true);
            assertTrue(table.service.getStatus().getReadyRouters() >= 1);
        }
        assertEquals(2, table.service.getStatus().getReadyRouters());
        assertFalse(routerNames().stream().anyMatch(before::contains));
    }

    private List<String> routerNames() {
        return table.pods.keySet().stream()
                .filter(name -> name.contains("-router-"))
                .toList();
    }

    @Test
    void routersThatAreWantedNoLongerGoAndGiveTheirPlacesBack() {
        routers(2);
        table.settle();
        table.edit(spec -> spec.setRouter(null));
        table.settle();
        assertEquals("replica", reached());
        assertEquals(List.of(), routerNames());
        assertEquals(2, table.service.getStatus().getAdmission().getPlacements().size());
        assertEquals(null, budget("routers"));
        assertFalse(table.configs.containsKey("digits-infsvc-routers"));
        assertEquals(null, table.service.getStatus().getRouters());
        assertTrue(table.pass().routing().isEmpty());
    }

    @Test
    void aGatewaysRouteIsMadeWhereTheClusterKnowsRoutes() {
        table.edit(spec -> spec.setGateway(new Gateway()
                .setParentRefs(List.of(new ParentReference().setName("public").setNamespace("gateways")))
                .setHostnames(List.of("digits.example.org"))));
        table.settle();
        assertEquals("Ready Serving, Stalled GatewayAPIMissing", table.standing());
        table.gatewayApi = true;
        table.settle();
        assertEquals("Ready Serving", table.standing());
        var route = table.objects.get("HTTPRoute digits-infsvc");
        assertEquals(
                "{\"parentRefs\":[{\"kind\":\"Gateway\",\"name\":\"public\",\"namespace\":\"gateways\"}],\"hostnames\":[\"digits.example.org\"],\"rules\":[{\"backendRefs\":[{",
                Json.write(route).replaceAll("\\s", "").replaceAll(".*\"spec\":(.*backendRefs\":\\[\\{).*", "$1"));
        table.edit(spec -> spec.setGateway(null));
        table.settle();
        assertFalse(table.objects.containsKey("HTTPRoute digits-infsvc"));
    }

    @Test
    void whoMayReachThePods() {
        table.settle();
        var policy = (NetworkPolicy) table.objects.get("NetworkPolicy digits-infsvc-replicas");
        var clients = policy.getSpec().getIngress().getFirst();
        assertEquals(List.of(8080, 8081), ports(clients.getPorts()));
        assertEquals(null, clients.getFrom().getFirst().getNamespaceSelector(), "clients of the namespace");
        var management = policy.getSpec().getIngress().getLast();
        assertEquals(List.of(8082), ports(management.getPorts()));
        assertEquals(2, management.getFrom().size(), "each other, and the operator");
        assertEquals(List.of("Ingress", "Egress"), policy.getSpec().getPolicyTypes());
        var scraped = ServiceNetworkPolicy.of(
                new PodOwner(table.service, "infsvc", new Volumes(List.of(), List.of()), false),
                false,
                new WorkerSettings(
                        "image",
                        "",
                        Map.of(),
                        new Quantity("1Gi"),
                        List.of(),
                        Timeouts.DEFAULT,
                        Optional.of(new WorkerSettings.Pods("capstan-system", Map.of("app", "capstan"))),
                        Optional.of(new WorkerSettings.Pods("monitoring", Map.of("app", "prometheus")))));
        var reader = scraped.getSpec().getIngress().getLast().getFrom().getLast();
        assertEquals(
                Map.of("kubernetes.io/metadata.name", "monitoring"),
                reader.getNamespaceSelector().getMatchLabels());
        assertEquals(Map.of("app", "prometheus"), reader.getPodSelector().getMatchLabels());
        table.gatewayApi = true;
        table.edit(spec -> spec.setGateway(new Gateway().setParentRefs(List.of(new ParentReference().setName("g")))));
        table.settle();
        policy = (NetworkPolicy) table.objects.get("NetworkPolicy digits-infsvc-replicas");
        assertTrue(
                policy.getSpec().getIngress().getFirst().getFrom().getFirst().getNamespaceSelector() != null,
                "a gateway's proxies may run anywhere");
    }

    private static List<Integer> ports(List<NetworkPolicyPort> ports) {
        return ports.stream().map(port -> port.getPort().getIntVal()).toList();
    }

    @Test
    void aRolloutOfReplicasLeavesTheWayInAsItIs() {
        routers(1);
        table.settle();
        var before = clients();
        table.edit(spec -> spec.setBatching(new Batching().setMaxSize(1)));
        table.settle();
        assertEquals(before, clients());
    }
}
