package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the chart's policies keep from tenants who may make pods, on a real API server. */
class QuotaPoliciesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TENANT = "--as=tenant";
    private static final String GPU = "nvidia.com/gpu";
    private static final String ONLY_OURS =
            "only Capstan makes pods that are labelled capstan.dev/rank or capstan.dev/job";

    /** A selector's terms, and whether they select the namespace, which is labelled team=vision, stage=prod. */
    private record Row(String selector, boolean selects) {
        /** The same, but for one namespace alone. */
        String selector(int row) {
            return selector.startsWith("matchLabels: {")
                    ? selector.replaceFirst("\\{", "{row: '" + row + "', ")
                    : "matchLabels: {row: '" + row + "'}, " + selector;
        }
    }

    private static final List<Row> ROWS = List.of(
            new Row("matchLabels: {team: vision, stage: prod}", true),
            new Row("matchLabels: {team: vision, stage: dev}", false),
            new Row("matchLabels: {cost: a}", false),
            new Row("matchExpressions: [{key: team, operator: In, values: [speech, vision]}]", true),
            new Row("matchExpressions: [{key: team, operator: In, values: [speech]}]", false),
            new Row("matchExpressions: [{key: cost, operator: In, values: [a]}]", false),
            new Row("matchExpressions: [{key: team, operator: NotIn, values: [vision]}]", false),
            new Row("matchExpressions: [{key: cost, operator: NotIn, values: [a]}]", true),
            new Row("matchExpressions: [{key: team, operator: Exists}]", true),
            new Row("matchExpressions: [{key: cost, operator: Exists}]", false),
            new Row("matchExpressions: [{key: team, operator: DoesNotExist}]", false),
            new Row("matchExpressions: [{key: cost, operator: DoesNotExist}]", true),
            new Row("matchLabels: {team: vision}, matchExpressions: [{key: stage, operator: DoesNotExist}]", false));

    private static ApiServer api;
    private static Clients clients;
    private static String covered;
    /** For each row a namespace that no other row's quota may select. */
    private static List<String> selected;

    private static String crowded;
    private static String free;
    private static String capstan;

    @BeforeAll
    static void install() throws InterruptedException {
        api = ApiServer.shared();
        clients = new Clients(api);
        covered = api.newNamespace("covered");
        selected = IntStream.range(0, ROWS.size())
                .mapToObj(i -> api.newNamespace("selected-" + i))
                .toList();
        crowded = api.newNamespace("crowded");
        free = api.newNamespace("free");
        var system = api.newNamespace("system");
        capstan = "--as=system:serviceaccount:" + system + ":policies-capstan";
        // These namespaces alone, so that other tests' operators keep their rights.
        var served = "watchNamespaces={%s,%s,%s,%s}".formatted(covered, String.join(",", selected), crowded, free);
        var exempt = "policies.quotaDevices.exempt={example.com/other,smarter-devices/}";
        for (var template : List.of("rbac", "user-roles", "policies")) {
            Chart.apply(api, "policies", system, template, "--set", served, "--set", exempt);
        }
        for (var namespace : List.of(covered, crowded, free)) {
            // What edit is made of; a bare API server has no controller that would put it together.
            for (var role : List.of("system:aggregate-to-edit", "system:aggregate-to-view")) {
                api.kubectl(
                        "create",
                        "rolebinding",
                        role,
                        "--clusterrole=" + role,
                        "--user=tenant",
                        "--namespace",
                        namespace);
            }
            new Access(api, "tenant", namespace).await("create", "pods");
        }
        for (int i = 0; i < ROWS.size(); i++) {
            var labels = Map.of("team", "vision", "stage", "prod", "row", Integer.toString(i));
            api.client()
                    .namespaces()
                    .withName(selected.get(i))
                    .edit(namespace -> new NamespaceBuilder(namespace)
                            .editMetadata()
                            .addToLabels(labels)
                            .endMetadata()
                            .build());
            quota("row-" + i, "namespaceSelector: {" + ROWS.get(i).selector(i) + "}", device(i));
        }
        largestQuota("crowded", "namespaces: [" + crowded + "]");
        // The API server hears of quotas in the order in which they were made, so that of this one it hears last.
        quotaOf(
                "vision",
                "namespaces: [" + covered + "]",
                // What has Kubernetes' own prefix may be requested without a limit.
                "{name: all, resources: [{name: %s, nominalQuota: 1}, {name: kubernetes.io/shared-gpu, nominalQuota: 1}]}"
                        .formatted(GPU));
        var deadline = Instant.now().plus(PATIENCE);
        while (!refused(pod(covered, "early", GPU, TENANT, "--dry-run=server"))) {
            assertTrue(Instant.now().isBefore(deadline), "the policy isn't in force");
            Thread.sleep(100);
        }
    }

    @AfterAll
    static void uninstall() {
        if (clients == null) {
            return;
        }
        clients.close();
        api.client().resources(GPUQuota.class).delete();
        api.client().resources(TrainingJob.class).inNamespace(free).delete();
        api.kubectl(
                "delete",
                "validatingadmissionpolicies,validatingadmissionpolicybindings",
                "--selector=app.kubernetes.io/instance=policies");
    }

    @Test
    void aTenantsPodGetsNoDeviceOfTheQuotaAndIsToldWhatToDo() {
        var answer = pod(covered, "mine", GPU, TENANT);
        assertTrue(
                answer.contains(
                        "only Capstan makes pods with nvidia.com/gpu in namespace " + covered
                                + ", which is under GPUQuota vision: submit a TrainingJob, a CompressionJob or an InferenceService, or ask for none"),
                answer);
    }

    @Test
    void norByAnInitContainerOrADeployment() {
        var init = apply(
                covered,
                podYaml("init", "", "{}")
                        .replace("spec:\n", "spec:\n  initContainers: [" + container("i", GPU) + "]\n"),
                TENANT);
        assertTrue(refused(init), init);
        var byController = pod(covered, "owned", GPU, "--as=system:serviceaccount:kube-system:replicaset-controller");
        assertTrue(refused(byController), byController);
    }

    @Test
    void whoAsksForNoneOfADeviceIsntRefused() {
        var wrong = new ArrayList<String>();
        for (var asked : List.of(
                "{limits: {nvidia.com/gpu: AMOUNT}}",
                "{limits: {nvidia.com/gpu: AMOUNT}, requests: {nvidia.com/gpu: AMOUNT}}",
                "{limits: {cpu: 1, kubernetes.io/shared-gpu: AMOUNT}, requests: {cpu: 1, kubernetes.io/shared-gpu: 0}}",
                "{requests: {kubernetes.io/shared-gpu: AMOUNT}}")) {
            for (var amount : List.of("0", "'0'", "0k", "1", "'1'", "1k")) {
                var resources = asked.replace("AMOUNT", amount);
                var main = podYaml("amounts", "", resources);
                var init = podYaml("amounts", "", "{}")
                        .replace(
                                "spec:\n",
                                "spec:\n  initContainers: [{name: i, image: a, resources: " + resources + "}]\n");
                for (var pod : List.of(main, init)) {
                    var answer = apply(covered, pod, TENANT, "--dry-run=server");
                    if (amount.contains("0") ? !answer.contains("created") : !refused(answer)) {
                        wrong.add(pod + answer);
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void norByHidingItInAPodThatIsTooBigToLookThrough() {
        // The most of everything that is looked through: the dummies' device is the last that the largest quota lists.
        var dummies = dummies(499, listed(255));
        var hidden = apply(crowded, dummies + "  - " + container("last", GPU) + "\n", TENANT, "--dry-run=server");
        assertTrue(hidden.contains("only Capstan makes pods with " + GPU), end(hidden));
        assertCreated(end(apply(crowded, dummies(500, listed(255)), TENANT, "--dry-run=server")));

        var more = apply(crowded, dummies(501, "cpu"), TENANT, "--dry-run=server");
        assertTrue(more.contains("a pod has at most 500 containers, and at most 1000 amounts"), end(more));
        // Each limit is a request as well.
        var devices = IntStream.range(0, 501).mapToObj(i -> "example.com/d" + i + ": 0");
        var amounts = podYaml("amounts", "", devices.collect(Collectors.joining(", ", "{limits: {", "}}")));
        more = apply(crowded, amounts, TENANT, "--dry-run=server");
        assertTrue(more.contains("a pod has at most 500 containers, and at most 1000 amounts"), end(more));
    }

    @Test
    void podsWithoutTheDeviceAndNamespacesWithoutAQuotaAreUntouched() {
        assertCreated(pod(covered, "cpu", "cpu", TENANT));
        for (var exempt : List.of("example.com/other", "smarter-devices/fuse")) {
            assertCreated(pod(covered, "other-" + exempt.replace('/', '-'), exempt, TENANT));
        }
        assertCreated(pod(free, "gpu", GPU, TENANT));
    }

    /** A quota that misspells a device would leave it to everybody otherwise. */
    @Test
    void aDeviceThatTheQuotaDoesNotListIsNobodys() {
        for (var device : List.of("nvidia.com/gpuu", "example.com/others", "example.com/other2")) {
            var answer = pod(covered, "unlisted", device, TENANT, "--dry-run=server");
            assertTrue(
                    answer.contains(
                            "only Capstan makes pods with " + device + " in namespace " + covered
                                    + ", which is under GPUQuota vision and lists none of it: ask for none, or have an admin list it there, or exempt it in policies.quotaDevices.exempt of the chart"),
                    answer);
        }
    }

    @Test
    void capstanItselfMakesThem() {
        assertCreated(pod(covered, "worker", GPU, capstan));
    }

    @Test
    void aQuotaCoversTheNamespacesThatItSelects() {
        var wrong = new ArrayList<String>();
        for (int i = 0; i < ROWS.size(); i++) {
            var answer = pod(selected.get(i), "row-" + i, device(i), "--dry-run=server");
            if (refused(answer) != ROWS.get(i).selects()) {
                wrong.add(ROWS.get(i) + ": " + answer);
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void nobodyPassesForAWorker() {
        var labels = "capstan.dev/rank: \"0\", capstan.dev/attempt: \"1\"";
        var faked = apply(free, podYaml("faked", labels, "{}"), TENANT);
        assertTrue(faked.contains("only Capstan makes pods that are labelled capstan.dev/rank"), faked);

        assertCreated(apply(free, podYaml("plain", "", "{}"), TENANT));
        var relabelled = api.kubectl("label", "pod", "plain", "capstan.dev/rank=0", "--namespace", free, TENANT);
        assertTrue(relabelled.contains("only Capstan makes pods that are labelled capstan.dev/rank"), relabelled);

        assertCreated(apply(free, podYaml("real", labels, "{}"), capstan));
        var owned = patch("real", """
                {"metadata": {"ownerReferences": [
                {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "y", "controller": true}]}}
                """);
        assertTrue(owned.contains("only Capstan makes pods that are labelled capstan.dev/rank"), owned);
        var otherwise = patch("real", """
                {"metadata": {"labels": {"team": "a"}}}
                """);
        assertTrue(otherwise.contains("patched"), otherwise);
        var less = patch("real", """
                {"metadata": {"labels": {"capstan.dev/rank": null}}}
                """);
        assertTrue(less.contains("patched"), less);
    }

    /** What a job's network policy and service select their pods by, and those of a service. */
    @Test
    void nobodyIsLetInAmongAJobsPodsByTheirLabels() {
        var peers = "app.kubernetes.io/name: trainingjob, app.kubernetes.io/component: worker, capstan.dev/job: mnist";
        for (var labels : List.of(peers, "capstan.dev/job: mnist", peers.replace("trainingjob", "inferenceservice"))) {
            var forged = apply(free, podYaml("forged", labels, "{}"), TENANT, "--dry-run=server");
            assertTrue(forged.contains(ONLY_OURS), forged);
        }
        assertCreated(apply(free, podYaml("joiner", "", "{}"), TENANT));
        var joined = api.kubectl(
                "label",
                "pod",
                "joiner",
                "app.kubernetes.io/name=trainingjob",
                "app.kubernetes.io/component=worker",
                "capstan.dev/job=mnist",
                "--namespace",
                free,
                TENANT);
        assertTrue(joined.contains(ONLY_OURS), joined);
        var owned = patch("joiner", """
                {"metadata": {"ownerReferences": [{"apiVersion": "capstan.dev/v1alpha1", "kind": "TrainingJob",
                "name": "mnist", "uid": "5a9f7a5e-4d1b-4c56-9c0d-3f7a1f0b2c3d", "controller": true}]}}
                """);
        assertTrue(owned.contains(ONLY_OURS), owned);

        var worker = peers + ", capstan.dev/rank: \"0\"";
        assertCreated(apply(free, podYaml("member", worker, "{}"), capstan));
        for (var label : List.of("app.kubernetes.io/component=replica", "capstan.dev/job=other")) {
            var moved = api.kubectl("label", "--overwrite", "pod", "member", label, "--namespace", free, TENANT);
            assertTrue(moved.contains(ONLY_OURS), moved);
        }
        // Who debugs a worker leaves its labels as they are.
        var debugged = patchEphemeral("member");
        assertTrue(debugged.contains("patched"), debugged);
    }

    @Test
    void norByTheStatusOfAPodOrByBindingIt() throws InterruptedException {
        var role = apply(free, """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: core}
                rules:
                - {apiGroups: [""], resources: ["*"], verbs: ["*"]}
                """);
        assertCreated(role);
        api.kubectl("create", "rolebinding", "core", "--role=core", "--user=lead", "--namespace", free);
        new Access(api, "lead", free).await("patch", "pods/status");
        assertCreated(apply(free, podYaml("low", "capstan.dev/attempt: \"1\"", "{}"), "--as=lead"));

        var ranked = patchStatus("low", "metadata: {labels: {capstan.dev/rank: '0'}}", "--as=lead");
        assertTrue(ranked.contains("only Capstan makes pods that are labelled capstan.dev/rank"), ranked);
        for (var path : List.of("pods/low/binding", "bindings")) {
            for (var label : List.of("rank", "job", "pod-set", "attempt", "revision")) {
                var bound = bind(path, "low", "\"capstan.dev/" + label + "\": \"0\"");
                assertTrue(bound.contains("only Capstan makes pods that are labelled capstan.dev/rank"), bound);
            }
        }
        var bound = bind("pods/low/binding", "low", "\"topology.kubernetes.io/zone\": \"a\"");
        assertTrue(bound.contains("Success"), bound);
    }

    @Test
    void aKubeletTellsWhatBecameOfAWorker() throws InterruptedException {
        // kubectl reads the status first, which a kubelet has no need to.
        api.kubectl("create", "role", "kubectl", "--verb=get", "--resource=pods/status", "--namespace", free);
        for (var role : List.of("--role=kubectl", "--clusterrole=system:node")) {
            var name = "kubelets-" + role.substring(role.indexOf('=') + 1);
            api.kubectl("create", "rolebinding", name, role, "--group=system:nodes", "--namespace", free);
        }
        var node = new Access(api, "system:node:a", List.of("system:nodes"), free);
        node.await("get", "pods/status");
        node.await("patch", "pods/status");
        var labels = "capstan.dev/rank: \"0\", capstan.dev/attempt: \"1\"";
        assertCreated(apply(free, podYaml("told", labels, "{}"), capstan));
        String[] kubelet = {"--as=system:node:a", "--as-group=system:nodes"};
        var told = patchStatus(
                "told",
                "status: {phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: 'True'}]}",
                kubelet);
        assertTrue(told.contains("patched"), told);
        for (var label : List.of("attempt", "revision")) {
            var relabelled = patchStatus("told", "metadata: {labels: {capstan.dev/%s: '2'}}".formatted(label), kubelet);
            assertTrue(relabelled.contains("only Capstan makes pods that are labelled capstan.dev/rank"), relabelled);
        }
    }

    @Test
    void aRoleThatSaysEverythingWritesNoStatus() throws InterruptedException {
        api.kubectl("create", "role", "everything", "--verb=*", "--resource=*.capstan.dev", "--namespace", free);
        api.kubectl(
                "create",
                "role",
                "statuses",
                "--verb=*",
                "--resource=trainingjobs.capstan.dev/status",
                "--namespace",
                free);
        for (var role : List.of("everything", "statuses")) {
            api.kubectl("create", "rolebinding", role, "--role", role, "--user=tenant", "--namespace", free);
        }
        for (var resource : List.of("trainingjobs.capstan.dev", "trainingjobs.capstan.dev/status")) {
            new Access(api, "tenant", free).await("patch", resource);
        }
        assertCreated(apply(free, Team.job("forged", "nowhere", 300), TENANT));
        var refused = status("forged", TENANT);
        assertTrue(refused.contains("only Capstan writes the status of a job"), refused);
        var taken = status("forged", capstan);
        assertTrue(taken.contains("serverside-applied"), taken);
    }

    @Test
    void quotasAreForThoseWhoAreGivenTheirRoles() throws InterruptedException {
        for (var verb : List.of("get", "list", "create", "update", "patch", "delete")) {
            assertFalse(new Access(api, "tenant", covered).may(verb, "gpuquotas.capstan.dev"), verb);
        }
        for (var role : List.of("viewer", "admin")) {
            api.kubectl(
                    "create",
                    "clusterrolebinding",
                    role,
                    "--user=" + role,
                    "--clusterrole=policies-capstan-quota-" + role);
        }
        var viewer = new Access(api, "viewer", covered);
        var admin = new Access(api, "admin", covered);
        viewer.await("list", "gpuquotas.capstan.dev");
        admin.await("list", "gpuquotas.capstan.dev");
        for (var verb : List.of("create", "update", "patch", "delete")) {
            assertFalse(viewer.may(verb, "gpuquotas.capstan.dev"), verb);
            assertTrue(admin.may(verb, "gpuquotas.capstan.dev"), verb);
            assertFalse(admin.may(verb, "gpuquotas.capstan.dev/status"), verb);
        }
    }

    private static String device(int row) {
        return "example.com/row-" + row;
    }

    /** One of the devices that the quota of the crowded namespace lists, with a name that is as long as can be. */
    private static String listed(int device) {
        return "%1$s.%1$s.%1$s.%2$s.com/%3$s-%4$03d".formatted("x".repeat(63), "y".repeat(48), "z".repeat(59), device);
    }

    private static void quota(String name, String namespaces, String device) {
        quotaOf(
                name,
                namespaces,
                "{name: all, resources: [{name: cpu, nominalQuota: 1}, {name: %s, nominalQuota: 1}]}"
                        .formatted(device));
    }

    /** As large as the CRD allows. */
    private static void largestQuota(String name, String namespaces) {
        var flavors = IntStream.range(0, 16)
                .mapToObj(flavor -> IntStream.range(0, 16)
                        .map(i -> 16 * flavor + i)
                        .mapToObj(i -> "{name: " + (i == 0 ? GPU : listed(i)) + ", nominalQuota: 1}")
                        .collect(Collectors.joining(", ", "{name: f" + flavor + ", resources: [", "]}")));
        quotaOf(name, namespaces, flavors.collect(Collectors.joining(", ")));
    }

    private static void quotaOf(String name, String namespaces, String flavors) {
        var made = api.kubectlWithInput("""
                apiVersion: capstan.dev/v1alpha1
                kind: GPUQuota
                metadata: {name: %s}
                spec:
                  %s
                  flavors: [%s]
                """.formatted(name, namespaces, flavors), "create", "--filename=-");
        assertCreated(made);
    }

    /** A pod of so many containers that ask for none of a resource. */
    private static String dummies(int containers, String resource) {
        return IntStream.range(0, containers)
                .mapToObj(i -> "  - {name: c%d, image: a, resources: {limits: {%s: 0}}}\n".formatted(i, resource))
                .collect(Collectors.joining(
                        "", "apiVersion: v1\nkind: Pod\nmetadata: {name: dummies}\nspec:\n  containers:\n", ""));
    }

    private static String pod(String namespace, String name, String resource, String... options) {
        return apply(namespace, podYaml(name, "", "{limits: {" + resource + ": 1}}"), options);
    }

    private static String podYaml(String name, String labels, String resources) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, labels: {%s}}
                spec:
                  containers: [{name: main, image: a, resources: %s}]
                """.formatted(name, labels, resources);
    }

    private static String container(String name, String resource) {
        return "{name: %s, image: a, resources: {limits: {%s: 1}}}".formatted(name, resource);
    }

    private static String apply(String namespace, String yaml, String... options) {
        return clients.create(namespace, yaml, options);
    }

    private static String patch(String pod, String json) {
        return api.kubectl("patch", "pod", pod, "--namespace", free, "--patch", json, TENANT);
    }

    private static String patchEphemeral(String pod) {
        return api.kubectl(
                "patch",
                "pod",
                pod,
                "--namespace",
                free,
                "--subresource=ephemeralcontainers",
                "--patch",
                "{\"spec\": {\"ephemeralContainers\": [{\"name\": \"debug\", \"image\": \"a\"}]}}");
    }

    private static String patchStatus(String pod, String patch, String... as) {
        var arguments = new ArrayList<>(
                List.of("patch", "pod", pod, "--namespace", free, "--subresource=status", "--patch", patch));
        arguments.addAll(List.of(as));
        return api.kubectl(arguments.toArray(String[]::new));
    }

    /** Binds a pod by one of the paths that do, as somebody who may do everything with pods. */
    private static String bind(String path, String pod, String labels) {
        var binding = """
                {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "%s", "labels": {%s}},
                "target": {"kind": "Node", "name": "a"}}
                """.formatted(pod, labels);
        var url = "/api/v1/namespaces/" + free + "/" + path;
        return api.kubectlWithInput(binding, "create", "--raw", url, "--filename=-", "--as=lead");
    }

    private static String status(String job, String as) {
        var status = """
                apiVersion: capstan.dev/v1alpha1
                kind: TrainingJob
                metadata: {name: %s}
                status: {attempt: 7}
                """.formatted(job);
        return api.kubectlWithInput(
                status, "apply", "--server-side", "--subresource=status", "--namespace", free, "--filename=-", as);
    }

    private static boolean refused(String answer) {
        return answer.contains("only Capstan makes pods with");
    }

    /** What is worth reading of an answer to a large pod. */
    private static String end(String answer) {
        return answer.substring(Math.max(0, answer.length() - 2000));
    }

    private static void assertCreated(String answer) {
        assertTrue(answer.contains("created"), answer);
    }
}
