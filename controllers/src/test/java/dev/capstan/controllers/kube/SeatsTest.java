package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.inference.ServiceWorkloads;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.pods.PodPlaces;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.Stage;
import dev.capstan.crds.Admission;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.Placement;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.inference.Redundancy;
import dev.capstan.crds.inference.Seats;
import dev.capstan.crds.inference.ServedModel;
import dev.capstan.crds.quota.Flavor;
import dev.capstan.crds.quota.FlavorResource;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaSpec;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service and a job share a quota on a real API server; the test plays the shells, and the kubelets. */
class SeatsTest {
    private static final Resources GPU = Resources.units("nvidia.com/gpu", 1);
    private static final WorkerSettings SETTINGS = new WorkerSettings(
            "capstan/worker:test",
            "",
            Map.of("cpu", new Quantity("100m"), "memory", new Quantity("64Mi")),
            new Quantity("1Gi"),
            List.of(),
            Timeouts.DEFAULT,
            Optional.empty());

    private final Stage stage = Stage.empty(ApiServer.shared(), "seats");
    private final StatusPatch shell = new StatusPatch(stage.client, "capstan-status");
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private PendingReasons reasons;

    @AfterEach
    void close() throws Exception {
        stop();
        stage.client.resources(GPUQuota.class).withName(stage.namespace).delete();
        stage.close();
    }

    @Test
    void aServiceAndAJobWaitForEachOthersPlacesAcrossARestart() throws Exception {
        quota(2);
        var nodes = IntStream.range(0, 3).mapToObj(i -> stage.node("n" + i, 2)).toList();
        start();
        var service = stage.client.resource(service("digits", 3, 2)).create();
        asks(3, List.of());
        awaitPlaces(0, 1);
        awaitReason(
                service,
                "1 of 3 replicas has no place: needs 1 pod of 1 nvidia.com/gpu, 100m cpu, 64Mi memory; quota %s has 2 of its 2"
                        .formatted(stage.namespace));
        quota(3);
        awaitPlaces(0, 1, 2);
        assertEquals(Set.copyOf(nodes), Set.copyOf(nodesOf()), "each on a node of its own");
        assertEquals(stage.namespace, admission().orElseThrow().getQuota());

        // A node is lost: its seat is given back, and not filled before the shell has seen that it is gone.
        var lost = nodesOf().get(1);
        stage.client.nodes().withName(lost).delete();
        asks(3, List.of(place(1, lost), place(2, lost)));
        awaitPlaces(0, 2);
        Thread.sleep(300);
        awaitPlaces(0, 2);
        asks(3, List.of());
        awaitPlaces(0, 1, 2);
        assertTrue(!nodesOf().contains(lost), () -> nodesOf() + " without " + lost);

        var job = stage.client.resource(Jobs.mnist(stage.namespace, "mnist", 1)).create();
        awaitReason(job, "has 3 of its 3 nvidia.com/gpu in use");
        stop();
        // What is given back while nobody looks is taken back by whoever comes then.
        asks(2, List.of(place(2, nodesOf().get(2))));
        start();
        awaitPlaces(0, 1);
        await("the job's grant", () -> jobsAdmission().isPresent());

        asks(3, List.of());
        awaitReason(service, "1 of 3 replicas has no place");
        stop();
        start();
        awaitReason(service, "1 of 3 replicas has no place");
        stage.client.resource(job).delete();
        awaitPlaces(0, 1, 2);

        // The last of them takes the grant away, and what is asked for then is the minimum again.
        quota(1);
        asks(3, admission().orElseThrow().getPlacements());
        await("no admission", () -> admission().isEmpty());
        asks(3, List.of());
        awaitReason(service, "needs 2 pods of 1 nvidia.com/gpu");
        assertTrue(admission().isEmpty());
        quota(2);
        awaitPlaces(0, 1);
    }

    private void start() {
        var changes = new Changes();
        reasons = new PendingReasons(Clock.systemUTC());
        var cluster = opened(new ClusterCache(stage.client, Set.of(stage.namespace), changes));
        var quotas = opened(new QuotaCache(stage.client, changes::allJobs));
        var jobs = opened(new JobCache<>(stage.client, TrainingJob.class, Set.of(stage.namespace), changes));
        var services = Informers.start(
                stage.client
                        .resources(InferenceService.class)
                        .inNamespace(stage.namespace)
                        .runnableInformer(0),
                (before, after) -> true,
                service -> changes.put(service.getMetadata().getUid(), Optional.of(service)),
                service -> changes.put(service.getMetadata().getUid(), Optional.empty()),
                changes::wake);
        opened(services::stop);
        var loop = opened(new AdmissionLoop(
                stage.client,
                new AdmissionLoop.Sources(
                        changes,
                        List.of(jobSource(), serviceSource()),
                        quotas::book,
                        () -> cluster.synced() && quotas.synced() && jobs.synced() && services.synced()),
                new AdmissionLoop.Findings(reasons, new QuotaUsages(), died -> {}),
                new Meters(new SimpleMeterRegistry()),
                Clock.systemUTC()));
        loop.start();
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private void stop() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }

    private static WorkloadSource<InferenceService> serviceSource() {
        return new WorkloadSource<>(
                InferenceService.class,
                service ->
                        ServiceWorkloads.waiting(service, SETTINGS, name -> 0, (namespace, name) -> Optional.empty()),
                service -> ServiceWorkloads.grant(service, SETTINGS, name -> 0),
                ServiceWorkloads::admission,
                ServiceWorkloads::givenBack,
                ServiceWorkloads::startsFirst,
                decided -> {});
    }

    /** Jobs of one pod with a GPU. */
    private WorkloadSource<TrainingJob> jobSource() {
        var where = NodeConstraints.of(Map.of("stage", stage.namespace), List.of(), List.of());
        return new WorkloadSource<>(
                TrainingJob.class,
                job -> admission(job).isPresent()
                        ? Optional.empty()
                        : Optional.of(new Workload(
                                PodPlaces.id(job),
                                1,
                                0,
                                Instant.parse(job.getMetadata().getCreationTimestamp()),
                                List.of(PodSet.whole("worker", 0, 1, GPU, where)),
                                Optional.empty(),
                                Optional.empty())),
                job -> admission(job)
                        .map(there -> new Grant(
                                PodPlaces.id(job),
                                1,
                                0,
                                List.of(new Grant.Seats("worker", 0, GPU, PodPlaces.nodes(there, 0, 1))),
                                Instant.parse(there.getTime()),
                                Optional.empty(),
                                Instant.parse(there.getTime()))),
                SeatsTest::admission,
                job -> List.of(),
                job -> true,
                decided -> {});
    }

    private static Optional<Admission> admission(TrainingJob job) {
        return Optional.ofNullable(job.getStatus()).map(JobStatus::getAdmission);
    }

    private Optional<Admission> jobsAdmission() {
        return admission(stage.job("mnist"));
    }

    private InferenceService service(String name, int replicas, int minimum) {
        var service = new InferenceService();
        service.getMetadata().setNamespace(stage.namespace);
        service.getMetadata().setName(name);
        service.setSpec(new InferenceServiceSpec()
                .setModel(new ServedModel()
                        .setFrom(new ModelFrom().setTrainingJobRef(new LocalReference().setName("mnist"))))
                .setReplicas(replicas)
                .setRedundancy(new Redundancy().setMinAvailable(minimum))
                .setWorkers(new WorkerTemplate()
                        .setNodeSelector(Map.of("stage", stage.namespace))
                        .setResources(new WorkerResources().setLimits(Map.of("nvidia.com/gpu", new Quantity("1"))))));
        return service;
    }

    /** Writes what the shell does: for how many places are asked, and which are given back. */
    private void asks(int replicas, List<Placement> givenBack) {
        shell.apply(
                service(),
                Map.of(
                        "seats",
                        new Seats().setReplicas(replicas).setSince(Instant.now().toString()),
                        "givenBack",
                        givenBack));
    }

    private static Placement place(int rank, String node) {
        return new Placement().setRank(rank).setNode(node);
    }

    private void quota(int gpus) {
        var quota = new GPUQuota();
        quota.getMetadata().setName(stage.namespace);
        quota.setSpec(new GPUQuotaSpec()
                .setNamespaces(List.of(stage.namespace))
                .setFlavors(List.of(new Flavor()
                        .setName("any")
                        .setResources(List.of(new FlavorResource()
                                .setName("nvidia.com/gpu")
                                .setNominalQuota(new Quantity(Integer.toString(gpus))))))));
        stage.client.resource(quota).serverSideApply();
    }

    private InferenceService service() {
        return stage.client
                .resources(InferenceService.class)
                .inNamespace(stage.namespace)
                .withName("digits")
                .get();
    }

    private Optional<Admission> admission() {
        return Optional.ofNullable(service().getStatus()).map(InferenceServiceStatus::getAdmission);
    }

    private List<String> nodesOf() {
        return admission().orElseThrow().getPlacements().stream()
                .map(Placement::getNode)
                .toList();
    }

    private void awaitPlaces(Integer... ranks) throws InterruptedException {
        await(
                "ranks " + List.of(ranks),
                () -> admission()
                        .filter(there -> there.getPlacements().stream()
                                .map(Placement::getRank)
                                .toList()
                                .equals(List.of(ranks)))
                        .isPresent());
    }

    private void awaitReason(HasMetadata of, String part) throws InterruptedException {
        Supplier<String> told = () -> reasons.of(of.getMetadata().getUid(), 1)
                .map(why -> why.message())
                .orElse("");
        await(part, () -> told.get().contains(part));
    }

    private void await(String what, BooleanSupplier is) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!is.getAsBoolean()) {
            assertTrue(
                    System.nanoTime() < deadline,
                    () -> what + ": " + service().getStatus() + " "
                            + reasons.of(service().getMetadata().getUid(), 1));
            Thread.sleep(50);
        }
    }
}
