package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes' own roles view, edit and admin, with what the chart adds to them. */
class TenantRolesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> USERS = List.of("view", "edit", "admin");
    private static final String JOBS = "trainingjobs.capstan.dev";

    @TempDir
    private static Path folder;

    private static ApiServer api;
    private static Process aggregation;
    private static Team team;

    /** Users are called after their role. */
    @BeforeAll
    static void giveRoles() throws IOException, InterruptedException {
        api = ApiServer.shared();
        team = Team.create(api, "tenants");
        Chart.apply(api, "tenants", team.namespace(), "user-roles");
        // The controller that adds to a role what is labelled for it; a bare API server has none.
        aggregation = new ProcessBuilder(
                        ApiServer.program("kube-controller-manager").toString(),
                        "--kubeconfig=" + api.kubeconfig(),
                        "--controllers=clusterrole-aggregation-controller",
                        "--leader-elect=false",
                        "--secure-port=0")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        for (var role : USERS) {
            api.kubectl(
                    "create",
                    "rolebinding",
                    role,
                    "--clusterrole",
                    role,
                    "--user",
                    role,
                    "--namespace",
                    team.namespace());
            await("jobs in the role " + role, () -> may(role, "list", JOBS));
        }
    }

    @AfterAll
    static void stop() throws InterruptedException {
        aggregation.destroyForcibly().waitFor();
    }

    @Test
    void whoSeesJobsMakesJobsAndReadsSecrets() {
        for (var jobs : List.of(JOBS, "compressionjobs.capstan.dev", "inferenceservices.capstan.dev")) {
            assertEquals(USERS, those("get", jobs));
            assertEquals(USERS, those("watch", jobs));
            for (var verb : List.of("create", "update", "patch", "delete", "deletecollection")) {
                assertEquals(List.of("edit", "admin"), those(verb, jobs), verb);
            }
        }
        assertEquals(List.of("edit", "admin"), those("get", "secrets"), "as Kubernetes has it");
    }

    /** As they may scale a Deployment; autoscalers do it by a role of their own. */
    @Test
    void whoMakesServicesScalesThem() {
        var scale = "inferenceservices.capstan.dev/scale";
        assertEquals(USERS, those("get", scale));
        assertEquals(List.of("edit", "admin"), those("update", scale));
        assertEquals(List.of("edit", "admin"), those("patch", scale));
    }

    @Test
    void nobodyWritesAStatus() {
        for (var verb : List.of("create", "update", "patch", "delete")) {
            assertEquals(List.of(), those(verb, JOBS + "/status"), verb);
            assertEquals(List.of(), those(verb, "compressionjobs.capstan.dev/status"), verb);
            assertEquals(List.of(), those(verb, "inferenceservices.capstan.dev/status"), verb);
        }
    }

    @Test
    void aGrantCantBeForged() {
        var job = Team.job("forged", "nowhere", 300);
        var grant = """
                status: {admission: {attempt: 1, time: "2026-01-01T00:00:00Z", placements: [{rank: 0, node: a}]}}
                """;
        var made = team.apply(job + grant, "--as=edit");
        assertTrue(made.contains("created"), made);
        assertNull(team.job("forged").getStatus().getAdmission(), "a status that comes with a job is dropped");
        var refused = api.kubectl(
                "patch",
                "trainingjob",
                "forged",
                "--namespace",
                team.namespace(),
                "--as=admin",
                "--subresource=status",
                "--type=merge",
                "--patch",
                "{\"status\": {\"attempt\": 7}}");
        assertTrue(refused.contains("orbidden"), refused);
    }

    @Test
    void aViewerChangesNothing() {
        var refused = team.apply(Team.job("viewed", "nowhere", 300), "--as=view");
        assertTrue(refused.contains("orbidden"), refused);
        assertNull(team.job("viewed"));
    }

    private static List<String> those(String verb, String resource) {
        return USERS.stream().filter(user -> may(user, verb, resource)).toList();
    }

    private static boolean may(String user, String verb, String resource) {
        return new Access(api, user, team.namespace()).may(verb, resource);
    }

    private static void await(String what, BooleanSupplier holds) throws InterruptedException {
        var deadline = Instant.now().plus(PATIENCE);
        while (!holds.getAsBoolean()) {
            assertTrue(Instant.now().isBefore(deadline) && aggregation.isAlive(), "no " + what);
            Thread.sleep(100);
        }
    }
}
