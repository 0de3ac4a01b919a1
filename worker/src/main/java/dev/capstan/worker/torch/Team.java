package dev.capstan.worker.torch;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Threads that compute parts of one thing at a time: whoever calls is the first of them. A native library's own threads
 * are never used: LibTorch's are those of OpenMP, and its matrix products are OpenBLAS's, which has others; each kind
 * goes on turning round on its processor when it is done, in the other's way, and small steps take fifty times as long.
 */
final class Team {
    /** Of turns, some tens of microseconds: what follows one thing at once is met awake. */
    private static final int AWAKE = 2_000;

    /** One of each size for the process: they wait most of the time. */
    private static final Map<Integer, Team> TEAMS = new ConcurrentHashMap<>();

    private final Thread[] others;
    private final AtomicInteger left = new AtomicInteger();
    private final Throwable[] thrown;
    private volatile Task task = new Task(0, part -> {}, null);

    private record Task(long number, IntConsumer work, Thread caller) {}

    private Team(int size) {
        thrown = new Throwable[size];
        others = new Thread[size - 1];
        for (int i = 0; i < others.length; i++) {
            int part = i + 1;
            others[i] =
                    Thread.ofPlatform().daemon().name("capstan-compute-" + part).unstarted(() -> work(part));
        }
        Arrays.stream(others).forEach(Thread::start);
    }

    /** @param size how many threads, the caller included; at least 1 */
    static Team of(int size) {
        return TEAMS.computeIfAbsent(size, Team::new);
    }

    /** Number of threads. */
    int size() {
        return thrown.length;
    }

    /**
     * Has each part done by a thread of its own, always the same one; returns when all are done.
     *
     * @param work gets the part's number, from 0 to size - 1
     * @throws RuntimeException what the first part threw that threw anything
     */
    synchronized void together(IntConsumer work) {
        Arrays.fill(thrown, null);
        left.set(others.length);
        task = new Task(task.number() + 1, work, Thread.currentThread());
        Arrays.stream(others).forEach(LockSupport::unpark);
        run(work, 0);
        for (int turn = 0; left.get() > 0; turn++) {
            pause(turn);
        }
        for (var each : thrown) {
            switch (each) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(each);
            }
        }
    }

    private void work(int part) {
        for (long done = 0; ; done++) {
            for (int turn = 0; task.number() == done; turn++) {
                pause(turn);
            }
            var now = task;
            run(now.work(), part);
            if (left.decrementAndGet() == 0) {
                LockSupport.unpark(now.caller());
            }
        }
    }

    private void run(IntConsumer work, int part) {
        try {
            work.accept(part);
        } catch (Throwable e) {
            thrown[part] = e;
        }
    }

    private static void pause(int turn) {
        if (turn < AWAKE) {
            Thread.onSpinWait();
        } else {
            LockSupport.park();
        }
    }
}
