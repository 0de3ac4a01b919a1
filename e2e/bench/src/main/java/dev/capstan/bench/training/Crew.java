package dev.capstan.bench.training;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Processes that train the same model at the same time, each by a line that it is told. */
public final class Crew implements AutoCloseable {
    private final List<Member> members = new ArrayList<>();

    /** One process, and its two ends. */
    private record Member(Process process, PrintWriter in, BufferedReader out) {
        String answer() throws IOException {
            var line = out.readLine();
            if (line == null) {
                throw new IOException("a process has ended in the middle of its work: " + process.info());
            }
            return line;
        }
    }

    /**
     * What an epoch took.
     *
     * @param seconds of the slowest process
     * @param computed seconds of processors, of all processes together
     */
    public record Took(double seconds, double computed) {}

    /** Starts a process for each command; returns when all are ready. */
    public static Crew start(List<List<String>> commands, Map<String, String> environment, Path log)
            throws IOException {
        var crew = new Crew();
        try {
            for (var command : commands) {
                var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
                builder.environment().putAll(environment);
                var process = builder.start();
                crew.members.add(new Member(
                        process,
                        new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true),
                        process.inputReader(StandardCharsets.UTF_8)));
            }
            for (var member : crew.members) {
                member.answer();
            }
            return crew;
        } catch (IOException e) {
            crew.close();
            throw new IOException(e.getMessage() + "; it said why in " + log, e);
        }
    }

    public Took train(String line) throws IOException {
        members.forEach(each -> each.in().println(line));
        double seconds = 0;
        double computed = 0;
        for (var member : members) {
            var numbers = member.answer().split(" ");
            seconds = Math.max(seconds, Double.parseDouble(numbers[0]));
            computed += Double.parseDouble(numbers[1]);
        }
        return new Took(seconds, computed);
    }

    /** Megabytes of memory that they take; what several of them share is counted once. */
    double megabytes() throws IOException {
        double sum = 0;
        for (var member : members) {
            sum += megabytes(member.process().pid());
        }
        return sum;
    }

    /** The same of one process. */
    static double megabytes(long process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process + "/smaps_rollup")).stream()
                        .filter(line -> line.startsWith("Pss:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .sum()
                / 1024.0;
    }

    @Override
    public void close() {
        members.forEach(each -> each.process().destroyForcibly());
    }
}
