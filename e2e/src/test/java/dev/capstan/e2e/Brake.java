package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Slows a worker down for as long as a test needs its job to be there: its process is stopped for most of the time, too
 * shortly each time for anybody to miss it. The others of its gang wait for it. So a job needs no more epochs than it
 * takes to notice that it trains, however slow or fast the machine.
 */
final class Brake implements AutoCloseable {
    private static final int MOST_ATTEMPTS = 5;

    private final NodeShell shell;
    private final String marker;

    private Brake(NodeShell shell, String marker) {
        this.shell = shell;
        this.marker = marker;
    }

    /** Waits until a gang has trained for an epoch, and slows rank 1 down, of which nobody asks for the progress. */
    static Brake onceItTrains(Tenant tenant, String job) {
        return onceItTrains(tenant, job, "1", "0.6");
    }

    /** As above, of a job of one worker, of whatever kind, which goes on telling of its progress. */
    static Brake onceAloneItTrains(Tenant tenant, String job) {
        return onceItTrains(tenant, job, "0", "0.3");
    }

    private static Brake onceItTrains(Tenant tenant, String job, String rank, String seconds) {
        for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
            tenant.watchPods(job, pods -> pods.stream().anyMatch(pod -> works(pod, rank)));
            var pod =
                    tenant.pods(job).stream().filter(each -> works(each, rank)).findFirst();
            var brake = pod.flatMap(each -> onceItTrains(each, seconds));
            if (brake.isPresent()) {
                return brake.get();
            }
        }
        throw new AssertionError(job + " ended before it was slowed down");
    }

    private static boolean works(Pod pod, String rank) {
        return pod.getMetadata().getDeletionTimestamp() == null
                && "Running".equals(pod.getStatus().getPhase())
                && pod.getMetadata().getName().contains("-worker-")
                && rank.equals(pod.getMetadata().getLabels().get("capstan.dev/rank"));
    }

    /** Empty if it ended first, as one of a gang that wasn't whole in time does on a machine that is too busy. */
    private static Optional<Brake> onceItTrains(Pod pod, String seconds) {
        var shell = NodeShell.open(pod.getSpec().getNodeName());
        try {
            var process = shell.javaOf(pod);
            var marker = "/tmp/brake-" + pod.getMetadata().getUid();
            if (process.isPresent()
                    && shell.run(script(process.get(), log(pod), marker, seconds))
                            .contains("slow")) {
                return Optional.of(new Brake(shell, marker));
            }
            shell.close();
            return Optional.empty();
        } catch (RuntimeException e) {
            shell.close();
            throw e;
        }
    }

    /** Whoever brakes leaves the process running, whatever ends him. */
    private static String script(String process, String log, String marker, String seconds) {
        return """
                until grep -qs ' ended: loss' %2$s; do [ -e /proc/%1$s ] || break; sleep 0.05; done
                touch %3$s
                ( while [ -e %3$s ] && kill -STOP %1$s; do sleep %4$s; kill -CONT %1$s; sleep 0.01; done ) >/dev/null 2>&1 &
                [ -e /proc/%1$s ] && echo slow; true""".formatted(process, log, marker, seconds);
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
