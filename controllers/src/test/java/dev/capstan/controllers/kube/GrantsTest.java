package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.Placed;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.testing.CuttableLink;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of grants on a real API server, written by somebody whose rights may end. */
class GrantsTest {
    private final ApiServer api = ApiServer.shared();
    private final String namespace = api.newNamespace("grants");
    private final List<String> refused = new ArrayList<>();

    @Test
    void aGrantThatTheApiServerRefusesHoldsNothing() throws IOException, InterruptedException {
        var job = api.client().resource(Jobs.mnist(namespace, "a", 1)).create();
        may("get");
        try (var link = patientLink();
                var client = writer(link)) {
            var grants = grants(client);
            assertFalse(grants.write(job, places(job)));
            assertTrue(grants.hold(uid(job)).isEmpty());
        }
        assertEquals(1, refused.size());
        assertTrue(refused.getFirst().contains("cannot patch resource \"trainingjobs/status\""), refused.getFirst());
    }

    @Test
    void aGrantThatWasTakenWithoutAnAnswerHoldsItsPlacesThoughItIsRefusedNow()
            throws IOException, InterruptedException {
        var job = api.client().resource(Jobs.mnist(namespace, "a", 1)).create();
        may("get, patch");
        try (var link = patientLink();
                var client = writer(link)) {
            var grants = grants(client);
            // The first that it writes takes answers, such as to what the kind's plural is.
            var other = api.client().resource(Jobs.mnist(namespace, "other", 1)).create();
            assertTrue(grants.write(other, places(other)));
            link.deafen();
            assertFalse(grants.write(job, places(job)));
            assertTrue(grants.anyUnknown());
            awaitGrant(job);
            link.mend();
            may("get");
            grants.settle(Map.of(uid(job), job));
            assertFalse(grants.anyUnknown());
            assertTrue(grants.hold(uid(job)).isPresent());
            assertEquals(List.of(), refused);
        }
    }

    private Grants<TrainingJob> grants(KubernetesClient client) {
        return new Grants<>(
                client,
                GrantsTest::hasGrant,
                (job, gang, words) -> refused.add(words),
                new Meters(new SimpleMeterRegistry()),
                Clock.systemUTC());
    }

    private static Placed places(TrainingJob job) {
        return new Placed(AdmissionLoopTest.gang(job), List.of("n"), Optional.empty(), Optional.empty());
    }

    private static boolean hasGrant(TrainingJob job, int attempt) {
        var admission = job.getStatus() == null ? null : job.getStatus().getAdmission();
        return admission != null && admission.getAttempt() == attempt;
    }

    private void awaitGrant(TrainingJob job) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!hasGrant(api.client().resource(job).get(), 1)) {
            assertTrue(System.nanoTime() < deadline, "granted");
            Thread.sleep(50);
        }
    }

    /** A link whose clients wait so long that only those answers are lost that are meant to be. */
    private CuttableLink patientLink() throws IOException {
        return new CuttableLink(api, Duration.ofSeconds(10), Duration.ofSeconds(5));
    }

    private static String uid(TrainingJob job) {
        return job.getMetadata().getUid();
    }

    private String writer() {
        return "writer-" + namespace;
    }

    /** A client with no rights but those of the writer. */
    private KubernetesClient writer(CuttableLink link) {
        try (var admin = link.client()) {
            var config = new ConfigBuilder(admin.getConfiguration())
                    .withImpersonateUsername(writer())
                    .build();
            return new KubernetesClientBuilder().withConfig(config).build();
        }
    }

    /** Gives the writer these rights and no others; it takes a moment. */
    private void may(String verbs) throws InterruptedException {
        api.kubectlWithInput("""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: writer, namespace: %1$s}
                rules: [{apiGroups: [capstan.dev], resources: [trainingjobs, trainingjobs/status], verbs: [%2$s]}]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: writer, namespace: %1$s}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: writer}
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %3$s}]
                """.formatted(namespace, verbs, writer()), "apply", "--filename=-");
        awaitRight("get", true);
        awaitRight("patch", verbs.contains("patch"));
    }

    private void awaitRight(String verb, boolean there) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (has(verb) != there) {
            assertTrue(System.nanoTime() < deadline, verb);
            Thread.sleep(100);
        }
    }

    private boolean has(String verb) {
        return api.kubectl(
                        "auth",
                        "can-i",
                        verb,
                        "trainingjobs.capstan.dev",
                        "--subresource=status",
                        "--namespace=" + namespace,
                        "--as=" + writer())
                .contains("yes");
    }
}
