package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Admission;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Phase;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Yaml;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several writers apply parts of one status, and none takes away what another one wrote. */
class ServerSideApplyTest {
    private static final String ENGINE = "capstan-admission";
    private static final String SHELL = "capstan-status";
    private static ApiServer api;

    private String namespace;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
    }

    @BeforeEach
    void createJob() {
        namespace = api.newNamespace("apply");
        var job = Serialization.unmarshal(Jobs.least().toString(), TrainingJob.class);
        api.client().resource(job).inNamespace(namespace).create();
    }

    @Test
    void aNewJobsStatusSaysThatNobodyHasSeenItAndNothingElse() {
        assertEquals(new TrainingJobStatus().setObservedGeneration(-1L), stored().getStatus());
        apply(ENGINE, new TrainingJobStatus());
        assertEquals(new TrainingJobStatus().setObservedGeneration(-1L), stored().getStatus());
        apply(SHELL, new TrainingJobStatus().setObservedGeneration(1L));
        assertEquals(new TrainingJobStatus().setObservedGeneration(1L), stored().getStatus());
    }

    @Test
    void theShellsStatusLeavesTheGrantAlone() {
        apply(ENGINE, new TrainingJobStatus().setAdmission(grant(1, "a", "b")));
        apply(SHELL, new TrainingJobStatus().setPhase(Phase.STARTING).setAttempt(1));
        apply(SHELL, new TrainingJobStatus().setPhase(Phase.RUNNING));

        var status = stored().getStatus();
        assertEquals(grant(1, "a", "b"), status.getAdmission());
        assertEquals(Phase.RUNNING, status.getPhase());
        assertNull(status.getAttempt(), "what a writer no longer says goes away");

        apply(ENGINE, new TrainingJobStatus());
        assertNull(stored().getStatus().getAdmission());
        assertEquals(Phase.RUNNING, stored().getStatus().getPhase());
    }

    @Test
    void conditionsOfTwoWritersStandSideBySide() {
        apply(ENGINE, new TrainingJobStatus().setConditions(List.of(condition(Conditions.ADMITTED))));
        apply(
                SHELL,
                new TrainingJobStatus()
                        .setConditions(List.of(condition(Conditions.READY), condition(Conditions.PODS_READY))));
        assertEquals(List.of("Admitted", "Ready", "PodsReady"), types());

        apply(SHELL, new TrainingJobStatus().setConditions(List.of(condition(Conditions.READY))));
        assertEquals(List.of("Admitted", "Ready"), types());

        assertEquals(List.of("Admitted"), owned(stored(), ENGINE, "/f:status/f:conditions", "type"));
        assertEquals(List.of("Ready"), owned(stored(), SHELL, "/f:status/f:conditions", "type"));
    }

    @Test
    void placementsAreToldApartByRank() {
        apply("one", new TrainingJobStatus().setAdmission(grant(1, "a")));
        var second = new Admission()
                .setAttempt(1)
                .setPlacements(List.of(new Placement().setRank(1).setNode("b")));
        apply("two", new TrainingJobStatus().setAdmission(second));
        assertEquals(grant(1, "a", "b"), stored().getStatus().getAdmission());
    }

    @Test
    void aWriterThatDoesNotForceIsToldWhoOwnsTheField() {
        apply(ENGINE, new TrainingJobStatus().setAdmission(grant(1, "a")));
        var refusal = assertThrows(
                KubernetesClientException.class,
                () -> apply("somebody", new TrainingJobStatus().setAdmission(grant(2, "b"))));
        assertTrue(refusal.getMessage().contains("conflict with \"" + ENGINE + "\""), refusal.getMessage());
    }

    /** Otherwise a list would be one value, and a part of it another one, which a running job refuses. */
    @Test
    void listsOfTheSpecAreToldApartByName() {
        var full = Serialization.unmarshal(Jobs.full().toString(), TrainingJob.class);
        full.getMetadata().setName("full");
        applySpec("gitops", full);
        var part = Serialization.unmarshal(Jobs.full().toString(), TrainingJob.class);
        part.getMetadata().setName("full");
        part.getSpec()
                .getWorkers()
                .setEnv(List.of(full.getSpec().getWorkers().getEnv().getLast()))
                .setImagePullSecrets(List.of(
                        full.getSpec().getWorkers().getImagePullSecrets().getLast()));
        applySpec("somebody", part);

        var stored = api.client()
                .resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName("full")
                .get();
        assertEquals(full.getSpec(), stored.getSpec());
        assertEquals(List.of("NCCL_DEBUG", "TZ"), owned(stored, "gitops", "/f:spec/f:workers/f:env", "name"));
        assertEquals(List.of("TZ"), owned(stored, "somebody", "/f:spec/f:workers/f:env", "name"));
        assertEquals(List.of("mirror"), owned(stored, "somebody", "/f:spec/f:workers/f:imagePullSecrets", "name"));
    }

    private void applySpec(String manager, TrainingJob job) {
        job.setStatus(null);
        api.client().resource(job).inNamespace(namespace).fieldManager(manager).serverSideApply();
    }

    private void apply(String manager, JobStatus status) {
        var job = new TrainingJob();
        job.getMetadata().setName("mnist");
        job.getMetadata().setNamespace(namespace);
        job.setStatus((TrainingJobStatus) status);
        api.client()
                .resource(job)
                .subresource("status")
                .patch(new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(manager)
                        .withForce(false)
                        .build());
    }

    private TrainingJob stored() {
        return api.client()
                .resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName("mnist")
                .get();
    }

    private List<String> types() {
        return stored().getStatus().getConditions().stream()
                .map(Condition::getType)
                .toList();
    }

    /** The keys of the items of a list that a manager owns. */
    private static List<String> owned(TrainingJob job, String manager, String list, String key) {
        var entry = job.getMetadata().getManagedFields().stream()
                .filter(fields -> fields.getManager().equals(manager))
                .findFirst()
                .map(ManagedFieldsEntry::getFieldsV1)
                .orElseThrow();
        return Yaml.read(Serialization.asJson(entry)).at(list).properties().stream()
                .map(item -> Yaml.read(item.getKey().substring("k:".length()))
                        .path(key)
                        .asText())
                .toList();
    }

    private static Admission grant(int attempt, String... nodes) {
        var placements = new ArrayList<Placement>();
        for (var node : nodes) {
            placements.add(new Placement().setRank(placements.size()).setNode(node));
        }
        return new Admission().setAttempt(attempt).setPlacements(placements);
    }

    private static Condition condition(String type) {
        return new ConditionBuilder()
                .withType(type)
                .withStatus(Conditions.TRUE)
                .withReason(Reasons.TRAINING)
                .withMessage("trains")
                .withObservedGeneration(1L)
                .withLastTransitionTime("2026-01-01T00:00:00Z")
                .build();
    }
}
