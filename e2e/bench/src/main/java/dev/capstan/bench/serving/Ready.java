package dev.capstan.bench.serving;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits for servers. */
final class Ready {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private Ready() {}

    /**
     * Asks until the right answer comes.
     *
     * @param since when the server's process was started, by {@link System#nanoTime}
     * @return seconds from then to the answer
     */
    static double firstAnswer(Servers.Running server, Target target, Question question, long since)
            throws IOException, InterruptedException {
        while (true) {
            try (var connection = target.connect()) {
                connection.ask(question);
                for (float[] answer = null; ; TimeUnit.MICROSECONDS.sleep(200)) {
                    answer = connection.read();
                    if (answer != null) {
                        question.check(answer);
                        return (System.nanoTime() - since) / 1e9;
                    }
                    impatient(server, since);
                }
            } catch (IOException e) {
                // Nobody listens yet, or it isn't ready.
                server.process().checkAlive();
                impatient(server, since);
                TimeUnit.MILLISECONDS.sleep(2);
            }
        }
    }

    private static void impatient(Servers.Running server, long since) throws IOException {
        if (System.nanoTime() - since > PATIENCE.toNanos()) {
            throw new IllegalStateException(server.name() + " hasn't answered for " + PATIENCE.toSeconds()
                    + " s; its log is " + server.process().log());
        }
    }
}
