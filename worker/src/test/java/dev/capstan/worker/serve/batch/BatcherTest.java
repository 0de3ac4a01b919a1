package dev.capstan.worker.serve.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Echo;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who is computed with whom, and what each of them gets. */
class BatcherTest {
    private static final long SECOND = 1_000_000_000;

    /** Samples of each computation. */
    private final ConcurrentLinkedQueue<Long> sizes = new ConcurrentLinkedQueue<>();

    private Batcher batcher(Predictor predictor, int maxSize, long maxDelayNanos, int queue) {
        return batcher(predictor, maxSize, maxDelayNanos, queue, -1);
    }

    private Batcher batcher(Predictor predictor, int maxSize, long maxDelayNanos, int queue, long shortBytes) {
        return new Batcher(
                "test",
                predictor,
                maxSize,
                maxDelayNanos,
                queue,
                1,
                shortBytes,
                (samples, requests, nanos) -> sizes.add(samples));
    }

    private static Map<String, Tensor> floats(int samples, float... values) {
        var data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var each : values) {
            data.putFloat(each);
        }
        return Map.of("x", new Tensor(DataType.FP32, new long[] {samples, values.length / samples}, data.flip()));
    }

    private static CompletableFuture<Map<String, Tensor>> ask(Batcher batcher, Map<String, Tensor> inputs) {
        return batcher.submit(inputs, Set.of("y"), new Call(30 * SECOND), Runnable::run);
    }

    private static List<Float> answer(CompletableFuture<Map<String, Tensor>> result) throws Exception {
        var data = result.get(20, TimeUnit.SECONDS).get("y").data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var values = new ArrayList<Float>();
        while (data.hasRemaining()) {
            values.add(data.getFloat());
        }
        return values;
    }

    private static Kind refusal(CompletableFuture<?> result) {
        var e = assertThrows(ExecutionException.class, () -> result.get(20, TimeUnit.SECONDS));
        return assertInstanceOf(RequestException.class, e.getCause()).kind();
    }

    /** Holds up the one thread that computes. */
    private static CompletableFuture<?> busy(Batcher batcher) {
        var first = ask(batcher, floats(1, 0, 0, 0));
        while (batcher.waiting() > 0) {
            Thread.onSpinWait();
        }
        return first;
    }

    @Test
    void eachGetsItsOwnRows() throws Exception {
        try (var batcher = batcher(Echo.slow(100), 8, 0, 64)) {
            busy(batcher);
            var one = ask(batcher, floats(1, 1, 2));
            var two = ask(batcher, floats(2, 3, 4, 5, 6));
            var counted = batcher.submit(floats(1, 9, 9), Set.of("count"), new Call(30 * SECOND), Runnable::run);
            var wide = ask(batcher, floats(1, 7));
            var three = ask(batcher, floats(4, 1, 2, 3, 4, 5, 6, 7, 8));
            var late = ask(batcher, floats(1, 11, 12));
            assertEquals(List.of(1f, 2f), answer(one));
            assertEquals(List.of(3f, 4f, 5f, 6f), answer(two));
            assertEquals(List.of(7f), answer(wide));
            assertEquals(List.of(1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f), answer(three));
            assertEquals(Set.of("count"), counted.get().keySet(), "the outputs that it wants, and no others'");
            assertEquals(List.of(11f, 12f), answer(late));
            assertEquals(List.of(1L, 8L, 1L, 1L), List.copyOf(sizes), "of one width, and no more than eight");
        }
    }

    @Test
    void whoHasGoneKeepsNobodyOut() throws Exception {
        try (var batcher = batcher(Echo.slow(100), 1, 0, 2)) {
            busy(batcher);
            var calls = List.of(new Call(30 * SECOND), new Call(30 * SECOND));
            var gone = calls.stream()
                    .map(call -> batcher.submit(floats(1, 1), Set.of("y"), call, Runnable::run))
                    .toList();
            assertEquals(
                    Kind.BUSY,
                    assertThrows(RequestException.class, () -> ask(batcher, floats(1, 2)))
                            .kind());
            calls.forEach(Call::leave);
            var live = ask(batcher, floats(1, 2));
            assertEquals(Kind.TIMEOUT, refusal(gone.getFirst()));
            assertEquals(Kind.TIMEOUT, refusal(gone.getLast()));
            assertEquals(List.of(2f), answer(live));
        }
    }

    @Test
    void textsAreTakenApartToo() throws Exception {
        var echo = new Echo(DataType.BYTES, 100_000_000, new AtomicInteger(), new AtomicBoolean());
        try (var batcher = batcher(echo, 8, 0, 64)) {
            var first = ask(batcher, texts("x"));
            while (batcher.waiting() > 0) {
                Thread.onSpinWait();
            }
            var one = ask(batcher, texts("", "long one"));
            var two = ask(batcher, texts("ä"));
            assertEquals(
                    texts("", "long one").get("x").data(), one.get().get("y").data());
            assertEquals(texts("ä").get("x").data(), two.get().get("y").data());
            first.get();
            assertEquals(List.of(1L, 3L), List.copyOf(sizes));
        }
    }

    private static Map<String, Tensor> texts(String... texts) {
        var data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        for (var each : texts) {
            data.putInt(each.getBytes(UTF_8).length).put(each.getBytes(UTF_8));
        }
        return Map.of("x", new Tensor(DataType.BYTES, new long[] {texts.length, 1}, data.flip()));
    }

    @Test
    void aFaultIsThatOnesAlone() throws Exception {
        try (var batcher = batcher(Echo.slow(50), 8, 0, 64)) {
            busy(batcher);
            var good = ask(batcher, floats(1, 1));
            var bad = ask(batcher, floats(1, Echo.FAULT));
            var other = ask(batcher, floats(1, 2));
            assertEquals(List.of(1f), answer(good));
            assertEquals(Kind.INTERNAL, refusal(bad));
            assertEquals(List.of(2f), answer(other));
        }
    }

    @Test
    void whoIsAloneWaitsForNobody() throws Exception {
        try (var batcher = batcher(Echo.of(DataType.FP32), 8, 20 * SECOND, 64)) {
            long began = System.nanoTime();
            for (int each = 0; each < 5; each++) {
                answer(ask(batcher, floats(1, each)));
            }
            assertTrue(System.nanoTime() - began < 10 * SECOND);
        }
    }

    @Test
    void whatIsShortAndAloneIsComputedByWhoBringsIt() throws Exception {
        try (var batcher = batcher(Echo.of(DataType.FP32), 8, 20 * SECOND, 64, 4)) {
            var answer = ask(batcher, floats(1, 1));
            assertTrue(answer.isDone(), "no other thread was asked");
            assertEquals(List.of(1f), answer(answer));

            // What has come by the time that the first would be computed goes together, and by another thread.
            var later = new ArrayList<Runnable>();
            var first = batcher.submit(floats(1, 1), Set.of("y"), new Call(30 * SECOND), later::add);
            var second = batcher.submit(floats(1, 2), Set.of("y"), new Call(30 * SECOND), later::add);
            assertEquals(1, later.size());
            assertEquals(2, batcher.waiting());
            later.removeFirst().run();
            assertEquals(List.of(1f), answer(first));
            assertEquals(List.of(2f), answer(second));
            assertEquals(List.of(1L, 2L), List.copyOf(sizes));
        }
    }

    @Test
    void whatIsLongerIsComputedByOthers() throws Exception {
        try (var batcher = batcher(Echo.slow(50), 8, 0, 64, 4)) {
            var wide = ask(batcher, floats(1, 1, 2));
            assertFalse(wide.isDone(), "it has more bytes");
            answer(wide);
        }
        try (var batcher = batcher(Echo.busy(100), 8, 0, 64, 4)) {
            assertTrue(ask(batcher, floats(1, 1)).isDone());
            assertFalse(ask(batcher, floats(1, 1)).isDone(), "it has taken too long to be called short");
        }
    }

    @Test
    void whoIsLetGoOfIsNotAskedByAnybodyAnyMore() throws Exception {
        var echo = Echo.of(DataType.FP32);
        var batcher = batcher(echo, 1, 0, 64, 4);
        var later = new ArrayList<Runnable>();
        var last = batcher.submit(floats(1, 1), Set.of("y"), new Call(30 * SECOND), later::add);
        batcher.close();
        assertEquals(List.of(1f), answer(last), "what waits is computed still");
        for (int look = 0; !echo.closed().get(); look++) {
            assertTrue(look < 1000, "its memory is kept");
            Thread.sleep(5);
        }
        later.removeFirst().run();
        assertEquals(1, echo.runs().get());
    }

    @Test
    void thoseWhoAskTogetherAreWaitedFor() throws Exception {
        try (var batcher = batcher(Echo.slow(20), 8, 3 * SECOND, 64)) {
            busy(batcher);
            // Four are about, with the one that is computed. That one doesn't come again, and the others wait for it
            // once.
            var round = List.of(ask(batcher, floats(1, 1)), ask(batcher, floats(1, 2)), ask(batcher, floats(1, 3)));
            for (var each : round) {
                answer(each);
            }
            assertEquals(List.of(1L, 3L), List.copyOf(sizes));
            long began = System.nanoTime();
            var first = ask(batcher, floats(1, 1));
            Thread.sleep(50);
            var second = ask(batcher, floats(1, 2));
            var third = ask(batcher, floats(1, 3));
            answer(first);
            answer(second);
            answer(third);
            assertEquals(List.of(1L, 3L, 3L), List.copyOf(sizes));
            assertTrue(System.nanoTime() - began < 3 * SECOND, "nobody has waited for a fourth");
        }
    }

    @Test
    void tooManyAreRefusedAtOnce() throws Exception {
        try (var batcher = batcher(Echo.slow(100), 1, 0, 2)) {
            busy(batcher);
            var one = ask(batcher, floats(1, 1));
            var two = ask(batcher, floats(1, 2));
            var refused = assertThrows(RequestException.class, () -> ask(batcher, floats(1, 3)));
            assertEquals(Kind.BUSY, refused.kind());
            assertEquals("2 requests wait already, the most that may (limits.queue)", refused.getMessage());
            answer(one);
            answer(two);
            answer(ask(batcher, floats(1, 4)));
        }
    }

    @Test
    void whatNobodyWaitsForIsNotComputed() throws Exception {
        var echo = Echo.slow(100);
        try (var batcher = batcher(echo, 1, 0, 64)) {
            busy(batcher);
            var late = batcher.submit(floats(1, 1), Set.of("y"), new Call(SECOND / 100), Runnable::run);
            var call = new Call(30 * SECOND);
            var gone = batcher.submit(floats(1, 2), Set.of("y"), call, Runnable::run);
            call.leave();
            answer(ask(batcher, floats(1, 3)));
            assertEquals(Kind.TIMEOUT, refusal(late));
            assertEquals(Kind.TIMEOUT, refusal(gone));
            assertEquals(2, echo.runs().get());
        }
    }

    /** A long computation isn't one that hangs while its client, who knows how long it takes, waits for it. */
    @Test
    void whatHangsIsWhatNobodyWaitsForAnyMore() throws Exception {
        try (var batcher = batcher(Echo.slow(300), 1, 0, 64)) {
            var awaited = ask(batcher, floats(1, 1));
            while (!awaited.isDone()) {
                assertEquals(0, batcher.longestNanos());
            }
            // One that is overdue before its turn comes isn't computed at all.
            long longest = 0;
            for (int time = 0; longest == 0; time++) {
                assertTrue(time < 50, "none is told");
                var given = batcher.submit(floats(1, 2), Set.of("y"), new Call(SECOND / 20), Runnable::run);
                while (!given.isDone() && longest == 0) {
                    longest = batcher.longestNanos();
                }
            }
            assertTrue(longest > SECOND / 50, "since it began: " + longest);
        }
    }

    @Test
    void whatWaitsIsAnsweredWhenItIsClosed() throws Exception {
        var echo = Echo.slow(50);
        var batcher = batcher(echo, 1, 0, 64);
        busy(batcher);
        var waiting = ask(batcher, floats(1, 1));
        batcher.close();
        assertEquals(
                Kind.UNAVAILABLE,
                assertThrows(RequestException.class, () -> ask(batcher, floats(1, 2)))
                        .kind());
        assertEquals(List.of(1f), answer(waiting));
        for (int look = 0; !echo.closed().get(); look++) {
            assertTrue(look < 1000, "its memory is kept");
            Thread.sleep(5);
        }
    }
}
