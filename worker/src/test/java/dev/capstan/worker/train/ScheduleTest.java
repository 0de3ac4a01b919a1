package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.train.Schedule.Range;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {
    @ParameterizedTest(name = "{0} samples by {1}")
    @CsvSource({"100, 32, 4, 4", "96, 32, 3, 32", "5, 32, 1, 5", "33, 32, 2, 1", "2147483647, 2000000000, 2, 147483647"
    })
    void theLastBatchOfAnEpochTakesTheRest(int samples, int batchSize, int steps, int last) {
        var schedule = new Schedule(samples, batchSize, 3);
        assertEquals(steps, schedule.stepsPerEpoch());
        assertEquals(3L * steps, schedule.steps());
        assertEquals(last, schedule.batch(steps - 1).size());
        assertEquals(samples, schedule.batch(steps - 1).to());
    }

    @Test
    void sharesCoverTheBatchAndDifferByOneAtMost() {
        for (int size = 0; size < 40; size++) {
            for (int ranks = 1; ranks <= 7; ranks++) {
                int at = 100;
                for (int rank = 0; rank < ranks; rank++) {
                    var share = new Range(100, 100 + size).share(rank, ranks);
                    assertEquals(at, share.from());
                    assertTrue(share.size() == size / ranks || share.size() == Math.ceilDiv(size, ranks));
                    at = share.to();
                }
                assertEquals(100 + size, at);
            }
        }
    }

    @ParameterizedTest(name = "{0} samples by {1}, {2} ranks")
    @CsvSource({"100, 32, 4, 8", "100, 33, 4, 9", "5, 32, 2, 3", "100, 3, 4, 1", "2147483647, 2147483647, 1, 2147483647"
    })
    void noRankTakesMoreThanTheLargestShare(int samples, int batchSize, int ranks, int largest) {
        assertEquals(largest, new Schedule(samples, batchSize, 1).largestShare(ranks));
    }

    @ParameterizedTest(name = "{0} samples by {1}")
    @CsvSource({"33, 32, 1, 33", "65, 32, 2, 33", "66, 32, 3, 2", "64, 32, 2, 32", "2, 32, 1, 2", "10001, 100, 100, 101"
    })
    void aLastSampleThatCannotBeComputedAloneJoinsTheBatchBefore(int samples, int batchSize, int steps, int last) {
        var schedule = new Schedule(samples, batchSize, 3, 2);
        assertEquals(steps, schedule.stepsPerEpoch());
        assertEquals(last, schedule.batch(steps - 1).size());
        assertEquals(samples, schedule.batch(steps - 1).to());
        assertEquals(samples, schedule.samplesBefore(steps));
        assertEquals(Math.max(last, Math.min(batchSize, samples)), schedule.largestShare(1));
    }

    @Test
    void aShareHasSoManySamplesOrNone() {
        for (int size = 2; size < 40; size++) {
            for (int ranks = 1; ranks <= 7; ranks++) {
                int at = 100;
                int largest = 0;
                for (int rank = 0; rank < ranks; rank++) {
                    var share = new Range(100, 100 + size).share(rank, ranks, 2);
                    assertTrue(share.size() == 0 || share.size() >= 2, size + " over " + ranks);
                    assertEquals(share.size() == 0 ? 100 + size : at, share.from());
                    at = share.to();
                    largest = Math.max(largest, share.size());
                    if (size >= 2 * ranks) {
                        assertEquals(new Range(100, 100 + size).share(rank, ranks), share);
                    }
                }
                assertEquals(100 + size, at);
                assertEquals(largest, new Schedule(size, size, 1, 2).largestShare(ranks));
            }
        }
    }
}
