package dev.capstan.crds.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        assertEquals(
                "4",
                api.kubectl(
                        "get", "infsvc", "scaled", "--namespace", namespace, "--output", "jsonpath={.spec.replicas}"));
        // As a GitOps sync does.
        for (var option : List.of("--server-side=false", "--server-side")) {
            var applied = api.kubectlWithInput(
                    service.toString(), "apply", option, "--namespace", namespace, "--filename", "-");
            assertTrue(applied.contains("inferenceservice.capstan.dev/scaled"), applied);
        }
        assertEquals(
                "4",
                api.kubectl(
                        "get", "infsvc", "scaled", "--namespace", namespace, "--output", "jsonpath={.spec.replicas}"));
    }
}
