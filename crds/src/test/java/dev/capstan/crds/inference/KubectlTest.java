package dev.capstan.crds.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Habits;
import dev.capstan.crds.validation.Yaml;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people see of an InferenceService on the command line: which model, how many, healthy? */
class KubectlTest {
    private static ApiServer api;
    private static String namespace;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        namespace = api.newNamespace("kubectl");
        var service = Serialization.unmarshal(Services.full().toString(), InferenceService.class);
        var created = api.client().resource(service).inNamespace(namespace).create();
        created.setStatus(service.getStatus());
        api.client().resource(created).updateStatus();
    }

    @Test
    void getShowsAServiceInALine() {
        var lines = api.kubectl("get", "infsvc", "digits", "--namespace", namespace)
                .lines()
                .toList();
        assertEquals(
                List.of("NAME", "READY", "REASON", "MODEL", "REPLICAS", "UPDATED", "AGE"),
                List.of(lines.getFirst().split("\\s+")));
        assertTrue(
                lines.getLast().matches("digits +False +RollingOut +mnist-int8@9f86d081 +3/3 +1 +\\d+s"),
                lines.getLast());
    }

    @Test
    void getWideSaysWhere() {
        var lines = api.kubectl("get", "infsvc", "digits", "--namespace", namespace, "--output", "wide")
                .lines()
                .toList();
        assertEquals(
                List.of("URL", "REVISION", "DIGEST", "MESSAGE"),
                List.of(lines.getFirst().split("\\s+")).subList(7, 11));
        assertTrue(
                lines.getLast().matches(".* http://digits-infsvc.vision.svc +1 +sha256:9f86d08.* +1 of 3 replicas .*"),
                lines.getLast());
    }

    @Test
    void whatIsReadCanBeSentAgain() {
        new Habits(api, "infsvc", "digits", List.of("--namespace", namespace)).whatIsReadCanBeSentAgain();
    }

    @Test
    void getAllListsServices() {
        assertTrue(api.kubectl("get", "all", "--namespace", namespace).contains("inferenceservice.capstan.dev/digits"));
    }

    /** By it autoscalers find the pods whose load they look at; they take nothing but text. */
    @Test
    void theScaleTellsHowPodsAreSelected() {
        var scale = "/apis/capstan.dev/v1alpha1/namespaces/%s/inferenceservices/digits/scale".formatted(namespace);
        var status = Yaml.read(api.kubectl("get", "--raw", scale)).path("status");
        assertEquals(4, status.path("replicas").asInt());
        assertEquals(
                "app.kubernetes.io/component=replica,capstan.dev/job=digits",
                status.path("selector").asText());
    }

    /** Autoscalers drive the scale subresource, also of a service whose spec says nothing of replicas. */
    @Test
    void scales() {
        var service = Services.least();
        Yaml.set(service, "metadata.name", "scaled");
        api.kubectlWithInput(service.toString(), "apply", "--namespace", namespace, "--filename", "-");
        var scale = "/apis/capstan.dev/v1alpha1/namespaces/%s/inferenceservices/scaled/scale".formatted(namespace);
        var found = api.kubectl("get", "--raw", scale);
        assertEquals(1, Yaml.read(found).at("/spec/replicas").asInt(-1), found);
        var said = api.kubectl("scale", "infsvc", "scaled", "--namespace", namespace, "--replicas=4");
        assertTrue(said.contains("scaled"), said);
        assertEquals("4", replicas("scaled"));
        // As a GitOps sync does.
        for (var option : List.of("--server-side=false", "--server-side")) {
            apply(service, option);
        }
        assertEquals("4", replicas("scaled"));
    }

    /**
     * A manifest that said how many hands that over to an autoscaler: what is there stays when the autoscaler has set
     * it and the manifest is applied by the server. The older way takes away what was applied once, whoever set it
     * since.
     */
    @Test
    void replicasAreHandedOverByApplyingServerSide() {
        var said = Services.least();
        Yaml.set(said, "metadata.name", "handed");
        var silent = said.deepCopy();
        Yaml.set(said, "spec.replicas", "3");
        for (boolean serverSide : new boolean[] {true, false}) {
            var option = "--server-side=" + serverSide;
            apply(said, option);
            assertEquals("3", replicas("handed"));
            api.kubectl("scale", "infsvc", "handed", "--namespace", namespace, "--replicas=5");
            apply(silent, option);
            assertEquals(serverSide ? "5" : "1", replicas("handed"), option);
            api.kubectl("delete", "infsvc", "handed", "--namespace", namespace);
        }
    }

    private void apply(ObjectNode service, String option) {
        api.kubectlWithInput(service.toString(), "apply", option, "--namespace", namespace, "--filename", "-");
    }

    private String replicas(String name) {
        return api.kubectl("get", "infsvc", name, "--namespace", namespace, "--output", "jsonpath={.spec.replicas}");
    }
}
