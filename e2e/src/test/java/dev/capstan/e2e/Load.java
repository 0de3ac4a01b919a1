package dev.capstan.e2e;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that asks one question all the time, as a program of its own, in a pod without anything but a Java runtime.
 * It does what every client has to: when no answer comes, because the connection broke, or another one than 200, it
 * asks once more after 4 seconds, on a new connection. What hasn't been answered 5 seconds after it was first asked has
 * failed.
 *
 * <p>It measures first how much it gets answered at most, and asks half as often from then on.
 *
 * <p>Each second it prints {@code asked=N failed=N again=N slowest=MILLIS took=MILLIS:N,…}, all since the start, and
 * how often it asks.
 */
final class Load {
    private static final int CLIENTS = 2;
    /** For how long it is measured what is answered at most. */
    private static final int MEASURED_MILLIS = 2000;
    /** What any server answers on any machine. */
    private static final int FEWEST_A_SECOND = 20;

    /** Questions by one connection. */
    private static final int USES = 50;

    private static final int PAUSE_MILLIS = 20;
    /** Until the nodes know of a process that died, another connection may lead to it as well. */
    private static final int AGAIN_MILLIS = 4000;

    private static final int PATIENCE_MILLIS = 5000;

    private final String host;
    private final int port;
    private final byte[] request;
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong again = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();
    /** How many answers took so many milliseconds. */
    private final AtomicIntegerArray took = new AtomicIntegerArray(2 * PATIENCE_MILLIS);

    /** From one question of a client to its next; 0 for none. */
    private volatile int pauseMicros;

    private Load(String host, int port, String path, String body) {
        this.host = host;
        this.port = port;
        request = ("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(path, host, body.length(), body))
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** @param arguments host, port, path and body */
    public static void main(String[] arguments) throws InterruptedException {
        var load = new Load(arguments[0], Integer.parseInt(arguments[1]), arguments[2], arguments[3]);
        for (int client = 0; client < CLIENTS; client++) {
            Thread.startVirtualThread(load::ask);
        }
        load.halve();
        while (true) {
            Thread.sleep(1000);
            load.print();
        }
    }

    /** Measures twice, the first time for warming up. */
    private void halve() throws InterruptedException {
        while (asked.get() == 0) {
            Thread.sleep(100);
        }
        Thread.sleep(MEASURED_MILLIS);
        long before = asked.get();
        Thread.sleep(MEASURED_MILLIS);
        // Where others had the processors just then, it isn't crept along for the rest of the test.
        long answered = Math.max(FEWEST_A_SECOND * MEASURED_MILLIS / 1000L, asked.get() - before);
        pauseMicros = (int) (2000L * MEASURED_MILLIS * CLIENTS / answered);
        for (int millis = 0; millis < took.length(); millis++) {
            took.set(millis, 0);
        }
    }

    private void print() {
        var times = new StringJoiner(",");
        for (int millis = 0; millis < took.length(); millis++) {
            if (took.get(millis) > 0) {
                times.add(millis + ":" + took.get(millis));
            }
        }
        System.out.printf(
                "asked=%d failed=%d again=%d slowest=%d persecond=%d took=%s%n",
                asked.get(),
                failed.get(),
                again.get(),
                slowest.get(),
                pauseMicros == 0 ? 0 : 1_000_000L * CLIENTS / pauseMicros,
                times);
    }

    private void ask() {
        Socket connection = null;
        // A node hears of a new service a moment later: what isn't answered before the first answer isn't counted.
        boolean begun = false;
        for (long question = 1; ; question++) {
            if (question % USES == 0) {
                close(connection);
                connection = null;
            }
            long start = System.nanoTime();
            String problem = null;
            for (int attempt = 0; attempt < 2; attempt++) {
                try {
                    int left = PATIENCE_MILLIS - millisSince(start);
                    if (left <= 0) {
                        break;
                    }
                    if (connection == null || connection.isClosed()) {
                        connection = new Socket();
                        connection.connect(new InetSocketAddress(host, port), left);
                    }
                    connection.setSoTimeout(Math.max(1, PATIENCE_MILLIS - millisSince(start)));
                    problem = answer(connection);
                } catch (IOException e) {
                    problem = e.toString();
                }
                if (problem == null) {
                    break;
                }
                close(connection);
                connection = null;
                if (attempt == 0 && begun) {
                    again.incrementAndGet();
                    pause(AGAIN_MILLIS);
                }
            }
            if (!begun && problem != null) {
                pause(PAUSE_MILLIS);
                continue;
            }
            begun = true;
            asked.incrementAndGet();
            int millis = millisSince(start);
            slowest.accumulateAndGet(millis, Math::max);
            took.incrementAndGet(Math.min(millis, took.length() - 1));
            if (problem != null) {
                failed.incrementAndGet();
                System.out.println("failed after " + millis + " ms: " + problem);
            }
            LockSupport.parkNanos(1000L * pauseMicros - (System.nanoTime() - start));
        }
    }

    /** Asks, and returns what is wrong with the answer; null if nothing is. */
    private String answer(Socket connection) throws IOException {
        connection.getOutputStream().write(request);
        var in = new BufferedInputStream(connection.getInputStream());
        var status = line(in);
        int length = 0;
        boolean last = false;
        for (var header = line(in); !header.isEmpty(); header = line(in)) {
            var lower = header.toLowerCase();
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(header.substring(15).strip());
            }
            last |= lower.startsWith("connection:") && lower.contains("close");
        }
        var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        if (last) {
            connection.close();
        }
        return status.startsWith("HTTP/1.1 200") && body.contains("\"outputs\"") ? null : status + " " + body;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the connection was closed");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    private static int millisSince(long start) {
        return (int) ((System.nanoTime() - start) / 1_000_000);
    }

    private static void close(Socket connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (IOException e) {
            // It is of no use any more, whatever it says.
        }
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a client", e);
        }
    }
}
