package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.pods.PodPlaces;
import dev.capstan.controllers.testing.CuttableLink;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Placement;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    void whatWasTakenWithoutAnAnswerCountsThoughItIsRefusedNow() throws IOException, InterruptedException {
        var job = api.client().resource(Jobs.mnist(namespace, "a", 1)).create();
        var giving = granted("b", 0, 1, 2);
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
            grants.write(HOLDING, giving, givesBack(giving, 1));
            settle(grants, job, giving);
            settle(grants, job, giving);
            assertTrue(grants.anyUnknown());
            assertEquals(3, held(grants, giving), "places given back are held until it is known that they are not");
            awaitGrant(job);
            await("given back", () -> ranks(api.client().resource(giving).get()).equals(List.of(0, 2)));
            link.mend();
            may("get");
            // Not before their next try is due.
            Thread.sleep(1000);
            grants.settle(Map.of(uid(job), job, uid(giving), giving));
            settle(grants, job, giving);
            settle(grants, job, giving);
            assertFalse(grants.anyUnknown());
            assertTrue(grants.held(uid(job)).isPresent());
            assertEquals(2, held(grants, giving));
            assertEquals(List.of(), refused);
        }
    }

    @Test
    void withItsLastPlacementAGrantGoes() throws IOException, InterruptedException {
        var job = granted("a", 0, 1);
        may("get, patch");
        try (var link = patientLink();
                var client = writer(link)) {
            var grants = grants(client);
            grants.write(HOLDING, job, givesBack(job, 0));
            settle(grants, job);
            var last = api.client().resource(job).get();
            grants.settle(Map.of(uid(job), last));
            assertFalse(grants.isOpen(uid(job)));
            grants.write(HOLDING, last, givesBack(last, 1));
            settle(grants, last);
            assertEquals(List.of("a", "a"), written);
            assertTrue(grants.isOpen(uid(job)));
            assertTrue(grants.held(uid(job)).isEmpty(), "what is known to be written is free");
            var without = api.client().resource(job).get();
            assertNull(without.getStatus().getAdmission());
            grants.settle(Map.of(uid(job), without));
            assertFalse(grants.isOpen(uid(job)));

            may("get");
            var other = granted("other", 0);
            grants.write(HOLDING, other, givesBack(other, 0));
            settle(grants, other);
            assertEquals(1, refused.size());
            assertFalse(grants.isOpen(uid(other)), "it holds what its status says");
        }
    }

    @Test
    void nothingComesOfWhatWasDecidedOnAnEarlierVersion() throws IOException, InterruptedException {
        var job = granted("a", 0, 1);
        may("get, patch");
        try (var link = patientLink();
                var client = writer(link)) {
            var grants = grants(client);
            var later = new StatusPatch(api.client(), "capstan-status").apply(job, Map.of("restarts", 1));
            grants.write(HOLDING, job, givesBack(job, 1));
            settle(grants, job);
            assertFalse(grants.isOpen(uid(job)));
            assertTrue(grants.isOutdated(job), "and nothing more is decided on it");
            assertFalse(grants.isOutdated(later));
            grants.settle(Map.of(uid(job), later));
            assertFalse(grants.isOutdated(job), "it is forgotten when the cache has another");

            grants.write(HOLDING, later, givesBack(later, 1));
            settle(grants, later);
            // Decided before: it would have brought rank 1 back.
            var late = new Decision.Fill(
                    AdmissionLoopTest.workload(job, 3, 1), List.of(seats(2)), Optional.empty(), List.of());
            grants.settle(Map.of(uid(job), api.client().resource(job).get()));
            grants.grant(HOLDING, later, late);
            assertEquals(3, held(grants, job), "held at once");
            settle(grants, later);
            assertFalse(grants.isOpen(uid(job)));
            assertEquals(List.of(0), ranks(api.client().resource(job).get()));
            assertEquals(List.of("a"), written);
            assertEquals(List.of(), refused);
        }
    }

    /** Jobs that hold what their status says, and may hold more. */
    private static final WorkloadSource<TrainingJob> HOLDING = new WorkloadSource<>(
            TrainingJob.class,
            job -> Optional.empty(),
            job -> AdmissionLoopTest.admission(job)
                    .map(there -> new Grant(
                            PodPlaces.id(job),
                            1,
                            0,
                            List.of(new Grant.Seats("worker", 0, AdmissionLoopTest.GPU, PodPlaces.nodes(there, 0, 3))),
                            Instant.EPOCH,
                            Optional.empty(),
                            Instant.EPOCH)),
            AdmissionLoopTest::admission,
            job -> List.of(),
            job -> false,
            job -> {});

    private TrainingJob granted(String name, Integer... ranks) {
        var job = api.client().resource(Jobs.mnist(namespace, name, 1)).create();
        return new StatusPatch(api.client(), "capstan-admission")
                .apply(
                        job,
                        Map.of(
                                "admission",
                                new Admission()
                                        .setAttempt(1)
                                        .setTime("2026-01-01T00:00:00Z")
                                        .setPlacements(Stream.of(ranks)
                                                .map(rank -> new Placement()
                                                        .setRank(rank)
                                                        .setNode("n"))
                                                .toList())));
    }

    private static PlaceChange.GivenBack givesBack(TrainingJob job, int rank) {
        var listed = List.of(
                new Placement().setRank(rank).setNode("n"),
                new Placement().setRank(0).setNode("elsewhere"));
        var source = new WorkloadSource<>(
                TrainingJob.class,
                HOLDING.waiting(),
                HOLDING.grant(),
                HOLDING.admission(),
                same -> listed,
                HOLDING.startsFirst(),
                HOLDING.decided());
        return PlaceChange.GivenBack.of(source, job).orElseThrow();
    }

    private static Grant.Seats seats(int rank) {
        var nodes = new String[rank + 1];
        nodes[rank] = "n";
        return new Grant.Seats("worker", 0, AdmissionLoopTest.GPU, Arrays.asList(nodes));
    }

    private static long held(Grants grants, TrainingJob job) {
        return grants.held(uid(job)).orElseThrow().nodes().count();
    }

    private static List<Integer> ranks(TrainingJob job) {
        return job.getStatus().getAdmission().getPlacements().stream()
                .map(Placement::getRank)
                .toList();
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
    private void settle(Grants grants, TrainingJob... jobs) throws InterruptedException {
        assertTrue(answers.tryAcquire(60, TimeUnit.SECONDS), "an answer");
        grants.settle(Stream.of(jobs).collect(Collectors.toMap(GrantsTest::uid, job -> job)));
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
        await("granted", () -> hasGrant(api.client().resource(job).get(), 1));
    }

    private static void await(String what, BooleanSupplier is) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!is.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, what);
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
