package dev.capstan.controllers.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.job.PlanTable;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.training.TrainingKind;
import dev.capstan.crds.Checkpoints;
import dev.capstan.crds.EnvironmentVariable;
import dev.capstan.crds.KeyReference;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.ModelJar;
import dev.capstan.crds.Output;
import dev.capstan.crds.S3;
import dev.capstan.crds.Storage;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.Workers;
import dev.capstan.crds.training.Dl4jModel;
import dev.capstan.crds.training.Model;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a spec reaches the pods. */
class WorkerPodsTest {
    private final TrainingJob job = Jobs.mnist("team", "mnist", 2);

    @Test
    void labelsAndAnnotationsOfTheUserStandBesideOurs() {
        job.getSpec()
                .getWorkers()
                .setLabels(Map.of("team", "vision", "capstan.dev/rank", "7"))
                .setAnnotations(Map.of("prometheus.io/scrape", "true"));
        var metadata = pod().getMetadata();
        assertEquals("vision", metadata.getLabels().get("team"));
        assertEquals("1", metadata.getLabels().get("capstan.dev/rank"), "ours win");
        assertEquals(Map.of("prometheus.io/scrape", "true"), metadata.getAnnotations());
    }

    @Test
    void variablesOfTheUserComeBeforeOurs() {
        job.getSpec()
                .getWorkers()
                .setEnv(List.of(
                        new EnvironmentVariable().setName("HTTP_PROXY").setValue("http://proxy:3128"),
                        new EnvironmentVariable().setName("EMPTY")));
        var names = pod().getSpec().getContainers().getFirst().getEnv().stream()
                .map(variable -> variable.getName() + "=" + variable.getValue())
                .toList();
        assertEquals(
                List.of(
                        "HTTP_PROXY=http://proxy:3128",
                        "EMPTY=",
                        "CAPSTAN_RANK=1",
                        "CAPSTAN_GRACE_SECONDS=60",
                        "CAPSTAN_MEETING_SECONDS=86400",
                        "OMP_NUM_THREADS=1"),
                names);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            nvidia.com/gpu, 1, '', worker:cuda
            nvidia.com/mig-1g.10gb, 1, '', worker:cuda
            nvidia.com/gpu, 0, '', capstan/worker:1
            cpu, 1, '', capstan/worker:1
            amd.com/gpu, 1, '', capstan/worker:1
            nvidia.com/gpu, 1, mine:1, mine:1
            """)
    void theImageFollowsTheDevice(String resource, String limit, String own, String image) {
        var s = PlanTable.SETTINGS;
        var settings = new WorkerSettings(
                s.image(),
                s.priorityClass(),
                s.requests(),
                s.scratch(),
                s.nameServers(),
                s.timeouts(),
                s.operator(),
                s.scrapers(),
                Optional.of("worker:cuda"));
        job.getSpec()
                .getWorkers()
                .setImage(own)
                .setResources(new WorkerResources().setLimits(Map.of(resource, new Quantity(limit))));
        assertEquals(image, image(settings));
        job.getSpec().getWorkers().setImage(own.isEmpty() ? null : own);
        assertEquals(own.isEmpty() ? "capstan/worker:1" : own, image(s));
    }

    private String image(WorkerSettings settings) {
        var description = new TrainingKind().describe(job);
        return WorkerPods.spec(description.owner(), description.podSets().getFirst(), 1, 0, settings)
                .getContainers()
                .getFirst()
                .getImage();
    }

    /** What is requested is there for sure, what is only allowed isn't. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            -, -, -
            2, -, 2
            -, 3, 3
            4, 2, 2
            4, 500m, -
            2900m, -, 2
            1, -, -
            """)
    void aWorkerKnowsTheWholeCoresThatItGets(String limit, String request, String told) {
        job.getSpec()
                .getWorkers()
                .setResources(new WorkerResources()
                        .setLimits(limit == null ? null : Map.of("cpu", new Quantity(limit)))
                        .setRequests(request == null ? null : Map.of("cpu", new Quantity(request))));
        var cores = pod().getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals("CAPSTAN_CORES"))
                .map(EnvVar::getValue)
                .findFirst();
        assertEquals(Optional.ofNullable(told), cores);
    }

    /** Images with CUDA say "all". */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            -, false
            cpu, false
            nvidia.com/gpu, true
            nvidia.com/mig-1g.10gb, true
            """)
    void aPodThatAsksForNoDeviceSeesNone(String resource, boolean asks) {
        var limits = resource == null ? null : Map.of(resource, new Quantity("1"));
        job.getSpec().getWorkers().setResources(new WorkerResources().setLimits(limits));
        var told = pod().getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals("NVIDIA_VISIBLE_DEVICES"))
                .map(EnvVar::getValue)
                .toList();
        assertEquals(asks ? List.of() : List.of("void"), told);
    }

    @Test
    void pullSecretsAndGraceAreTheSpecs() {
        assertEquals(60, pod().getSpec().getTerminationGracePeriodSeconds());
        job.getSpec()
                .getWorkers()
                .setImagePullSecrets(List.of(new LocalReference().setName("registry")))
                .setTerminationGracePeriodSeconds(600);
        assertEquals(600, pod().getSpec().getTerminationGracePeriodSeconds());
        assertTrue(
                pod().getSpec().getContainers().getFirst().getEnv().stream()
                        .anyMatch(variable -> variable.getName().equals("CAPSTAN_GRACE_SECONDS")
                                && variable.getValue().equals("600")),
                "the worker knows how long it has");
        assertEquals(
                "registry", pod().getSpec().getImagePullSecrets().getFirst().getName());
    }

    @Test
    void everyClaimIsMountedOnceAndWrittenOnlyWhereTheJobWrites() {
        job.getSpec().getModel().setJar(new ModelJar().setUri("pvc://code/layers.jar"));
        job.getSpec().setCheckpoint(new Checkpoints().setStorage(new Storage().setUri("pvc://checkpoints/mnist")));
        job.getSpec().getData().getTest().setUri("pvc://models/held-out");
        var mounts = mounts();
        assertTrue(mounts.get("/var/capstan/volumes/code").getReadOnly());
        assertTrue(mounts.get("/var/capstan/volumes/datasets").getReadOnly());
        assertEquals(null, mounts.get("/var/capstan/volumes/checkpoints").getReadOnly());
        assertEquals(null, mounts.get("/var/capstan/volumes/models").getReadOnly(), "read and written");
        assertEquals(
                List.of("checkpoints", "code", "datasets", "models"),
                pod().getSpec().getVolumes().stream()
                        .filter(volume -> volume.getPersistentVolumeClaim() != null)
                        .map(volume -> volume.getPersistentVolumeClaim().getClaimName())
                        .toList());
    }

    /** No claim for what is written to buckets, and each place's own secret. */
    @Test
    void ofBucketsThatAreWrittenTheSecretsAreMounted() {
        job.getSpec().setOutput(new Output().setStorage(bucket("s3://models/mnist", "writer")));
        assertEquals(
                List.of("datasets"),
                pod().getSpec().getVolumes().stream()
                        .filter(volume -> volume.getPersistentVolumeClaim() != null)
                        .map(volume -> volume.getPersistentVolumeClaim().getClaimName())
                        .toList());
        assertTrue(mounts().get("/var/capstan/secrets/writer").getReadOnly(), "of checkpoints, too");
        job.getSpec().setCheckpoint(new Checkpoints().setStorage(bucket("s3://checkpoints", "keeper")));
        assertTrue(
                mounts().keySet().containsAll(List.of("/var/capstan/secrets/writer", "/var/capstan/secrets/keeper")));
    }

    private static Storage bucket(String uri, String secret) {
        return new Storage().setUri(uri).setS3(new S3().setSecretRef(new LocalReference().setName(secret)));
    }

    @Test
    void scratchSpaceIsThereAlwaysAndHasALimit() {
        assertEquals(new Quantity("100Gi"), scratchLimit());
        var limits = Map.of("ephemeral-storage", new Quantity("300Gi"));
        job.getSpec().workers().setResources(new WorkerResources().setLimits(limits));
        assertEquals(new Quantity("300Gi"), scratchLimit());
    }

    private Quantity scratchLimit() {
        return volume(mounts().get("/var/capstan/scratch")).getEmptyDir().getSizeLimit();
    }

    @Test
    void ofASecretTheKeysThatWorkersReadAndNoOthers() {
        assertFalse(mounts().keySet().stream().anyMatch(path -> path.startsWith("/var/capstan/secrets")));
        var s3 = new S3().setSecretRef(new LocalReference().setName("reader"));
        job.getSpec().getData().getTrain().setUri("s3://bucket/train").setS3(s3);
        job.getSpec().getData().getTest().setUri("s3://bucket/test").setS3(s3);
        var mount = mounts().get("/var/capstan/secrets/reader");
        assertTrue(mount.getReadOnly());
        var sources = volume(mount).getProjected().getSources();
        assertEquals(
                List.of("accessKeyId", "secretAccessKey"),
                sources.get(0).getSecret().getItems().stream()
                        .map(KeyToPath::getKey)
                        .toList());
        assertEquals(
                List.of("sessionToken"),
                sources.get(1).getSecret().getItems().stream()
                        .map(KeyToPath::getKey)
                        .toList());
        assertTrue(sources.get(1).getSecret().getOptional());
    }

    @Test
    void aConfigurationOfTheUsersOwnLiesBesideTheJobFile() {
        job.getSpec()
                .setModel(new Model()
                        .setDl4j(new Dl4jModel()
                                .setConfigMapKeyRef(
                                        new KeyReference().setName("nets").setKey("lenet.json"))));
        var sources = volume(mounts().get("/etc/capstan/job")).getProjected().getSources();
        assertEquals(
                List.of(
                        "mnist-tj-3",
                        new TrainingKind().describe(job).owner().names().model()),
                sources.stream().map(source -> source.getConfigMap().getName()).toList());
    }

    @Test
    void aJobThatSaysNothingOfItsPodsGetsWhatTheInstallationSays() {
        job.getSpec().setWorkers(new Workers().setReplicas(2));
        var spec = pod().getSpec();
        var resources = spec.getContainers().getFirst().getResources();
        assertEquals(PlanTable.SETTINGS.requests(), resources.getRequests());
        assertNull(resources.getLimits());
        assertEquals("capstan/worker:1", spec.getContainers().getFirst().getImage());
        assertEquals(Map.of(), spec.getNodeSelector());
        assertEquals(List.of(), spec.getTolerations());
    }

    private Pod pod() {
        var description = new TrainingKind().describe(job);
        return WorkerPods.pod(description.owner(), description.podSet(1), 3, 1, Optional.of("a"), PlanTable.SETTINGS);
    }

    private Map<String, VolumeMount> mounts() {
        return pod().getSpec().getContainers().getFirst().getVolumeMounts().stream()
                .collect(Collectors.toMap(VolumeMount::getMountPath, mount -> mount));
    }

    private Volume volume(VolumeMount mount) {
        return pod().getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals(mount.getName()))
                .findFirst()
                .orElseThrow();
    }
}
