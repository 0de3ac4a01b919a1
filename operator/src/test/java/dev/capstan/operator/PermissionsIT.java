package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator with the rights that the chart gives it, and no others. */
class PermissionsIT {
    private static ApiServer api;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @Test
    void theChartsPermissionsAreEnough() throws IOException {
        var install = install("everywhere");
        var team = Team.create(api, "permissions");
        try (var operator = OperatorProcess.start(
                        install.kubeconfig(), "everywhere", install.settings(), OperatorProcess.SHORT_LIVED);
                var node = IdleNode.ready(api, "permissions")) {
            operator.awaitLog("everywhere leads");
            serves(operator, team, node);
            assertEquals(
                    "{\"app.kubernetes.io/instance\":\"everywhere\",\"app.kubernetes.io/name\":\"capstan\"}",
                    api.kubectl(
                            "get",
                            "networkpolicy",
                            "iris-tj-workers",
                            "--namespace",
                            team.namespace(),
                            "--output=jsonpath={.spec.ingress[1].from[0].podSelector.matchLabels}"));
        }
    }

    @Test
    void withWatchNamespacesItServesTheseAndMayWriteNowhereElse() throws IOException {
        var watched = Team.create(api, "watched");
        var alsoWatched = Team.create(api, "watched");
        var other = Team.create(api, "unwatched");
        var namespaces = watched.namespace() + "," + alsoWatched.namespace();
        var install = install("somewhere", "--set", "watchNamespaces={" + namespaces + "}");
        try (var operator = OperatorProcess.start(
                        install.kubeconfig(), "somewhere", install.settings(namespaces), OperatorProcess.SHORT_LIVED);
                var node = IdleNode.ready(api, "somewhere")) {
            operator.awaitLog("somewhere leads");
            other.apply(Team.job("iris", node.name(), 2));
            serves(operator, watched, node);
            alsoWatched.apply(Team.job("iris", node.name(), 300));
            operator.await(
                    "served in the other one as well",
                    () -> alsoWatched.pods("iris").size() == 2);
            assertEquals(-1, other.job("iris").getStatus().getObservedGeneration(), "nobody serves that one");
        }
        assertMayOnlyLook(new Access(api, install.user(), other.namespace()));
        assertTrue(new Access(api, install.user(), watched.namespace()).may("create", "pods"));
    }

    @Test
    void aWatchedNamespaceWithoutTheRoleIsNamedWithTheRightThatLacks() throws IOException {
        var forgotten = api.newNamespace("forgotten");
        var install = install("forgetful", "--set", "watchNamespaces={default}");
        try (var operator = OperatorProcess.start(
                install.kubeconfig(), "forgetful", install.settings(forgotten), OperatorProcess.SHORT_LIVED)) {
            operator.awaitLog("jobs, pods and claims couldn't be read in " + forgotten
                    + ": trainingjobs.capstan.dev is forbidden: User \"" + install.user() + "\" cannot list");
        }
    }

    @Test
    void theOperatorsOwnPodsAreRestrictedAsWell() {
        var namespace = api.newNamespace("restricted");
        api.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/warn=restricted");
        var applied = Chart.apply(api, "capstan", namespace, "deployment");
        assertTrue(applied.contains("deployment.apps/capstan created"), applied);
        assertFalse(applied.contains("PodSecurity"), applied);
    }

    /** A job is made, rolled back because its gang never gets whole, and made again; one that has ended is deleted. */
    private static void serves(OperatorProcess operator, Team team, IdleNode node) {
        team.apply("""
                apiVersion: capstan.dev/v1alpha1
                kind: GPUQuota
                metadata: {name: %1$s}
                spec: {namespaces: [%1$s], flavors: [{name: all, resources: [{name: cpu, nominalQuota: 100}]}]}
                """.formatted(team.namespace()));
        operator.await(
                "told of the quota",
                () -> api.kubectl("get", "gpuquota", team.namespace()).contains("True"));
        team.apply(Team.job("iris", node.name(), 2));
        operator.await("rolled back and made again", () -> attempt(team) >= 3);
        var brief = team.apply(Team.job("brief", node.name(), 2)
                .replace("spec:\n", "spec:\n  activeDeadlineSeconds: 1\n  ttlSecondsAfterFinished: 0\n"));
        assertTrue(brief.contains("created"), brief);
        operator.await("deleted when its time is over", () -> team.job("brief") == null);
        assertTrue(api.kubectl("get", "events", "--namespace", team.namespace()).contains("RolledBack"));
        answers(operator, team, node);
        assertFalse(operator.log().contains("orbidden"), operator.log());
    }

    /** What a service owns is made, changed and deleted as its spec says; where there is no Gateway API, it says so. */
    private static void answers(OperatorProcess operator, Team team, IdleNode node) {
        var made = team.apply(Team.service("answers", node.name(), "router: {replicas: 1}"));
        assertTrue(made.contains("created"), made);
        var routers = "app.kubernetes.io/component=router";
        operator.await("a pod for each", () -> team.pods("answers").size() == 2);
        operator.await("two budgets", () -> owned(team, "poddisruptionbudgets", "capstan.dev/job=answers") == 2);
        assertEquals(2, owned(team, "services", "capstan.dev/job=answers"));
        assertEquals(1, owned(team, "networkpolicies", "capstan.dev/job=answers"));
        team.apply(Team.service("answers", node.name(), "gateway: {parentRefs: [{name: public}]}"));
        operator.await("no budget for routers", () -> owned(team, "poddisruptionbudgets", routers) == 0);
        operator.await("no config map for routers", () -> owned(team, "configmaps", routers) == 0);
        operator.await(
                "told that there is no Gateway API",
                () -> api.kubectl("get", "infsvc", "answers", "--namespace", team.namespace(), "--output=yaml")
                        .contains("GatewayAPIMissing"));
    }

    private static long owned(Team team, String kinds, String label) {
        return api.kubectl("get", kinds, "--namespace", team.namespace(), "--selector", label, "--output=name")
                .lines()
                .filter(line -> line.contains("/"))
                .count();
    }

    private static void assertMayOnlyLook(Access operator) {
        assertTrue(operator.may("list", "pods"), "every pod counts for the places that are free");
        for (var resource : List.of(
                "pods",
                "services",
                "configmaps",
                "secrets",
                "trainingjobs.capstan.dev",
                "trainingjobs.capstan.dev/status",
                "compressionjobs.capstan.dev",
                "compressionjobs.capstan.dev/status",
                "inferenceservices.capstan.dev",
                "inferenceservices.capstan.dev/status",
                "poddisruptionbudgets.policy",
                "httproutes.gateway.networking.k8s.io",
                "gpuquotas.capstan.dev",
                "networkpolicies.networking.k8s.io",
                "events.events.k8s.io")) {
            for (var verb : List.of("create", "update", "patch", "delete")) {
                assertFalse(operator.may(verb, resource), verb + " " + resource);
            }
        }
        assertFalse(operator.may("get", "secrets"));
        assertFalse(operator.may("list", "trainingjobs.capstan.dev"));
    }

    private static int attempt(Team team) {
        var job = team.job("iris");
        return job == null || job.getStatus().getAttempt() == null
                ? 0
                : job.getStatus().getAttempt();
    }

    /** An installation's service account, in a namespace of its own. */
    private record Install(String namespace, String account, Path kubeconfig) {
        String user() {
            return "system:serviceaccount:" + namespace + ":" + account;
        }

        Map<String, String> settings() {
            return Map.of(
                    "CAPSTAN_LEADER_ELECTION_NAMESPACE", namespace,
                    "CAPSTAN_PODS_NAMESPACE", namespace,
                    "CAPSTAN_PODS_LABELS", "app.kubernetes.io/name=capstan,app.kubernetes.io/instance=everywhere");
        }

        Map<String, String> settings(String watched) {
            return Map.of("CAPSTAN_LEADER_ELECTION_NAMESPACE", namespace, "CAPSTAN_WATCH_NAMESPACES", watched);
        }
    }

    private Install install(String release, String... options) throws IOException {
        var namespace = api.newNamespace("system");
        Chart.apply(api, release, namespace, "serviceaccount", options);
        Chart.apply(api, release, namespace, "rbac", options);
        var account = release + "-capstan";
        var token = api.kubectl("create", "token", account, "--namespace", namespace)
                .strip();
        var kubeconfig = Files.readString(api.kubeconfig()).replaceAll("\\{token: [^}]*}", "{token: " + token + "}");
        return new Install(namespace, account, Files.writeString(folder.resolve("kubeconfig"), kubeconfig));
    }
}
