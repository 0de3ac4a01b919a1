package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** {@link Load} in a pod of the tenant's, as clients of a service are pods. */
final class LoadPod {
    private static final String POD = "load";
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Pattern FIGURE = Pattern.compile("(\\w+)=(\\d+)");

    private final Tenant tenant;

    private LoadPod(Tenant tenant) {
        this.tenant = tenant;
    }

    /** Starts to ask, and waits for the first answers. */
    static LoadPod start(Tenant tenant, String host, int port, String path, String body) {
        tenant.put("programs/dev/capstan/e2e", program());
        // The worker's image has the only Java runtime of the cluster.
        tenant.create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  restartPolicy: Never
                  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: load
                    image: capstan/worker:dev
                    imagePullPolicy: Never
                    command: [/opt/java/bin/java, -XX:TieredStopAtLevel=1, -cp, /claim/programs, dev.capstan.e2e.Load]
                    args: ["%s", "%d", "%s", '%s']
                    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 256Mi}}
                    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                    volumeMounts: [{name: claim, mountPath: /claim, readOnly: true}]
                  volumes: [{name: claim, persistentVolumeClaim: {claimName: %s}}]
                """.formatted(POD, host, port, path, body, Tenant.CLAIM));
        var load = new LoadPod(tenant);
        load.awaitMore();
        return load;
    }

    /** Waits for some more answers, whatever they say, so that no client has the connection that it has now. */
    void awaitMore() {
        long before = asked();
        Awaitility.await("the load goes on")
                .atMost(SOON)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> asked() > before + 200);
    }

    private long asked() {
        return figures().getOrDefault("asked", 0L);
    }

    /** How often a question was asked once more. */
    long again() {
        return figures().get("again");
    }

    /** Fails if a question had no answer in time, though it was asked once more. */
    void assertAllAnswered(String after) {
        awaitMore();
        var figures = figures();
        System.out.println("load, after " + after + ": " + figures);
        assertEquals(0, figures.get("failed"), () -> after + ":\n" + tenant.kubectl("logs", POD));
        assertTrue(figures.get("asked") > 0, after);
    }

    private Map<String, Long> figures() {
        var figures = new TreeMap<String, Long>();
        List<String> lines = phase().equals("Pending")
                ? List.of()
                : tenant.kubectl("logs", POD, "--tail=5").lines().toList();
        for (var line : lines.reversed()) {
            if (line.startsWith("asked=")) {
                FIGURE.matcher(line)
                        .results()
                        .forEach(found -> figures.put(found.group(1), Long.valueOf(found.group(2))));
                break;
            }
        }
        return figures;
    }

    private String phase() {
        return tenant.kubectl("get", "pod", POD, "-o", "jsonpath={.status.phase}")
                .strip();
    }

    /** The compiled class, and those in it. */
    private static Path[] program() {
        try {
            var classes = Path.of(Load.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .resolve("dev/capstan/e2e");
            try (var files = Files.list(classes)) {
                return files.filter(file -> file.getFileName().toString().matches("Load(\\$.*)?\\.class"))
                        .toArray(Path[]::new);
            }
        } catch (URISyntaxException | IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
