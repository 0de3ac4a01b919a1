package dev.capstan.crds.testing;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A real kube-apiserver with its etcd, on free ports of the loopback interface and with Capstan's CRDs: no nodes, no
 * controllers, no scheduler. Tests of one JVM share one and keep apart by {@link #newNamespace namespaces}:
 *
 * <pre>{@code
 * private static ApiServer api;
 *
 * @BeforeAll
 * static void start() {
 *     api = ApiServer.shared();
 * }
 * }</pre>
 *
 * <p>Pods can be created without a service account, and nothing ever runs them. The programs are those that
 * {@code ./capstan test} builds.
 */
public final class ApiServer implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final AtomicInteger NAMESPACES = new AtomicInteger();
    private static ApiServer shared;

    private final Path folder;
    private final String token = UUID.randomUUID().toString();
    private final List<Process> running = new ArrayList<>();
    private int port;
    private KubernetesClient client;

    private ApiServer() throws IOException {
        folder = Files.createTempDirectory("capstan-apiserver-");
    }

    /** The server that all tests of this JVM share; started by the first that asks, ended with the JVM. */
    public static synchronized ApiServer shared() {
        if (shared == null) {
            shared = start();
            Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
        }
        return shared;
    }

    /** A server of its own, for a test that wants to harm it. */
    public static ApiServer start() {
        var etcd = program("etcd");
        var apiserver = program("kube-apiserver");
        try {
            var server = new ApiServer();
            try {
                server.startEtcdAndApiserver(etcd, apiserver);
                server.installCrds();
                return server;
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Where a program lies that {@code ./capstan test} builds: {@code kubectl}, {@code etcd}, …
     *
     * @throws IllegalStateException with one line that says what to run, when it was not built
     */
    public static Path program(String name) {
        var cache = Optional.ofNullable(System.getenv("CAPSTAN_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "capstan"));
        var program = cache.resolve("programs/bin").resolve(name);
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException(
                    name + " is not in " + program.getParent() + ": run ./capstan test, which builds it");
        }
        return program;
    }

    /** A client that may do everything. Closed with the server. */
    public KubernetesClient client() {
        return client;
    }

    /** A new namespace, whose name begins with the given words. */
    public String newNamespace(String prefix) {
        var name = prefix + "-" + NAMESPACES.incrementAndGet();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        return name;
    }

    /** A kubeconfig file with the rights of {@link #client}. */
    public Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }

    /** Runs kubectl against this server and returns what it prints, on either stream, whether or not it succeeds. */
    public String kubectl(String... arguments) {
        return kubectlWithInput("", arguments);
    }

    /** Like {@link #kubectl}, with a text for kubectl to read. */
    public String kubectlWithInput(String input, String... arguments) {
        var command = new ArrayList<String>();
        command.addAll(List.of(
                program("kubectl").toString(), "--kubeconfig", kubeconfig().toString()));
        command.addAll(List.of(arguments));
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            // What kubectl caches of one server would be wrong for the next one on this port.
            builder.environment().put("KUBECACHEDIR", folder.resolve("kubectl").toString());
            var process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates or replaces what a CRD's YAML says and waits until it is served. */
    public void install(InputStream crd) {
        install(client, crd);
    }

    /** As {@link #install(InputStream)}, on another API server. */
    public static void install(KubernetesClient client, InputStream crd) {
        var applied = client.apiextensions()
                .v1()
                .customResourceDefinitions()
                .load(crd)
                .forceConflicts()
                .serverSideApply();
        client.resource(applied)
                .waitUntilCondition(
                        served -> served != null
                                && served.getStatus() != null
                                // A CRD that the API server has not looked at yet has a status without them.
                                && served.getStatus().getConditions() != null
                                && served.getStatus().getConditions().stream()
                                        .anyMatch(
                                                condition -> condition.getType().equals("Established")
                                                        && condition.getStatus().equals("True")),
                        30,
                        TimeUnit.SECONDS);
    }

    /** Ends the server and all that it kept. */
    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        running.reversed().forEach(ApiServer::end);
        running.clear();
        try (var files = Files.walk(folder)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // A temporary folder that stays is no reason to fail a test.
        }
    }

    private void startEtcdAndApiserver(Path etcd, Path apiserver) throws IOException {
        int etcdPort = FreePorts.next();
        int peerPort = FreePorts.next();
        run(
                "etcd",
                etcd.toString(),
                "--data-dir=" + folder.resolve("etcd"),
                "--unsafe-no-fsync",
                "--log-level=warn",
                "--listen-client-urls=http://127.0.0.1:" + etcdPort,
                "--advertise-client-urls=http://127.0.0.1:" + etcdPort,
                "--listen-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-cluster=default=http://127.0.0.1:" + peerPort);
        Files.writeString(folder.resolve("tokens.csv"), token + ",admin,admin,system:masters\n");
        Files.writeString(folder.resolve("service-accounts.pem"), privateKey());
        port = FreePorts.next();
        run(
                "kube-apiserver",
                apiserver.toString(),
                "--etcd-servers=http://127.0.0.1:" + etcdPort,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                // Without a reconciler of its endpoints it takes a loopback address.
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--cert-dir=" + folder.resolve("certificates"),
                "--token-auth-file=" + folder.resolve("tokens.csv"),
                "--authorization-mode=RBAC",
                // A tenth of what it computes, for clients that are all alike.
                "--enable-priority-and-fairness=false",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + folder.resolve("service-accounts.pem"),
                "--service-account-signing-key-file=" + folder.resolve("service-accounts.pem"),
                // No controller makes the default service accounts that this plugin would wait for.
                "--disable-admission-plugins=ServiceAccount");
        var deadline = System.nanoTime() + START.toNanos();
        while (!ready()) {
            if (System.nanoTime() > deadline || running.stream().anyMatch(process -> !process.isAlive())) {
                throw new IllegalStateException("kube-apiserver did not start; the end of its log:\n"
                        + tail(folder.resolve("kube-apiserver.log")) + "\nand of etcd's:\n"
                        + tail(folder.resolve("etcd.log")));
            }
            pause(100);
        }
    }

    private boolean ready() throws IOException {
        var certificate = folder.resolve("certificates/apiserver.crt");
        // The key is written after it: once that is there, the certificate is there to its end.
        if (client == null && Files.exists(folder.resolve("certificates/apiserver.key"))) {
            Files.writeString(kubeconfig(), kubeconfig(Files.readAllBytes(certificate)));
            client = new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(kubeconfig().toFile()))
                    .build();
        }
        try {
            return client != null && "ok".equals(client.raw("/readyz"));
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    private String kubeconfig(byte[] certificate) {
        return """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: admin, namespace: default}}]
                clusters: [{name: test, cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}}]
                users: [{name: admin, user: {token: %s}}]
                """.formatted(port, Base64.getEncoder().encodeToString(certificate), token);
    }

    private void installCrds() throws IOException {
        for (var crd : List.of(
                "trainingjobs.capstan.dev-v1.yaml",
                "compressionjobs.capstan.dev-v1.yaml",
                "inferenceservices.capstan.dev-v1.yaml",
                "gpuquotas.capstan.dev-v1.yaml")) {
            try (var yaml = ApiServer.class.getResourceAsStream("/META-INF/capstan/" + crd)) {
                install(yaml);
            }
        }
        awaitDiscovery();
    }

    /**
     * The server tells kubectl of a new kind a second or two after it serves the kind; each question costs a process.
     */
    private void awaitDiscovery() {
        var deadline = System.nanoTime() + START.toNanos();
        var told = "";
        while (!Stream.of("trainingjobs", "compressionjobs", "inferenceservices", "gpuquotas")
                .map(kind -> kind + ".capstan.dev")
                .allMatch(told::contains)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("kubectl isn't told of Capstan's kinds: " + told);
            }
            pause(500);
            told = kubectl("api-resources", "--api-group=capstan.dev", "--output=name");
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while kube-apiserver starts", e);
        }
    }

    /**
     * Starts a program under a shell that kills it once the pipe from this JVM closes: so it ends with us even if
     * somebody kills us, when no shutdown hook runs.
     */
    private void run(String name, String... command) throws IOException {
        var guarded = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "exec 3<&0; \"$@\" 3<&- & child=$!; { read -r _ <&3; kill -9 $child; } 2>/dev/null & wait $child",
                "sh"));
        guarded.addAll(List.of(command));
        var log = folder.resolve(name + ".log").toFile();
        var builder = new ProcessBuilder(guarded).redirectErrorStream(true).redirectOutput(log);
        builder.environment().keySet().retainAll(Set.of("PATH", "HOME"));
        // Processors are scarcer than memory: garbage is collected a quarter as often.
        builder.environment().put("GOGC", "400");
        running.add(builder.start());
    }

    private static void end(Process process) {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String privateKey() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            var key = generator.generateKeyPair().getPrivate().getEncoded();
            return "-----BEGIN PRIVATE KEY-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key)
                    + "\n-----END PRIVATE KEY-----\n";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has RSA", e);
        }
    }

    private static String tail(Path log) throws IOException {
        var lines = Files.exists(log) ? Files.readAllLines(log) : List.<String>of();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    }
}
