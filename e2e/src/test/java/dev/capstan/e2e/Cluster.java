package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The cluster that {@code ./capstan up} made, with Capstan installed on it, and the faults that a test may put into it.
 * Every fault acts on containers and links of this cluster alone; each has its undoing beside it.
 */
final class Cluster implements AutoCloseable {
    /** Namespace that the operator runs in. */
    static final String SYSTEM = "capstan-system";

    static final String COMMAND = "e2e/cluster/cluster";

    private final KubernetesClient client;
    private final Path kubeconfig;
    private boolean toolboxLoaded;

    private Cluster(KubernetesClient client, Path kubeconfig) {
        this.client = client;
        this.kubeconfig = kubeconfig;
    }

    /**
     * The cluster that is up.
     *
     * @throws IllegalStateException when there is none
     */
    static Cluster connect() {
        var kubeconfig = Path.of(Shell.run(COMMAND, "kubeconfig").strip());
        if (!Files.exists(kubeconfig)) {
            throw new IllegalStateException("no cluster is up; run ./capstan up, or ./capstan test for everything");
        }
        try {
            var config = Config.fromKubeconfig(Files.readString(kubeconfig));
            return new Cluster(new KubernetesClientBuilder().withConfig(config).build(), kubeconfig);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    KubernetesClient client() {
        return client;
    }

    /** Runs kubectl on the cluster and returns what a user would see. */
    String kubectl(String... arguments) {
        var all = new ArrayList<>(List.of("--kubeconfig", kubeconfig.toString()));
        all.addAll(List.of(arguments));
        return Shell.run(program("kubectl").toString(), all.toArray(String[]::new));
    }

    /**
     * A program that {@code ./capstan test} builds.
     *
     * @throws IllegalStateException when it isn't there
     */
    static Path program(String name) {
        var cache = Optional.ofNullable(System.getenv("CAPSTAN_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "capstan"));
        var program = cache.resolve("programs/bin").resolve(name);
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException(program + " is not there: run ./capstan test, which builds it");
        }
        return program;
    }

    /** Nodes that run workers: all but the control plane. */
    List<Node> workerNodes() {
        return client.nodes().list().getItems().stream()
                .filter(node -> !node.getMetadata().getLabels().containsKey("node-role.kubernetes.io/control-plane"))
                .toList();
    }

    /**
     * Copies host files and folders into a folder of a claim, as the cluster's command {@code put} does, without a
     * shell that asks kubectl three times: nearly every test begins with it.
     */
    void put(String namespace, String claim, String folder, Path... sources) {
        // Usually bound at once; after the API server was away, the provisioner may take more than a minute.
        var bound = client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(claim)
                .waitUntilCondition(
                        now -> now != null
                                && now.getStatus() != null
                                && "Bound".equals(now.getStatus().getPhase()),
                        150,
                        TimeUnit.SECONDS);
        var volume = client.persistentVolumes()
                .withName(bound.getSpec().getVolumeName())
                .get();
        // Every node has the cluster's folder `shared` at /shared.
        var directory = kubeconfig.resolveSibling(
                Path.of("/").relativize(Path.of(volume.getSpec().getHostPath().getPath())));
        var target = directory.resolve(folder);
        var arguments = new ArrayList<>(List.of("-r", "--no-preserve=ownership,mode"));
        try {
            Files.createDirectories(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (var source : sources) {
            arguments.add(source.toString());
        }
        arguments.add(target.toString());
        Shell.run("cp", arguments.toArray(String[]::new));
        // Pods run as any user.
        Shell.run("chmod", "-R", "a+rwX", directory.toString());
    }

    /** Copies a file out of a claim. */
    void get(String namespace, String claim, String path, Path destination) {
        Shell.run(COMMAND, "get", namespace, claim, path, destination.toString());
    }

    /** Kills a pod's main process from its node, behind the API's back. */
    void killProcess(Pod pod) {
        Shell.run(
                COMMAND,
                "pod-kill",
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName());
    }

    /** Asks for a pod's eviction, as the draining of its node does. */
    void evict(Pod pod) {
        client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .evict();
    }

    /** Has an image with a shell and network tools on the nodes, and returns its name. */
    synchronized String toolbox() {
        if (!toolboxLoaded) {
            Shell.run(COMMAND, "toolbox");
            toolboxLoaded = true;
        }
        return "capstan/toolbox:dev";
    }

    /** Ends everything that runs on a node, as a power cut would. */
    void killNode(String node) {
        Shell.run(COMMAND, "node-kill", node);
    }

    /** Brings a killed node back. */
    void startNode(String node) {
        Shell.run(COMMAND, "node-start", node);
    }

    /** Cuts a node off from all others; its processes go on. */
    void cutLink(String node) {
        Shell.run(COMMAND, "link-cut", node);
    }

    /** Connects a cut node again. */
    void restoreLink(String node) {
        Shell.run(COMMAND, "link-restore", node);
    }

    /** Tells the device plugin that a GPU is broken, or well again. */
    void setGpuHealth(String node, int gpu, boolean healthy) {
        Shell.run(COMMAND, "gpu-health", node, Integer.toString(gpu), healthy ? "Healthy" : "Unhealthy");
    }

    /** Stops the API server; nodes and pods go on. */
    void stopApiServer() {
        Shell.run(COMMAND, "apiserver-stop");
    }

    /** Starts the API server again and waits until it answers. */
    void startApiServer() {
        Shell.run(COMMAND, "apiserver-start");
    }

    /** The operator's pods. */
    List<Pod> operatorPods() {
        return client.pods()
                .inNamespace(SYSTEM)
                .withLabel("app.kubernetes.io/name", "capstan")
                .list()
                .getItems();
    }

    /** What a pod's current container has printed. */
    String log(Pod pod) {
        return client.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .getLog();
    }

    /**
     * What an operator's pod has written, leases apart: a line each, in the order of the API server's audit log. What
     * was refused, or broken off before it was done, has written nothing.
     */
    List<String> writesOf(Pod pod) {
        var controlPlane = client.nodes()
                .withLabel("node-role.kubernetes.io/control-plane")
                .list()
                .getItems()
                .getFirst();
        return Shell.run(
                        COMMAND,
                        "docker",
                        "exec",
                        controlPlane.getMetadata().getName(),
                        "awk",
                        "/\"" + pod.getMetadata().getName() + "\"/ && /\"code\":20[0-9]/",
                        "/var/log/kubernetes/audit.log")
                .lines()
                .toList();
    }

    /** Upgrades the release with that value changed, and waits until the new operator pods have taken over. */
    void upgrade(String value) {
        helm("upgrade", "capstan", "charts/capstan", "--reuse-values", "--skip-crds", "--set", value);
        awaitRollout();
    }

    /** Takes the last upgrade back; does not wait for the end of it. */
    void undoUpgrade() {
        helm("rollback", "capstan");
    }

    /** Waits until all operator pods are of the last upgrade, or of its undoing. */
    void awaitRollout() {
        kubectl("rollout", "status", "deployment/capstan", "-n", SYSTEM, "--timeout=180s");
    }

    private void helm(String... arguments) {
        var all = new ArrayList<>(List.of("helm"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("-n", SYSTEM));
        Shell.run(COMMAND, all.toArray(String[]::new));
    }

    @Override
    public void close() {
        client.close();
    }
}
