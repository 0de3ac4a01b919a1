package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** {@link Load} in a pod of the tenant's, as clients of a service are pods. */
final class LoadPod {
    private static final String POD = "load";
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final Pattern FIGURE = Pattern.compile("(\\w+)=(\\d+)");

    private static final Pattern TOOK = Pattern.compile("(\\d+):(\\d+)");

    private final Tenant tenant;
    /** How many answers took how many milliseconds, when it was looked last. */
    private Map<Integer, Long> seen = Map.of();

    private LoadPod(Tenant tenant) {
        this.tenant = tenant;
    }

    /** Asks half as much as is answered at most, which is measured first; from a node, if that isn't empty. */
    static LoadPod atHalf(Tenant tenant, String host, int port, String path, String body, String node) {
        var selector = node.isEmpty() ? "{}" : "{kubernetes.io/hostname: " + node + "}";
        var load = start(tenant, host, port, path, body, selector);
        Awaitility.await("the load is at half of what is answered at most")
                .atMost(SOON)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> load.figures().containsKey("persecond"));
        return load;
    }

    private static LoadPod start(Tenant tenant, String host, int port, String path, String body, String node) {
        tenant.put("programs/dev/capstan/e2e", program());
        // The worker's image has the only Java runtime of the cluster.
        tenant.create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  restartPolicy: Never
                  nodeSelector: %s
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
                """.formatted(POD, node, host, port, path, body, Tenant.CLAIM));
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
        System.out.println("load, after " + after + ": " + figures + ", p99 " + p99() + " ms since before that");
        assertEquals(0, figures.get("failed"), () -> after + ":\n" + tenant.kubectl("logs", POD));
        assertTrue(figures.get("asked") > 0, after);
    }

    private Map<String, Long> figures() {
        var figures = new TreeMap<String, Long>();
        FIGURE.matcher(line().replaceAll(" took=.*", ""))
                .results()
                .forEach(found -> figures.put(found.group(1), Long.valueOf(found.group(2))));
        return figures;
    }

    /** The last line with figures; empty if there is none yet. */
    private String line() {
        return tenant.lastLines(POD, 5).reversed().stream()
                .filter(line -> line.startsWith("asked="))
                .findFirst()
                .orElse("");
    }

    /** Milliseconds that 99 of 100 answers took at most since the last call. */
    private int p99() {
        var now = new TreeMap<Integer, Long>();
        TOOK.matcher(line())
                .results()
                .forEach(found -> now.put(Integer.valueOf(found.group(1)), Long.valueOf(found.group(2))));
        var since = new TreeMap<>(now);
        seen.forEach((millis, count) -> since.merge(millis, -count, Long::sum));
        seen = now;
        long left = since.values().stream().mapToLong(Long::longValue).sum() / 100;
        for (var each : since.descendingMap().entrySet()) {
            left -= each.getValue();
            if (left < 0) {
                return each.getKey();
            }
        }
        return 0;
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
