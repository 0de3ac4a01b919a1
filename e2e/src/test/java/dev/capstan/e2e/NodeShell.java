package dev.capstan.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A shell that stays open on a node: what it is told happens within milliseconds, where a command of the cluster's
 * takes as long as an operator needs to make a gang.
 */
final class NodeShell implements AutoCloseable {
    private static final String END = "-- ended with ";

    private final String node;
    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    private NodeShell(String node, Process process) {
        this.node = node;
        this.process = process;
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    static NodeShell open(String node) {
        var command = List.of(Cluster.COMMAND, "docker", "exec", "-i", node, "sh");
        try {
            return new NodeShell(
                    node,
                    new ProcessBuilder(command)
                            .directory(Shell.CHECKOUT.toFile())
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String node() {
        return node;
    }

    /**
     * Runs a script to its end and returns the lines that it printed.
     *
     * @throws IllegalStateException when its last command fails
     */
    synchronized List<String> run(String script) {
        try {
            commands.write("{ " + script + "\n} </dev/null; echo; echo '" + END + "'$?\n");
            commands.flush();
            var lines = new ArrayList<String>();
            for (var line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(END)) {
                    if (!line.equals(END + 0)) {
                        throw new IllegalStateException("on " + node + ": " + script + " " + line + ":\n" + lines);
                    }
                    lines.removeIf(String::isEmpty);
                    return lines;
                }
                lines.add(line);
            }
            throw new IllegalStateException("the shell on " + node + " is gone");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The number of the process of a pod's main container, a Java program; empty while there is none. */
    Optional<String> javaOf(Pod pod) {
        // Control groups are named after the pod, with dashes or underscores; the other process in them holds the
        // sandbox.
        var uid = pod.getMetadata().getUid().replace("-", "[-_]");
        return run("""
                        grep -ls %s /proc/[0-9]*/cgroup | while IFS=/ read -r none proc pid file; do
                          read -r program </proc/$pid/comm && [ "$program" = java ] && echo $pid
                        done 2>/dev/null; true""".formatted(uid)).stream().findFirst();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
