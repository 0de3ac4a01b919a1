package dev.capstan.worker.ring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Wire;
import dev.capstan.worker.Gang;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RingTest {
    /** Lengths around the number of ranks, around a piece, and of several pieces that end unevenly. */
    @ParameterizedTest(name = "{0} workers, {1} floats")
    @CsvSource({
        "1, 10",
        "2, 0",
        "2, 1",
        "2, 2",
        "2, 101770",
        "2, 524289",
        "2, 1500001",
        "3, 1",
        "3, 2",
        "3, 7",
        "3, 262144",
        "3, 800003",
        "4, 3",
        "4, 101770",
        "4, 1048577",
        "5, 4",
        "5, 11",
        "5, 101771"
    })
    void everyRankHoldsTheExactSum(int size, int length) throws Exception {
        for (var frames : Wire.Frames.values()) {
            everyRankHoldsTheExactSum(size, length, new Wire(frames, null));
        }
    }

    private static void everyRankHoldsTheExactSum(int size, int length, Wire wire) throws Exception {
        var sums = Gang.run(size, Patience.DEFAULT, wire, ring -> {
            var floats = floats(length);
            // Small whole numbers, so that any order of adding gives the same sum.
            for (int i = 0; i < length; i++) {
                floats.putFloat(i * Float.BYTES, (ring.rank() + 1) * (i % 1000));
            }
            assertEquals(size * (size + 1) / 2.0, ring.allReduce(floats, ring.rank() + 1));
            return floats;
        });
        float ranks = size * (size + 1) / 2f;
        for (var sum : sums) {
            for (int i = 0; i < length; i++) {
                assertEquals(ranks * (i % 1000), sum.getFloat(i * Float.BYTES));
            }
        }
    }

    /** What a rank brings stays as it was: it may have to be brought again. */
    @ParameterizedTest(name = "{0} workers, {1} floats")
    @CsvSource({"1, 10", "2, 3", "2, 300001", "3, 5", "3, 300001"})
    void aSumMayGoElsewhere(int size, int length) throws Exception {
        for (var frames : Wire.Frames.values()) {
            Gang.run(size, Patience.DEFAULT, new Wire(frames, null), ring -> {
                var brought = floats(length);
                for (int i = 0; i < length; i++) {
                    brought.putFloat(i * Float.BYTES, (ring.rank() + 1) * (i % 1000));
                }
                var asItWas = floats(length).put(0, brought, 0, brought.limit());
                var sum = floats(length);
                ring.sum(brought, sum, Header.Rider.NONE);
                assertEquals(asItWas, brought);
                ring.allReduce(brought, 0);
                assertEquals(brought, sum);
                return null;
            });
        }
    }

    @ParameterizedTest(name = "{0} workers, {1} floats")
    @CsvSource({"2, 7", "2, 300001", "3, 7001", "3, 300001", "5, 100003"})
    void roundedSumsAreTheSameOnAllRanksAndAsNearAsRoundingLetsThem(int size, int length) throws Exception {
        var noise = new float[size][length];
        for (int rank = 0; rank < size; rank++) {
            var random = new Random(rank);
            for (int i = 0; i < length; i++) {
                noise[rank][i] = random.nextFloat() + 0.5f;
            }
        }
        var sums = new ArrayList<float[]>();
        for (var frames : Wire.Frames.values()) {
            sums.addAll(Gang.run(size, Patience.DEFAULT, new Wire(frames, Wire.Precision.BF16), ring -> {
                var floats = floats(length);
                floats.asFloatBuffer().put(noise[ring.rank()]);
                ring.allReduce(floats, 0);
                var sum = new float[length];
                floats.asFloatBuffer().get(sum);
                return sum;
            }));
        }
        for (var sum : sums) {
            assertArrayEquals(sums.getFirst(), sum);
        }
        for (int i = 0; i < length; i++) {
            double exact = 0;
            for (int rank = 0; rank < size; rank++) {
                exact += noise[rank][i];
            }
            // Each sum on its way is rounded, to 8 bits.
            assertEquals(exact, sums.getFirst()[i], exact * size / 256);
        }
    }

    @ParameterizedTest(name = "{0} workers wish")
    @ValueSource(ints = {1, 2, 3, 5})
    void allRanksHearOfAllWishesInTheSameOperation(int size) throws Exception {
        var heard = Gang.run(size, Patience.DEFAULT, ring -> {
            var each = new ArrayList<Set<Wish>>();
            for (int operation = 0; operation < 4; operation++) {
                if (operation == 1 && ring.rank() == size - 1) {
                    ring.wish(Wish.CHECKPOINT);
                }
                if (operation == 2 && ring.rank() == 0) {
                    ring.wish(Wish.CHECKPOINT);
                }
                if (operation == 2 && ring.rank() == size / 2) {
                    ring.wish(Wish.STOP);
                }
                ring.allReduce(floats(7), 0);
                each.add(ring.wishes());
            }
            return each;
        });
        for (var each : heard) {
            assertEquals(
                    List.of(Set.of(), Set.of(Wish.CHECKPOINT), Set.of(Wish.CHECKPOINT, Wish.STOP), Set.of()), each);
        }
    }

    /** One after the other wishes to leave; until all do, nobody hears of it. */
    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {1, 2, 3, 5})
    void allStopWhenAllWishToLeave(int size) throws Exception {
        var heard = Gang.run(size, Patience.DEFAULT, ring -> {
            var each = new ArrayList<Set<Wish>>();
            for (int operation = 0; operation < size; operation++) {
                if (operation == ring.rank()) {
                    ring.wish(Wish.LEAVE);
                }
                ring.allReduce(floats(7), 0);
                each.add(ring.wishes());
            }
            return each;
        });
        for (var each : heard) {
            assertEquals(Set.of(Wish.STOP), each.removeLast());
            assertEquals(Collections.nCopies(size - 1, Set.of()), each);
        }
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {2, 3, 4, 5})
    void allRanksAndAllRunsHoldTheSameBits(int size) throws Exception {
        var first = reduceNoise(size);
        for (var bits : first) {
            assertArrayEquals(first.getFirst(), bits);
        }
        assertArrayEquals(first.getFirst(), reduceNoise(size).getFirst());
    }

    /** However the floats come together: of so few they are handed round whole, of so many in chunks. */
    @ParameterizedTest(name = "{0} workers, {1} floats")
    @CsvSource({"2, 10007", "2, 50021", "3, 7001", "3, 10007", "5, 3", "5, 7001", "5, 10007"})
    void aChunkIsAddedUpFromItsOwnRankOn(int size, int length) throws Exception {
        var noise = new float[size][length];
        for (int rank = 0; rank < size; rank++) {
            var random = new Random(rank);
            for (int i = 0; i < length; i++) {
                noise[rank][i] = random.nextFloat() - 0.5f;
            }
        }
        var expected = new float[length];
        for (int chunk = 0; chunk < size; chunk++) {
            for (int i = (int) ((long) length * chunk / size); i < (long) length * (chunk + 1) / size; i++) {
                expected[i] = noise[chunk][i];
                for (int next = 1; next < size; next++) {
                    expected[i] += noise[(chunk + next) % size][i];
                }
            }
        }
        var sums = Gang.run(size, Patience.DEFAULT, ring -> {
            var floats = floats(length);
            floats.asFloatBuffer().put(noise[ring.rank()]);
            ring.allReduce(floats, 0);
            var sum = new float[length];
            floats.asFloatBuffer().get(sum);
            return sum;
        });
        sums.forEach(sum -> assertArrayEquals(expected, sum));
    }

    private static List<byte[]> reduceNoise(int size) throws Exception {
        return Gang.run(size, Patience.DEFAULT, ring -> {
            var floats = floats(10_007);
            var random = new Random(ring.rank());
            for (int repeat = 0; repeat < 5; repeat++) {
                for (int i = 0; i < 10_007; i++) {
                    floats.putFloat(i * Float.BYTES, floats.getFloat(i * Float.BYTES) + random.nextFloat() - 0.5f);
                }
                ring.allReduce(floats, 0);
            }
            var bytes = new byte[floats.limit()];
            floats.get(0, bytes);
            return bytes;
        });
    }

    @Test
    void talliesAreAddedInTheOrderOfRanks() throws Exception {
        double[] tallies = {1e16, 1, -1e16, 1};
        double expected = ((tallies[0] + tallies[1]) + tallies[2]) + tallies[3];
        for (var sum : Gang.run(4, Patience.DEFAULT, ring -> ring.allReduce(floats(9), tallies[ring.rank()]))) {
            assertEquals(expected, sum);
        }
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {1, 2, 3, 5})
    void everyRankGetsAllBlocks(int size) throws Exception {
        var expected = new ArrayList<String>();
        for (int rank = 0; rank < size; rank++) {
            expected.add("block of " + rank);
        }
        for (var blocks :
                Gang.run(
                        size,
                        Patience.DEFAULT,
                        ring -> ring
                                .allGather(
                                        ("block of " + ring.rank()).getBytes(StandardCharsets.UTF_8),
                                        Duration.ofMinutes(1))
                                .stream()
                                .map(block -> new String(block, StandardCharsets.UTF_8))
                                .toList())) {
            assertEquals(expected, blocks);
        }
    }

    static ByteBuffer floats(int length) {
        return ByteBuffer.allocateDirect(length * Float.BYTES).order(ByteOrder.nativeOrder());
    }
}
