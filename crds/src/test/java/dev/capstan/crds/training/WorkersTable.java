package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.empty;
import static dev.capstan.crds.validation.Refused.entries;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.tooMany;
import static dev.capstan.crds.validation.Refused.unknown;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said of the workers. */
final class WorkersTable {
    private static final String WORKERS = "spec.workers";
    private static final String LABEL_KEY =
            "at most 63 letters, digits and - _ . that begin and end with a letter or digit, perhaps behind a domain and /";

    private WorkersTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        pods(),
                        amounts(WORKERS + ".resources.limits"),
                        amounts(WORKERS + ".resources.requests"),
                        both(),
                        nodes(),
                        environment(),
                        metadata("labels", "label key", ""),
                        metadata(
                                "annotations",
                                "annotation key",
                                ", but for cluster-autoscaler.kubernetes.io, descheduler.alpha.kubernetes.io and kubectl.kubernetes.io"),
                        runtimes(),
                        Stream.of(
                                tooLong(WORKERS + ".labels.team", 63),
                                refused(
                                        WORKERS + ".labels.team",
                                        "a b",
                                        WORKERS + ".labels",
                                        "labels need label values: letters, digits and - _ . that begin and end with a"
                                                + " letter or digit"),
                                tooLong(WORKERS + ".annotations.owner", 4096)))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> pods() {
        var secrets = WORKERS + ".imagePullSecrets";
        return Stream.of(
                        Stream.of(
                                tooLong(WORKERS + ".image", 512),
                                refused(
                                        WORKERS + ".image",
                                        "my image:1.0",
                                        WORKERS + ".image",
                                        "image must be a container image such as registry.example.com/team/worker:1.0,"
                                                + " without spaces, or empty for the default of the operator"),
                                tooMany(secrets, 16, items(17, "{name: a%d}")),
                                refused(secrets, "[{name: a}, {name: a}]", secrets + "[1]: Duplicate value")),
                        Places.name(secrets + "[0].name"),
                        between(WORKERS + ".replicas", "1", "1024"),
                        between(WORKERS + ".terminationGracePeriodSeconds", "1", "3600"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> amounts(String map) {
        var path = map + ".cpu";
        var name = map.substring(map.lastIndexOf('.') + 1);
        var keys = "the keys of " + name
                + " must be cpu, memory, ephemeral-storage or a device's name, such as nvidia.com/gpu";
        var whole = name + " of a device's name, such as nvidia.com/gpu, must be whole numbers, such as 1";
        var amount = "an amount in " + name + " must be a quantity of 0 or more, such as 4, 500m or 16Gi";
        return Stream.of(
                tooMany(map, 16, entries(17, "1")),
                refused(path, "-1", path, "should be greater than or equal to 0"),
                refused(path, "9007199254740992", path, "should be less than or equal to " + SAFE),
                refused(path, "'-1'", map + "[cpu]", amount),
                refused(path, "much", map + "[cpu]", amount),
                refused(path, "1 Gi", map + "[cpu]", amount),
                refused(path, "4GB", map + "[cpu]", amount),
                refused(path, "'" + "1".repeat(65) + "'", path, "Too long: may not be more than 64 bytes"),
                refused(map, "{gpu: 1}", map, keys),
                refused(map, "{hugepages-2Mi: 2Mi}", keys),
                refused(map, "{nvidia..com/gpu: 1}", keys),
                refused(map, "{requests.nvidia.com/gpu: 1}", keys),
                refused(map, "{'': 1}", keys),
                refused(map, "{memory: 512m}", map, least("memory", name, "16Mi")),
                refused(map, "{memory: 4096}", least("memory", name, "16Mi")),
                refused(map, "{ephemeral-storage: 512m}", map, least("ephemeral-storage", name, "1Mi")),
                refused(map, "{nvidia.com/gpu: 500m}", map, whole),
                refused(map, "{nvidia.com/gpu: '1.0'}", whole));
    }

    private static String least(String resource, String name, String least) {
        return "%s in %s must be at least %s, or 0 for none, such as %s: 512m is half a byte, and 512 is 512 bytes"
                .formatted(resource, name, least, resource.equals("memory") ? "4Gi" : "10Gi");
    }

    private static Stream<Refused> both() {
        var resources = WORKERS + ".resources";
        var more = "resources must not request more than the limits: lower the request, or raise the limit";
        var device =
                "resources of a device's name, such as nvidia.com/gpu, must be equal in requests and limits: leave them out"
                        + " of requests, and set them in limits";
        return Stream.of(
                refused(resources, "{limits: {cpu: 4}, requests: {cpu: 4001m}}", resources, more),
                refused(resources, "{limits: {memory: 1Gi}, requests: {memory: '1073741825'}}", more),
                refused(resources, "{requests: {nvidia.com/gpu: 1}}", resources, device),
                refused(resources, "{limits: {nvidia.com/gpu: 2}, requests: {nvidia.com/gpu: 1}}", device));
    }

    private static Stream<Refused> nodes() {
        var toleration = WORKERS + ".tolerations[0]";
        return Stream.concat(
                Stream.of(
                        tooMany(WORKERS + ".nodeSelector", 32, entries(33, "a")),
                        tooLong(WORKERS + ".nodeSelector.pool", 63),
                        refused(
                                WORKERS + ".nodeSelector.pool",
                                "gpu!",
                                WORKERS + ".nodeSelector",
                                "a nodeSelector needs label values: letters, digits and - _ . that begin and end with a"
                                        + " letter or digit"),
                        refused(
                                WORKERS + ".nodeSelector",
                                "{a b: a}",
                                WORKERS + ".nodeSelector",
                                "the keys of nodeSelector must be label keys, such as pool or"
                                        + " topology.kubernetes.io/zone: " + LABEL_KEY),
                        tooMany(WORKERS + ".tolerations", 32, items(33, "{key: a}")),
                        refused(
                                toleration + ".key",
                                "a b",
                                toleration + ".key",
                                "key must be a label key, such as gpu or nvidia.com/gpu: " + LABEL_KEY),
                        refused(
                                toleration + ".value",
                                "a b",
                                toleration + ".value",
                                "value must be a label value: letters, digits and - _ . that begin and end with a letter or"
                                        + " digit"),
                        tooLong(toleration + ".key", 316),
                        tooLong(toleration + ".value", 63),
                        unknown(toleration + ".effect", "Evict", "NoSchedule", "PreferNoSchedule", "NoExecute"),
                        unknown(toleration + ".operator", "Like", "Exists", "Equal"),
                        refused(
                                toleration,
                                "{value: a}",
                                "a toleration needs a key, or operator: Exists to tolerate every taint"),
                        refused(
                                toleration,
                                "{key: gpu, operator: Exists, value: a}",
                                toleration + ".value",
                                "a toleration with operator: Exists has no value: remove the value, or set operator:"
                                        + " Equal"),
                        refused(
                                toleration,
                                "{key: gpu, effect: NoSchedule, tolerationSeconds: 1}",
                                toleration + ".tolerationSeconds",
                                "tolerationSeconds applies to effect: NoExecute only: remove tolerationSeconds, or set"
                                        + " that effect")),
                between(toleration + ".tolerationSeconds", "0", "31536000"));
    }

    private static Stream<Refused> environment() {
        var env = WORKERS + ".env";
        var name = env + "[0].name";
        var identifier =
                "name must be a C identifier, such as NCCL_DEBUG: letters, digits and _ that do not begin with a digit";
        var ours =
                "name must not begin with CAPSTAN_, nor be OMP_NUM_THREADS: Capstan sets those, so choose another name";
        var code = "name must not be one by which other code is run or loaded, such as JAVA_TOOL_OPTIONS, LD_PRELOAD or"
                + " PATH: how much memory the JVM takes follows from resources.limits, and code of your own comes in"
                + " workers.image";
        var devices = "name must not be one that says which devices a container sees, such as NVIDIA_VISIBLE_DEVICES or"
                + " CUDA_VISIBLE_DEVICES: it sees those that resources.limits asks for, such as nvidia.com/gpu: 1";
        return Stream.of(
                        Stream.of(
                                tooMany(env, 64, items(65, "{name: A%d}")),
                                refused(env, "[{name: A}, {name: A, value: a}]", env + "[1]: Duplicate value"),
                                absent(name),
                                empty(name),
                                tooLong(name, 128),
                                refused(name, "1ST", name, identifier),
                                refused(name, "a-b", identifier),
                                refused(name, "A=B", identifier),
                                tooLong(env + "[0].value", 4096)),
                        Stream.of("CAPSTAN_RANK", "OMP_NUM_THREADS").map(value -> refused(name, value, name, ours)),
                        Stream.of(
                                        "JAVA_TOOL_OPTIONS",
                                        "JAVA_HOME",
                                        "JDK_JAVA_OPTIONS",
                                        "_JAVA_OPTIONS",
                                        "OPENJ9_JAVA_OPTIONS",
                                        "LD_PRELOAD",
                                        "LD_LIBRARY_PATH",
                                        "PATH",
                                        "CLASSPATH",
                                        "BASH_ENV",
                                        "CUDA_INJECTION64_PATH")
                                .map(value -> refused(name, value, name, code)),
                        Stream.of(
                                        "NVIDIA_VISIBLE_DEVICES",
                                        "NVIDIA_DRIVER_CAPABILITIES",
                                        "CUDA_VISIBLE_DEVICES",
                                        "ROCR_VISIBLE_DEVICES",
                                        "HABANA_VISIBLE_DEVICES",
                                        "ONEAPI_DEVICE_SELECTOR",
                                        "CUDA_DISABLE_CONTROL",
                                        "CUDA_DEVICE_MEMORY_LIMIT_0")
                                .map(value -> refused(name, value, name, devices)))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> metadata(String field, String key, String but) {
        var path = WORKERS + "." + field;
        var keys = "the keys of %s must be %ss, such as team or example.com/team: %s".formatted(field, key, LABEL_KEY);
        var reserved =
                "the keys of %s must not be of capstan.dev, kubernetes.io or k8s.io, which are reserved%s: choose a domain of your own, or none"
                        .formatted(field, but);
        return Stream.of(
                        Stream.of(tooMany(path, 32, entries(33, "a"))),
                        Stream.of(
                                        "a b",
                                        "-a",
                                        "a/b/c",
                                        "/a",
                                        "a/",
                                        "A.com/a",
                                        "a..b/a",
                                        "a.-b/a",
                                        "x".repeat(254) + "/a",
                                        "x".repeat(64))
                                .map(name -> refused(path, "{'%s': a}".formatted(name), path, keys)),
                        Stream.of(
                                        "capstan.dev/job",
                                        "x.capstan.dev/job",
                                        "kubernetes.io/hostname",
                                        "app.kubernetes.io/name",
                                        "k8s.io/a",
                                        "x.k8s.io/a")
                                .map(name -> refused(path, "{%s: a}".formatted(name), path, reserved)))
                .flatMap(rows -> rows);
    }

    /** Annotations that are more than a note on the pod. */
    private static Stream<Refused> runtimes() {
        var path = WORKERS + ".annotations";
        var networks = "the keys of annotations must not be those that attach networks or addresses to pods, such as"
                + " k8s.v1.cni.cncf.io/networks: the pods are reached over the cluster's own network, where a"
                + " NetworkPolicy keeps others away";
        var runtimes = "the keys of annotations must not be those by which container runtimes give devices, mounts or"
                + " rights, such as io.kubernetes.cri-o.Devices: ask for devices in resources.limits";
        return Stream.concat(
                Stream.of(
                                "k8s.v1.cni.cncf.io/networks",
                                "v1.multus-cni.io/default-network",
                                "cni.projectcalico.org/ipAddrs",
                                "k8s.ovn.org/pod-networks",
                                "ipam.spidernet.io/ippool",
                                "networking.gke.io/interfaces",
                                "vpc.amazonaws.com/pod-ips")
                        .map(name -> refused(path, "{%s: a}".formatted(name), path, networks)),
                Stream.of(
                                "io.kubernetes.cri-o.Devices",
                                "io.katacontainers.config.hypervisor.kernel",
                                "run.oci.keep_original_groups",
                                "devices.nri.io/container.worker",
                                "devices.noderesource.dev/container.worker")
                        .map(name -> refused(path, "{%s: a}".formatted(name), path, runtimes)));
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each(WORKERS, null, "{}"),
                        each(WORKERS + ".replicas", "1"),
                        each(WORKERS + ".image", "''", "localhost:5000/worker@sha256:" + "a".repeat(64)),
                        each(WORKERS + ".resources", "{}"),
                        each(WORKERS + ".resources.limits", "{}"),
                        each(
                                WORKERS + ".resources",
                                "{limits: {nvidia.com/gpu: 1}, requests: {nvidia.com/gpu: '1'}}",
                                "{limits: {cpu: '.5', memory: 1Gi}, requests: {cpu: 500m, memory: '1073741824'}}",
                                "{requests: {cpu: 1, memory: 1Gi, ephemeral-storage: '1e7'}}",
                                "{limits: {%s/%s: 0}}".formatted("x".repeat(244), "y".repeat(63))),
                        Stream.of("0", "4", "'4'", "'0.5'", "'.5'", "'5.'", "500m", "16Gi", "2E", "'1e3'", "'1E+3'")
                                .map(amount ->
                                        accepted(WORKERS + ".resources", "{limits: {cpu: %s}}".formatted(amount))),
                        // Clients that have parsed 1.7Gi write it as thousandths of a byte.
                        each(
                                WORKERS + ".resources.limits.memory",
                                "0",
                                "'0'",
                                "16Mi",
                                "16777216",
                                "1.7Gi",
                                "1825361100800m",
                                "2E",
                                "'1e9'"),
                        each(
                                WORKERS + ".nodeSelector",
                                "{}",
                                "{topology.kubernetes.io/zone: a, %s/%s: a}"
                                        .formatted("x".repeat(253), "y".repeat(63))),
                        each(WORKERS + ".nodeSelector.pool", "''", "x".repeat(63)),
                        each(
                                WORKERS + ".tolerations",
                                "[]",
                                "[{operator: Exists}, {key: gpu}, {key: gpu, effect: NoSchedule}]"),
                        each(WORKERS + ".tolerations[0].tolerationSeconds", "31536000"),
                        each(
                                WORKERS + ".labels",
                                null,
                                "{}",
                                "{team: ''}",
                                "{mycapstan.dev/a: a, example.com/A_b.c: x, %s/%s: a}"
                                        .formatted("x".repeat(253), "y".repeat(63)),
                                entries(32, "a")),
                        each(
                                WORKERS + ".annotations",
                                null,
                                "{}",
                                "{team: 'anything: {at} all'}",
                                "{cluster-autoscaler.kubernetes.io/safe-to-evict: 'false', descheduler.alpha.kubernetes.io/prefer-no-eviction: 'true'}",
                                "{kubectl.kubernetes.io/default-container: worker, kubernetes.io/egress-bandwidth: 10M}",
                                "{sidecar.istio.io/inject: 'false', traffic.sidecar.istio.io/excludeInboundPorts: '9000', linkerd.io/inject: disabled}",
                                "{prometheus.io/scrape: 'true', karpenter.sh/do-not-disrupt: 'true', ad.datadoghq.com/worker.logs: '[]'}",
                                entries(32, "x".repeat(4096))),
                        each(
                                WORKERS + ".env",
                                null,
                                "[]",
                                "[{name: _}, {name: a1, value: ''}, {name: JAVAX, value: '$(A)'}, {name: OMP_PROC_BIND}]",
                                items(64, "{name: %s_%%d, value: %s}".formatted("N".repeat(120), "x".repeat(4096)))),
                        each(WORKERS + ".imagePullSecrets", null, "[]", "[{name: a.b-c}]", items(16, "{name: s%d}")),
                        each(WORKERS + ".terminationGracePeriodSeconds", null, "1", "3600"))
                .flatMap(rows -> rows);
    }
}
