package dev.capstan.worker.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.Gang;
import dev.capstan.worker.data.DataDigest;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgreementTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private JobFile job;

    @BeforeEach
    void makeAJob() throws Exception {
        job = Fixtures.job(Path.of("/d"), "uid-1", 1, 3, 1);
    }

    @Test
    void equalRanksAgree() throws Exception {
        for (var first :
                Gang.run(3, Patience.DEFAULT, ring -> ready("1", job, 9).agree(ring, LONG))) {
            assertEquals(9, first.samples());
        }
    }

    @Test
    void otherDataIsToldWithItsRank() throws Exception {
        for (var failure : failures(rank -> ready("1", job, rank == 2 ? 8 : 9))) {
            assertEquals(Reason.InvalidData, failure.reason());
            assertTrue(
                    failure.getMessage().startsWith("data.train: rank 2 has 8 samples (sha256:"), failure.getMessage());
            assertTrue(failure.getMessage().contains("rank 0 has 9 ("), failure.getMessage());
        }
    }

    @Test
    void otherTestDataIsToldWithItsRank() throws Exception {
        var digest = "sha256:" + "ab".repeat(32);
        for (var failure : failures(rank -> ready("1", job, 9).testedOn(rank == 1 ? null : digest))) {
            assertEquals(Reason.InvalidData, failure.reason());
            assertTrue(
                    failure.getMessage()
                            .startsWith(
                                    "data.test: rank 1 has other samples (sha256:000000000000…) than rank 0 (sha256:abababababab…)"),
                    failure.getMessage());
        }
    }

    @Test
    void anotherWorkerVersionIsToldWithItsRank() throws Exception {
        for (var failure : failures(rank -> ready(rank == 1 ? "2" : "1", job, 9))) {
            assertEquals(Reason.WorkerError, failure.reason());
            assertTrue(failure.getMessage().startsWith("rank 1 runs another version"), failure.getMessage());
        }
    }

    @Test
    void anotherJobFileIsToldWithItsRank() throws Exception {
        var other = Fixtures.job(Path.of("/elsewhere"), "uid-1", 1, 3, 1);
        for (var failure : failures(rank -> ready("1", rank == 1 ? other : job, 9))) {
            assertEquals(Reason.WorkerError, failure.reason());
            assertTrue(failure.getMessage().startsWith("rank 1 has another job file"), failure.getMessage());
        }
    }

    /** What is free elsewhere, others don't know. */
    @Test
    void whatComputesRankZeroDecides() throws Exception {
        var agreed = Gang.run(2, Patience.DEFAULT, ring -> {
            var mine = ready("1", job, 9);
            return (ring.rank() == 0 ? mine.by(Training.Engine.LIBTORCH, 3) : mine).agree(ring, LONG);
        });
        agreed.forEach(each -> {
            assertEquals(Training.Engine.LIBTORCH, each.engine());
            assertEquals(3, each.threads());
        });
    }

    private static List<Failure> failures(IntFunction<Agreement> agreements) throws Exception {
        return Gang.ends(
                        3,
                        Patience.DEFAULT,
                        ring -> agreements.apply(ring.rank()).agree(ring, LONG))
                .stream()
                .map(Gang.End::failure)
                .toList();
    }

    private static Agreement ready(String version, JobFile job, int samples) {
        var data = Fixtures.images(samples, 1);
        return Agreement.ready(
                version,
                job,
                data.size(),
                DataDigest.of(data),
                Networks.create(Fixtures.layers(), job.train().training(), data.inputs()));
    }
}
