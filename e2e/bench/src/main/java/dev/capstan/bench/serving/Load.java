package dev.capstan.bench.serving;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What a number of clients saw, each of which asked its next question when the one before was answered.
 *
 * @param perSecond answers
 * @param p50 milliseconds that half of the answers took at most
 * @param p99 and that 99 of 100 did
 */
record Load(double perSecond, double p50, double p99) {
    private static final int PATIENCE_MILLIS = 30_000;

    /**
     * Asks for so long, on one thread, and checks every answer.
     *
     * @param warmUp is not counted
     * @param counted for how long at least; longer until there are as many answers as clients
     * @throws IOException if anything is refused, or not answered for long
     */
    static Load on(Target target, List<Question> questions, int clients, Duration warmUp, Duration counted)
            throws IOException {
        var asking = new Asking[clients];
        var latencies = new Latencies();
        long begin = System.nanoTime() + warmUp.toNanos();
        long end = begin + counted.toNanos();
        long last = begin;
        try (var selector = Selector.open()) {
            for (int i = 0; i < clients; i++) {
                asking[i] = new Asking(target.connect(), questions, i);
                asking[i].connection.channel().register(selector, SelectionKey.OP_READ, asking[i]);
                asking[i].next();
            }
            for (long now = System.nanoTime(); now < end || latencies.count < clients; ) {
                if (selector.select(PATIENCE_MILLIS) == 0) {
                    throw new IOException(target + " hasn't answered for " + PATIENCE_MILLIS / 1000 + " s");
                }
                for (var key : selector.selectedKeys()) {
                    var each = (Asking) key.attachment();
                    var answer = each.connection.read();
                    if (answer != null) {
                        now = System.nanoTime();
                        each.asked().check(answer);
                        if (now >= begin) {
                            latencies.add(now - each.since);
                            last = now;
                        }
                        each.next();
                    }
                }
                selector.selectedKeys().clear();
            }
        } finally {
            for (var each : asking) {
                if (each != null) {
                    each.connection.close();
                }
            }
        }
        return latencies.over(Duration.ofNanos(last - begin));
    }

    /** A client: clients ask different questions, so that one that gets another's answer is noticed. */
    private static final class Asking {
        private final Connection connection;
        private final List<Question> questions;
        private int which;
        private long since;

        Asking(Connection connection, List<Question> questions, int which) {
            this.connection = connection;
            this.questions = questions;
            this.which = which;
        }

        Question asked() {
            return questions.get(which % questions.size());
        }

        void next() throws IOException {
            which++;
            since = System.nanoTime();
            connection.ask(asked());
        }
    }

    /** Nanoseconds, as many as come. */
    static final class Latencies {
        private long[] nanos = new long[1 << 16];
        private int count;

        void add(long each) {
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            nanos[count++] = each;
        }

        Load over(Duration time) {
            if (count == 0) {
                throw new IllegalStateException("nothing was answered in " + time);
            }
            Arrays.sort(nanos, 0, count);
            return new Load(count / (time.toNanos() / 1e9), percentile(50), percentile(99));
        }

        private double percentile(int percent) {
            return nanos[(int) ((count - 1L) * percent / 100)] / 1e6;
        }
    }
}
