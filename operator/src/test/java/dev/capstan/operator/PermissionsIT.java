package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator with the rights that the chart gives it, and no others. */
class PermissionsIT {
    private static final String SYSTEM = "capstan-system";

    /** A job whose gang never gets whole, so that it is made, rolled back and made again. */
    private static final String JOB = """
            apiVersion: v1
            kind: Node
            metadata: {name: permissions, labels: {only: permissions}}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: all}
            spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: capstan.dev/v1alpha1
            kind: TrainingJob
            metadata: {name: iris}
            spec:
              model: {layers: [{output: {units: 3, activation: softmax, loss: mcxent}}]}
              data: {train: {uri: "pvc://all/iris", format: csv}}
              training: {epochs: 1, batchSize: 8, optimizer: {sgd: {learningRate: 0.1}}}
              workers: {replicas: 2, nodeSelector: {only: permissions}}
              scheduling: {timeoutSeconds: 2}
              output: {storage: {uri: "pvc://all/model"}}
            """;

    /** The same, but that it fails soon and isn't kept. */
    private static final String SHORT_JOB = JOB.substring(JOB.indexOf("apiVersion: capstan.dev"))
            .replace("name: iris", "name: short")
            .replace("spec:\n", "spec:\n  activeDeadlineSeconds: 1\n  ttlSecondsAfterFinished: 0\n");

    private static ApiServer api;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @Test
    void theChartsPermissionsAreEnough() throws IOException, InterruptedException {
        var namespace = api.newNamespace("permissions");
        api.kubectl("create", "namespace", SYSTEM);
        api.kubectlWithInput(chartsRoles(), "apply", "--namespace", SYSTEM, "--filename=-");
        var settings = Map.of(
                "CAPSTAN_LEADER_ELECTION_NAMESPACE", SYSTEM,
                "CAPSTAN_NAMESPACES", namespace,
                "CAPSTAN_PODS_NAMESPACE", SYSTEM,
                "CAPSTAN_PODS_LABELS", "app.kubernetes.io/name=capstan,app.kubernetes.io/instance=capstan");
        try (var operator = OperatorProcess.start(serviceAccount(), "restricted", settings)) {
            operator.awaitLog("restricted leads");
            api.kubectlWithInput(JOB, "apply", "--namespace", namespace, "--filename=-");
            api.kubectl("patch", "node", "permissions", "--subresource=status", "--patch", """
                    {"status": {"allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"},
                                "conditions": [{"type": "Ready", "status": "True"}]}}""");
            api.kubectl("taint", "node", "permissions", "node.kubernetes.io/not-ready-");
            operator.await("rolled back and made again", () -> attempt(namespace) >= 3);
            api.kubectlWithInput(SHORT_JOB, "apply", "--namespace", namespace, "--filename=-");
            operator.await("deleted when its time is over", () -> job(namespace, "short") == null);
            assertEquals(
                    "{\"app.kubernetes.io/instance\":\"capstan\",\"app.kubernetes.io/name\":\"capstan\"}",
                    api.kubectl(
                            "get",
                            "networkpolicy",
                            "iris-workers",
                            "--namespace",
                            namespace,
                            "--output=jsonpath={.spec.ingress[1].from[0].podSelector.matchLabels}"));
            assertTrue(api.kubectl("get", "events", "--namespace", namespace).contains("RolledBack"));
            assertFalse(operator.log().contains("orbidden"), operator.log());
        }
    }

    private static int attempt(String namespace) {
        var job = job(namespace, "iris");
        return job == null || job.getStatus() == null || job.getStatus().getAttempt() == null
                ? 0
                : job.getStatus().getAttempt();
    }

    private static TrainingJob job(String namespace, String name) {
        return api.client()
                .resources(TrainingJob.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private static String chartsRoles() throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        ApiServer.program("helm").toString(),
                        "template",
                        "capstan",
                        Path.of("..", "charts", "capstan").toString(),
                        "--namespace",
                        SYSTEM,
                        // Helm asks no cluster here, and would take an old version for granted.
                        "--kube-version",
                        api.client().getKubernetesVersion().getGitVersion(),
                        "--show-only",
                        "templates/rbac.yaml",
                        "--show-only",
                        "templates/serviceaccount.yaml")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var yaml = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor() == 0 && yaml.contains("ClusterRole"), yaml);
        return yaml;
    }

    private Path serviceAccount() throws IOException {
        var token =
                api.kubectl("create", "token", "capstan", "--namespace", SYSTEM).strip();
        var kubeconfig = Files.readString(api.kubeconfig()).replaceAll("\\{token: [^}]*}", "{token: " + token + "}");
        return Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
    }
}
