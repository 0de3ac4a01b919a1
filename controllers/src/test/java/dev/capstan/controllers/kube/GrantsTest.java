package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.testing.CuttableLink;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of grants on a real API server, written by somebody whose rights may end. */
class GrantsTest {
    private final ApiServer api = ApiServer.shared();
    private final String namespace = api.newNamespace("grants");
    private static final WorkloadSource<TrainingJob> SOURCE = AdmissionLoopTest.source(1, 1, job -> {});

    private final List<String> refused = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private final Semaphore answers = new Semaphore(0);

    @Test
    void aGrantThatTheApiServerRefusesHoldsNothing() throws IOException, InterruptedException {
        var job = api.client().resource(Jobs.mnist(namespace, "a", 1)).create();
        may("get");
        try (var link = patientLink();
                var client = writer(link)) {
            var grants = grants(client);
            grants.grant(SOURCE, job, places(job));
            assertTrue(grants.held(uid(job)).isPresent(), "held at once");
            settle(grants, job);
            assertTrue(grants.held(uid(job)).isEmpty());
        }
        assertEquals(List.of(), written);
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
            grants.grant(SOURCE, other, places(other));
            settle(grants, other);
            assertEquals(List.of("other"), written);
            grants.settle(Map.of(uid(other), api.client().resource(other).get()));
            assertTrue(grants.held(uid(other)).isEmpty(), "shown");
            link.deafen();
            grants.grant(SOURCE, job, places(job));
            settle(grants, job);
            assertTrue(grants.anyUnknown());
            awaitGrant(job);
            link.mend();
            may("get");
            // Not before its next try is due.
            Thread.sleep(1000);
            grants.settle(Map.of(uid(job), job));
            settle(grants, job);
            assertFalse(grants.anyUnknown());
            assertTrue(grants.held(uid(job)).isPresent());
            assertEquals(List.of(), refused);
        }
    }

    private Grants grants(KubernetesClient client) {
        var listener = new Grants.Listener() {
            @Override
            public void written(HasMetadata job, PlaceChange change) {
                written.add(change.id().name());
            }

            @Override
            public void refused(HasMetadata job, PlaceChange change, String words) {
                refused.add(words);
            }
        };
        return new Grants(client, listener, answers::release, new Meters(new SimpleMeterRegistry()), Clock.systemUTC());
    }

    /** Waits until the grant under way has an answer, and takes note of it. */
    private void settle(Grants grants, TrainingJob job) throws InterruptedException {
        assertTrue(answers.tryAcquire(60, TimeUnit.SECONDS), "an answer");
        grants.settle(Map.of(uid(job), job));
    }

    private static Decision.Admit places(TrainingJob job) {
        var workload = AdmissionLoopTest.workload(job, 1, 1);
        var each = workload.podSets().getFirst().each();
        return new Decision.Admit(
                workload, List.of(new Grant.Seats("worker", 0, each, List.of("n"))), Optional.empty(), List.of());
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
