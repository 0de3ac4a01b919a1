package dev.capstan.operator.crowd;

import io.fabric8.kubernetes.api.model.AuthInfoBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The real control plane, with nodes and pods that kwok only pretends to run; on loopback, in a folder of its own. */
final class SimulatedCluster implements AutoCloseable {
    static final int GPUS = 8;
    private static final Path COMMAND = Path.of("..", "e2e", "cluster", "cluster");
    private static final Path STAGES = Path.of("src", "test", "resources", "crowd", "stages.yaml");

    private final Path folder;
    /** The client can't read the key of the kubeconfig that the command makes: it comes with a token. */
    private final Path tokens;

    private final Path kubeconfig;
    private KubernetesClient client;

    private SimulatedCluster(Path folder, String token) throws IOException {
        this.folder = folder;
        tokens = Files.writeString(Files.createTempFile("tokens", ".csv"), token + ",admin,admin,system:masters\n");
        kubeconfig = Files.createTempFile("kubeconfig", "");
    }

    static SimulatedCluster start(int nodes) throws IOException, InterruptedException {
        var token = UUID.randomUUID().toString();
        var cluster = new SimulatedCluster(Files.createTempDirectory("capstan-crowd-"), token);
        // Its processes are none of this one's children: they would outlive a test that is interrupted.
        Runtime.getRuntime().addShutdownHook(new Thread(cluster::close));
        try {
            cluster.run("apiserver-kwok", cluster.folder.toString());
            var admin = KubeConfigUtils.parseConfig(
                    cluster.folder.resolve("kubeconfig").toFile());
            admin.getUsers()
                    .getFirst()
                    .setUser(new AuthInfoBuilder().withToken(token).build());
            Files.writeString(cluster.kubeconfig, Serialization.asYaml(admin));
            cluster.client = new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
                    .build();
            cluster.run("kwok-nodes", cluster.folder.toString(), Integer.toString(nodes), Integer.toString(GPUS));
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    KubernetesClient client() {
        return client;
    }

    Path kubeconfig() {
        return kubeconfig;
    }

    void cordon(String node, boolean cordoned) {
        client.nodes()
                .withName(node)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"unschedulable\": " + cordoned + "}}");
    }

    /**
     * Has a node be ready or not, in a moment.
     *
     * @param ready as its status says it: True, False or Unknown
     */
    void ready(String node, String ready) {
        client.nodes()
                .withName(node)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"annotations\": {\"capstan.dev/crowd-ready\": \"" + ready + "\"}}}");
    }

    /** Has all worker pods of a node go, as a drain does. */
    void evict(String node) {
        client.pods()
                .inAnyNamespace()
                .withLabel("capstan.dev/rank")
                .withField("spec.nodeName", node)
                .list()
                .getItems()
                .forEach(pod -> client.resource(pod).delete());
    }

    /** Takes a node away; its pods stay behind. */
    Node remove(String node) {
        var before = client.nodes().withName(node).get();
        client.nodes().withName(node).delete();
        return before;
    }

    /** Brings a node back, as a new one of the same name. */
    void bring(Node before) {
        client.resource(new NodeBuilder(before)
                        .editMetadata()
                        .withUid(null)
                        .withResourceVersion(null)
                        .withCreationTimestamp(null)
                        .endMetadata()
                        .withNewSpec()
                        .endSpec()
                        .build())
                .create();
    }

    /** May be called again. */
    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        try {
            run("apiserver-down", folder.toString());
            Files.deleteIfExists(tokens);
            Files.deleteIfExists(kubeconfig);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(COMMAND.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("KWOK_STAGES", STAGES.toAbsolutePath().toString());
        builder.environment().put("APISERVER_ARGUMENTS", "--token-auth-file=" + tokens);
        var log = Files.createTempFile("crowd", ".log");
        try {
            // Not through a pipe: what it starts in the background would keep that open.
            int code = builder.redirectOutput(log.toFile()).start().waitFor();
            if (code != 0) {
                throw new IOException(
                        arguments[0] + " ended with " + code + ":\n" + Files.readString(log, StandardCharsets.UTF_8));
            }
        } finally {
            Files.delete(log);
        }
    }
}
