package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/**
 * Slows a worker down for as long as a test needs its job to be there: a twentieth of the time its process runs, and
 * else it is stopped, too shortly for anybody to miss it. The others of its gang wait for it. So a job needs no more
 * epochs than it takes to notice that it trains, however slow or fast the machine.
 */
final class Brake implements AutoCloseable {
    private static final Duration SOON = Duration.ofMinutes(3);

    private final NodeShell shell;
    private final String marker;

    private Brake(NodeShell shell, String marker) {
        this.shell = shell;
        this.marker = marker;
    }

    /** Waits until rank 0 of a training's first attempt has trained for an epoch, and slows it down. */
    static Brake onceItTrains(Tenant tenant, String job) {
        return onceTrains(tenant, job + "-tj-1-worker-0-0");
    }

    /** As above, of a compression that tunes what it left. */
    static Brake onceItTunes(Tenant tenant, String job) {
        return onceTrains(tenant, job + "-cmj-1-worker-0-0");
    }

    private static Brake onceTrains(Tenant tenant, String podName) {
        tenant.watchPod(
                podName, pod -> pod != null && "Running".equals(pod.getStatus().getPhase()));
        var pod = tenant.pod(podName);
        var shell = NodeShell.open(pod.getSpec().getNodeName());
        try {
            // The kubelet's word comes a moment after the container is there.
            var process = Awaitility.await("the process of " + podName)
                    .atMost(SOON)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> shell.javaOf(pod), Optional::isPresent)
                    .orElseThrow();
            var marker = "/tmp/brake-" + pod.getMetadata().getUid();
            var end = shell.run(script(process, log(pod), marker));
            assertTrue(end.equals(List.of("slow")), podName + " ended before it was slowed down");
            return new Brake(shell, marker);
        } catch (RuntimeException | AssertionError e) {
            shell.close();
            throw e;
        }
    }

    /** What ends while it waits, or is over, is told; whoever brakes leaves the process running, whatever ends him. */
    private static String script(String process, String log, String marker) {
        return """
                until grep -qs ' ended: loss' %2$s; do [ -e /proc/%1$s ] || break; sleep 0.05; done
                touch %3$s
                ( while [ -e %3$s ] && kill -STOP %1$s; do sleep 0.3; kill -CONT %1$s; sleep 0.01; done ) >/dev/null 2>&1 &
                [ -e /proc/%1$s ] && echo slow; true""".formatted(process, log, marker);
    }

    private static String log(Pod pod) {
        var metadata = pod.getMetadata();
        return "/var/log/pods/%s_%s_%s/worker/0.log"
                .formatted(metadata.getNamespace(), metadata.getName(), metadata.getUid());
    }

    /** Where it is. */
    String node() {
        return shell.node();
    }

    /** Lets it go. */
    @Override
    public void close() {
        try {
            shell.run("rm -f " + marker);
        } catch (IllegalStateException | UncheckedIOException e) {
            // Its node is gone, and the process with it.
        } finally {
            shell.close();
        }
    }
}
