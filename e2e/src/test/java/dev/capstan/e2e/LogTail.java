package dev.capstan.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Reads a container's log off its node as it is written, whatever becomes of the pod, the node's network or the API
 * server.
 */
final class LogTail implements AutoCloseable {
    private final Process process;

    private LogTail(Process process) {
        this.process = process;
    }

    /**
     * Begins with the first line.
     *
     * @param log its path on the node, where it may not be yet
     * @param line is given each, in a thread of its own
     */
    static LogTail of(String node, String log, Consumer<String> line) {
        // What runs on a node isn't told of its client's end, but for the end of what it reads.
        var script = "tail -n +1 -F '" + log + "' 2>/dev/null & cat >/dev/null; kill $!";
        try {
            var process = new ProcessBuilder(Cluster.COMMAND, "docker", "exec", "-i", node, "sh", "-c", script)
                    .directory(Shell.CHECKOUT.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var lines = process.inputReader(StandardCharsets.UTF_8);
            Thread.ofPlatform().daemon().name("log of " + node).start(() -> {
                try (lines) {
                    for (var next = lines.readLine(); next != null; next = lines.readLine()) {
                        line.accept(next);
                    }
                } catch (IOException e) {
                    // It was closed.
                }
            });
            return new LogTail(process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended already.
        }
        process.destroy();
    }
}
