package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipeline applies the same objects for ever, beside an operator that writes to them and others that do. */
class GitOpsIT {
    private static final Path OVERLAYS = Path.of("..", "samples", "kustomize", "overlays");
    private static final Path BASE = Path.of("..", "samples", "kustomize", "base");

    private static ApiServer api;
    private static OperatorProcess operator;
    private static IdleNode node;

    @BeforeAll
    static void startOperator() {
        api = ApiServer.shared();
        operator = OperatorProcess.start(
                api.kubeconfig(),
                "gitops",
                Map.of("CAPSTAN_LEADER_ELECTION_LEASE", "gitops"),
                OperatorProcess.SHORT_LIVED);
        operator.awaitLog("gitops leads");
        node = IdleNode.ready(api, "gitops");
    }

    @AfterAll
    static void stopOperator() {
        node.close();
        operator.close();
    }

    @Test
    void aClientThatAppliesAgainChangesNothing() {
        appliedAgain("small", List.of("iris", "mnist"));
    }

    @Test
    void aServerSideApplyOfTheSameChangesNothing() {
        appliedAgain("large", List.of("mnist"), "--server-side");
    }

    private static void appliedAgain(String overlay, List<String> jobs, String... how) {
        var team = new Team(api, "team-" + overlay);
        api.kubectl("create", "namespace", team.namespace());
        var dryRun = kustomized(
                overlay,
                "apply",
                Stream.concat(Stream.of(how), Stream.of("--dry-run=server")).toArray(String[]::new));
        // Besides, two claims, a compression and a service.
        assertEquals(jobs.size() + 4, dryRun.lines().count(), dryRun);
        assertTrue(dryRun.lines().allMatch(line -> line.endsWith("(server dry run)")), dryRun);
        assertNotEquals("", kustomized(overlay, "diff", how), "nothing of it is there yet");

        kustomized(overlay, "apply", how);
        List.of("datasets", "models").forEach(team::bind);
        jobs.forEach(job -> awaitPods(team, job));
        var before = versions(team);
        kustomized(overlay, "apply", how);
        assertEquals("", kustomized(overlay, "diff", how), "what the operator writes is no drift");
        // Whatever the second apply set off has happened when a job that came after it is served.
        team.apply(Team.job("later", node.name(), 300).replace("pvc://all", "pvc://models"));
        awaitPods(team, "later");
        assertEquals(before, versions(team));
    }

    @Test
    void kustomizeKnowsWhatAJobNames(@TempDir Path folder) throws IOException {
        Files.copy(BASE.resolve("kinds.yaml"), folder.resolve("kinds.yaml"));
        Files.writeString(folder.resolve("kustomization.yaml"), """
                namePrefix: team-
                resources: [jobs.yaml]
                configurations: [kinds.yaml]
                configMapGenerator: [{name: nets, literals: ["lenet.json={}"]}]
                images: [{name: worker, newName: registry.example.com/worker, newTag: "2"}]
                """);
        Files.writeString(folder.resolve("jobs.yaml"), """
                apiVersion: capstan.dev/v1alpha1
                kind: TrainingJob
                metadata: {name: first}
                spec:
                  model: {dl4j: {configMapKeyRef: {name: nets, key: lenet.json}}}
                  workers: {image: "worker:1"}
                ---
                apiVersion: capstan.dev/v1alpha1
                kind: TrainingJob
                metadata: {name: second}
                spec:
                  model: {from: {trainingJobRef: {name: first}}}
                """);
        var built = api.kubectl("kustomize", folder.toString());
        assertTrue(
                built.matches("(?s).*configMapKeyRef:\\s+key: lenet.json\\s+name: team-nets-[a-z0-9]{10}\\s.*"), built);
        assertTrue(built.matches("(?s).*trainingJobRef:\\s+name: team-first\\s.*"), built);
        assertTrue(built.contains("image: registry.example.com/worker:2\n"), built);
    }

    @ParameterizedTest
    @ValueSource(classes = {TrainingJob.class, CompressionJob.class, InferenceService.class})
    void kustomizeKnowsEverySecretAndImageThatMayBeNamed(Class<? extends HasMetadata> kind) throws IOException {
        var known = Files.readString(BASE.resolve("kinds.yaml"));
        var fields = secrets("spec", schema(kind).getProperties().get("spec")).toList();
        assertTrue(fields.contains("spec/model/from/s3/secretRef/name"), fields.toString());
        assertEquals(
                List.of(),
                Stream.concat(fields.stream(), Stream.of("spec/workers/image", "spec/scheduling/priorityClassName"))
                        .filter(field ->
                                !known.contains("- {kind: %s, path: %s}\n".formatted(HasMetadata.getKind(kind), field)))
                        .toList());
    }

    private static JSONSchemaProps schema(Class<? extends HasMetadata> kind) throws IOException {
        var file = "/META-INF/capstan/" + HasMetadata.getFullResourceName(kind) + "-v1.yaml";
        try (var yaml = GitOpsIT.class.getResourceAsStream(file)) {
            return Serialization.unmarshal(yaml, CustomResourceDefinition.class)
                    .getSpec()
                    .getVersions()
                    .getFirst()
                    .getSchema()
                    .getOpenAPIV3Schema();
        }
    }

    /**
     * The fields at or below this one that name a Secret, as kustomize writes paths: lists are no steps of their own.
     */
    private static Stream<String> secrets(String path, JSONSchemaProps field) {
        if (path.endsWith("/secretRef") || path.endsWith("/imagePullSecrets")) {
            return Stream.of(path + "/name");
        }
        if (path.endsWith("/secretName")) {
            return Stream.of(path);
        }
        if (field.getItems() != null) {
            return secrets(path, field.getItems().getSchema());
        }
        return field.getProperties() == null
                ? Stream.empty()
                : field.getProperties().entrySet().stream()
                        .flatMap(entry -> secrets(path + "/" + entry.getKey(), entry.getValue()));
    }

    @Test
    void whatOthersWriteOnAJobSurvivesWhatTheOperatorWrites() {
        var team = Team.create(api, "others");
        team.apply(Team.job("iris", "later", 300), "--server-side", "--field-manager=pipeline");
        operator.await(
                "waiting for a node",
                () -> Set.of(Reasons.WAITING_FOR_CAPACITY, Reasons.DOES_NOT_FIT)
                        .contains(team.reason("iris", Conditions.RECONCILING)));
        var spec = team.job("iris").getSpec();
        marks(team, "label", "cost-center=42");
        marks(team, "annotate", "argocd.argoproj.io/tracking-id=nets:iris");

        try (var later = IdleNode.ready(api, "later")) {
            awaitPods(team, "iris");
            var job = team.job("iris");
            assertEquals(Map.of("cost-center", "42"), job.getMetadata().getLabels());
            assertEquals(
                    Map.of("argocd.argoproj.io/tracking-id", "nets:iris"),
                    job.getMetadata().getAnnotations());
            assertEquals(List.of(), job.getMetadata().getFinalizers());
            assertEquals(spec, job.getSpec(), "no defaults are poured in");
            assertEquals(1, job.getMetadata().getGeneration());
            assertEquals(Set.of("f:spec"), owned(job, "pipeline"));
            assertEquals(Set.of("f:metadata"), owned(job, "somebody"));
            assertEquals(Set.of("f:status"), owned(job, "capstan-status"));
            assertEquals(Set.of("f:status"), owned(job, "capstan-admission"));
            for (var pod : team.pods("iris")) {
                // A pod with the label or annotation by which Argo CD tracks would be Argo CD's to prune.
                assertFalse(pod.getMetadata().getLabels().containsKey("cost-center"));
            }
        }
    }

    @Test
    void workersHaveNoCredentialsOfTheCluster() {
        var team = Team.create(api, "credentials");
        team.apply(Team.job("iris", node.name(), 300));
        awaitPods(team, "iris");
        for (var pod : team.pods("iris")) {
            assertEquals(false, pod.getSpec().getAutomountServiceAccountToken());
            assertTrue(pod.getSpec().getVolumes().stream().noneMatch(GitOpsIT::holdsToken));
        }
    }

    private static boolean holdsToken(Volume volume) {
        return volume.getProjected() != null
                && volume.getProjected().getSources().stream()
                        .anyMatch(source -> source.getServiceAccountToken() != null);
    }

    /** Until all pods are made and the status says so; nothing runs them, so nothing changes after that. */
    private static void awaitPods(Team team, String job) {
        operator.await(
                job + " starting in " + team.namespace(),
                () -> team.reason(job, Conditions.PODS_READY).equals(Reasons.PODS_STARTING));
    }

    private static String kustomized(String overlay, String command, String... options) {
        var arguments = new ArrayList<>(
                List.of(command, "--kustomize", OVERLAYS.resolve(overlay).toString()));
        arguments.addAll(List.of(options));
        return api.kubectl(arguments.toArray(String[]::new));
    }

    private static void marks(Team team, String command, String mark) {
        api.kubectl(command, "trainingjob", "iris", mark, "--namespace", team.namespace(), "--field-manager=somebody");
    }

    /** Identity, generation and version of the jobs and of what they own, but for what came later. */
    private static Map<String, String> versions(Team team) {
        var client = api.client();
        Stream<HasMetadata> objects = Stream.of(
                        client.resources(TrainingJob.class)
                                .inNamespace(team.namespace())
                                .list()
                                .getItems(),
                        client.pods().inNamespace(team.namespace()).list().getItems(),
                        client.services().inNamespace(team.namespace()).list().getItems(),
                        client.configMaps().inNamespace(team.namespace()).list().getItems())
                .flatMap(List::stream);
        var versions = new TreeMap<String, String>();
        objects.filter(object -> !object.getMetadata().getName().startsWith("later"))
                .forEach(object -> versions.put(
                        object.getKind() + " " + object.getMetadata().getName(),
                        "%s, generation %d, version %s"
                                .formatted(
                                        object.getMetadata().getUid(),
                                        object.getMetadata().getGeneration(),
                                        object.getMetadata().getResourceVersion())));
        return versions;
    }

    private static Set<String> owned(TrainingJob job, String manager) {
        return job.getMetadata().getManagedFields().stream()
                .filter(entry -> entry.getManager().equals(manager))
                .map(ManagedFieldsEntry::getFieldsV1)
                .flatMap(fields -> fields.getAdditionalProperties().keySet().stream())
                .collect(Collectors.toSet());
    }
}
