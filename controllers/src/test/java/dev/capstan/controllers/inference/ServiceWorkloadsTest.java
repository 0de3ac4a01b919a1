package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Claim;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.Admission;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Scheduling;
import dev.capstan.crds.Topology;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.inference.Redundancy;
import dev.capstan.crds.inference.Revision;
import dev.capstan.crds.inference.Router;
import dev.capstan.crds.inference.Seats;
import dev.capstan.crds.inference.ServedModel;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServiceWorkloadsTest {
    private static final String CREATED = "2026-01-01T00:00:00Z";
    private static final String RAISED = "2026-02-01T00:00:00Z";
    private static final WorkerSettings SETTINGS = new WorkerSettings(
            "worker",
            "",
            Map.of("cpu", new Quantity("100m"), "memory", new Quantity("64Mi")),
            new Quantity("1Gi"),
            List.of(),
            Timeouts.DEFAULT,
            Optional.empty());

    private final InferenceService service = new InferenceService();
    private final InferenceServiceStatus status = new InferenceServiceStatus();
    private final Map<String, Claim> claims = new HashMap<>();

    ServiceWorkloadsTest() {
        service.setMetadata(new ObjectMetaBuilder()
                .withNamespace("team-a")
                .withName("digits")
                .withUid("uid")
                .withCreationTimestamp(CREATED)
                .build());
        service.setSpec(new InferenceServiceSpec()
                .setModel(new ServedModel()
                        .setFrom(new ModelFrom().setTrainingJobRef(new LocalReference().setName("mnist"))))
                .setReplicas(3)
                .setRedundancy(new Redundancy().setMinAvailable(2))
                .setScheduling(new Scheduling().setPriorityClassName("high"))
                .setWorkers(new WorkerTemplate()
                        .setNodeSelector(Map.of("pool", "gpu"))
                        .setResources(new WorkerResources()
                                .setLimits(Map.of("nvidia.com/gpu", new Quantity("1"), "cpu", new Quantity("2"))))));
        service.setStatus(status);
        asks(3);
    }

    @Test
    void theMinimumAndTheRoutersAreAdmittedWhole() {
        service.getSpec().setRouter(new Router().setReplicas(2));
        var workload = workload();
        assertEquals(List.of("replica 0..2, 2 at least", "router 768..769, 2 at least"), told(workload));
        assertEquals(
                "1 nvidia.com/gpu, 2 cpu, 64Mi memory",
                workload.podSets().getFirst().each().toString());
        assertEquals(
                "100m cpu, 64Mi memory",
                workload.podSets().getLast().each().toString(),
                "a router has resources of its own");
        assertEquals(Map.of("pool", "gpu"), workload.podSets().getLast().where().nodeSelector());
        assertTrue(workload.lasting());
        assertTrue(workload.longest().isEmpty());
        assertEquals(Optional.of("kubernetes.io/hostname"), workload.spread());
        assertEquals(5, workload.priority());
        assertEquals(Instant.parse(CREATED), workload.createdAt(), "as of a job, its age is its turn");
    }

    @Test
    void theMinimumIsAtLeastOneAndNeverMoreThanIsWanted() {
        service.getSpec().getRedundancy().setMinAvailable(8);
        assertEquals(List.of("replica 0..2, 3 at least"), told(workload()));
        asks(4);
        assertEquals(List.of("replica 0..3, 3 at least"), told(workload()), "a rollout's surge is no part of it");
        asks(2);
        assertEquals(List.of("replica 0..1, 2 at least"), told(workload()));
        service.getSpec().setRedundancy(null);
        assertEquals(List.of("replica 0..1, 1 at least"), told(workload()));
    }

    @Test
    void nothingIsAskedForBeforeTheStatusSaysHowMuchNorAfterItsEnd() {
        status.setSeats(null);
        assertTrue(waiting().isEmpty());
        asks(0);
        assertTrue(waiting().isEmpty());
        service.setStatus(null);
        assertTrue(waiting().isEmpty());
        assertTrue(ServiceWorkloads.grant(service, SETTINGS, name -> 0).isEmpty());
        service.setStatus(status);
        asks(1);
        service.getMetadata().setDeletionTimestamp(RAISED);
        assertTrue(waiting().isEmpty());
    }

    @Test
    void whoHasAllItsRanksAsksForNothing() {
        holds("0 a", "1 b", "2 c");
        assertTrue(waiting().isEmpty());
        holds("0 a", "1 b", "3 c");
        assertEquals(Instant.parse(RAISED), workload().createdAt(), "what it wants beside what it has, since it does");
        asks(1);
        assertTrue(waiting().isEmpty(), "it keeps more than it wants until it gives that back");
        service.getSpec().setRouter(new Router().setReplicas(1));
        assertFalse(waiting().isEmpty(), "a router that is new");
    }

    @Test
    void itHoldsWhateverItWasGranted() {
        assertTrue(ServiceWorkloads.grant(service, SETTINGS, name -> 0).isEmpty());
        service.getSpec().setRouter(new Router().setReplicas(1));
        holds("0 a", "5 b", "768 c", "769 d");
        asks(1);
        var grant = grant();
        assertEquals(
                List.of("replica 0: [a, null, null, null, null, b]", "router 768: [c, d]"),
                grant.podSets().stream()
                        .map(seats -> seats.podSet() + " " + seats.firstRank() + ": " + seats.nodes())
                        .toList());
        assertTrue(grant.lasting());
        assertTrue(grant.ends().isEmpty());
        assertEquals(2 * 60 + 2 * 60, grant.evictionCost(Instant.parse("2026-01-02T00:01:00Z")));
        service.getSpec().setRouter(null);
        assertEquals(
                List.of("c", "d"),
                grant().seats(ServicePods.ROUTER).orElseThrow().nodes(),
                "routers that are on their way out");
        assertEquals(5, grant().priority());
    }

    @Test
    void whatIsGivenBackIsHeldUntilAdmissionTookItOff() {
        holds("0 a", "1 b");
        status.setGivenBack(List.of(new Placement().setRank(1).setNode("b")));
        assertEquals(2, grant().nodes().count());
        assertEquals(1, ServiceWorkloads.givenBack(service).size());
    }

    @Test
    void replicasThatMountAVolumeOfOneNodeAreOnOne() {
        claims.put("models", new Claim(Set.of("ReadWriteOnce"), Optional.empty()));
        status.setRevisions(List.of(
                revision(1, "pvc://old/mnist"), revision(2, "pvc://models/mnist"), revision(3, "s3://bucket/mnist")));
        claims.put("old", new Claim(Set.of("ReadWriteOnce"), Optional.empty()));
        status.setRevision(3);
        assertTrue(workload().topology().isEmpty());
        status.setUpdatingRevision(2);
        var topology = workload().topology().orElseThrow();
        assertEquals("kubernetes.io/hostname", topology.label());
        assertTrue(topology.required());
        assertTrue(topology.because().orElseThrow().contains("claim models"), topology.toString());
        asks(1);
        assertTrue(workload().topology().isEmpty(), "one may be anywhere");
        service.getSpec().getScheduling().setTopology(new Topology().setRequired("rack"));
        assertEquals("rack", workload().topology().orElseThrow().label());
    }

    private static Revision revision(int number, String uri) {
        return new Revision()
                .setRevision(number)
                .setDigest("sha256:" + "0".repeat(64))
                .setUri(uri);
    }

    private static List<String> told(Workload workload) {
        return workload.podSets().stream().map(ServiceWorkloadsTest::told).toList();
    }

    private static String told(PodSet set) {
        return "%s %d..%d, %d at least"
                .formatted(set.name(), set.firstRank(), set.firstRank() + set.count() - 1, set.minimum());
    }

    private void asks(int replicas) {
        status.setSeats(new Seats().setReplicas(replicas).setSince(RAISED));
    }

    /** Places such as {@code 0 node}. */
    private void holds(String... places) {
        status.setAdmission(new Admission()
                .setAttempt(1)
                .setTime("2026-01-02T00:00:00Z")
                .setPlacements(Arrays.stream(places)
                        .map(place -> place.split(" "))
                        .map(place -> new Placement()
                                .setRank(Integer.valueOf(place[0]))
                                .setNode(place[1]))
                        .toList()));
    }

    private Grant grant() {
        return ServiceWorkloads.grant(service, SETTINGS, ServiceWorkloadsTest::priority)
                .orElseThrow();
    }

    private Workload workload() {
        return waiting().orElseThrow();
    }

    private Optional<Workload> waiting() {
        return ServiceWorkloads.waiting(
                service,
                SETTINGS,
                ServiceWorkloadsTest::priority,
                (namespace, name) -> Optional.ofNullable(claims.get(name)));
    }

    private static int priority(Optional<String> name) {
        return name.equals(Optional.of("high")) ? 5 : 0;
    }
}
