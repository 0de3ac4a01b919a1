package dev.capstan.controllers.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.job.JobDescription.Verdict;
import dev.capstan.controllers.job.JobPlan;
import dev.capstan.controllers.job.Others;
import dev.capstan.controllers.job.World;
import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.ModelFrom;
import dev.capstan.crds.compression.CompressionJob;
import dev.capstan.crds.compression.CompressionJobStatus;
import dev.capstan.crds.compression.CompressionResult;
import dev.capstan.crds.compression.FineTune;
import dev.capstan.crds.compression.Prune;
import dev.capstan.crds.compression.Step;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Timeouts;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What workers tell, in status and conditions, and the verdict on it. */
class FindingsTest {
    private static final WorkerSettings SETTINGS = new WorkerSettings(
            "capstan/worker:1", "", Map.of(), new Quantity("1Gi"), List.of(), Timeouts.DEFAULT, Optional.empty());
    private static final Compression NOTHING = new Compression(null, 0, null, null, null, null, null);

    private final CompressionJob job =
            CompressionJobs.job("team-a", "small", new ModelFrom().setUri("pvc://models/base"));
    private final CompressionDescription description = new CompressionDescription(job);
    private final CompressionJobStatus status = new CompressionJobStatus();

    @Test
    void nothingIsKnownAtFirst() {
        assertEquals(
                List.of(
                        "Calibrated False NotMeasured ",
                        "Evaluated False NotMeasured ",
                        "Accepted Unknown NotMeasured "),
                conditions());
        take(NOTHING);
        assertEquals(new CompressionResult(), status.getCompression());
        assertEquals("Accepted Unknown NotMeasured ", conditions().getLast());
    }

    @Test
    void aJobThatOnlyPrunesCalibratesNothing() {
        job.getSpec().setSteps(job.getSpec().getSteps().subList(0, 1));
        assertEquals(2, conditions().size());
    }

    @Test
    void allOfItIsTold() {
        take(CompressionJobs.found(CompressionJobs.DROP));
        assertEquals(
                List.of(
                        "Calibrated True RangesFound the ranges of activations are known from 512 samples",
                        "Evaluated True Measured 3.9400 times smaller, accuracy 0.9741, it was 0.9761, median latency"
                                + " 0.4100 of what it was",
                        "Accepted True WithinBounds maxDrop 0.0100: measured 0.0020"),
                conditions());
        assertEquals(
                "{\"ratio\":\"3.9400\",\"drop\":\"0.0020\",\"latencyRatio\":\"0.4100\","
                        + "\"bounds\":[{\"name\":\"maxDrop\",\"bound\":\"0.0100\",\"measured\":\"0.0020\",\"met\":true}],"
                        + "\"baseline\":{\"file\":\"model.onnx\",\"sizeBytes\":407056,\"accuracy\":\"0.9761\","
                        + "\"latencyP50Millis\":\"0.0410\",\"latencyP99Millis\":\"0.0600\","
                        + "\"samplesPerSecond\":\"20100.0000\",\"batchSize\":64},"
                        + "\"compressed\":{\"file\":\"model.onnx\",\"sizeBytes\":103314,\"accuracy\":\"0.9741\","
                        + "\"latencyP50Millis\":\"0.0168\",\"latencyP99Millis\":\"0.0300\","
                        + "\"samplesPerSecond\":\"60300.0000\",\"batchSize\":64},"
                        + "\"calibrationSamples\":512,"
                        + "\"steps\":[{\"step\":1,\"name\":\"prune\",\"summary\":\"50% of 101632 weights\","
                        + "\"sizeBytes\":407056,\"accuracy\":\"0.9750\",\"leftOut\":[]},"
                        + "{\"step\":2,\"name\":\"quantize\",\"summary\":\"1 of 2 layers\",\"sizeBytes\":103314,"
                        + "\"accuracy\":\"0.9740\",\"leftOut\":[{\"layer\":\"layer1\",\"reason\":\"too sensitive\"}]}],"
                        + "\"sensitivity\":[{\"step\":2,\"layer\":\"layer0\",\"error\":\"0.0020\"}]}",
                status.getCompression().toString());
    }

    @Test
    void withoutBoundsEveryResultIsAccepted() {
        job.getSpec().setAcceptance(null);
        take(CompressionJobs.found());
        assertEquals(
                "Accepted True NoBounds the job sets no bounds", conditions().getLast());
    }

    @Test
    void whatTheLastWordHasNoRoomForStays() {
        take(CompressionJobs.found(CompressionJobs.DROP));
        take(CompressionJobs.found(CompressionJobs.DROP).withoutSensitivity().withoutSteps());
        assertEquals(2, status.getCompression().getSteps().size());
        assertEquals(1, status.getCompression().getSensitivity().size());
    }

    @Test
    void whateverAProgramTellsFitsIntoTheSchema() {
        var odd = new Compression.Measures("f".repeat(300), -5, Double.NaN, Double.POSITIVE_INFINITY, null, 1e300, -1);
        take(new Compression(
                null,
                -1,
                odd,
                odd,
                Arrays.asList(null, new Bound(null, 1, 1, true)),
                IntStream.range(0, 20)
                        .mapToObj(i -> i == 0
                                ? null
                                : new Compression.StepResult(
                                        1000,
                                        null,
                                        "s".repeat(2000),
                                        Long.MAX_VALUE,
                                        null,
                                        Collections.nCopies(99, null)))
                        .collect(Collectors.toList()),
                IntStream.range(0, 200)
                        .mapToObj(i -> new Compression.Sensitivity(-1, "l".repeat(300), null, i / 200.0))
                        .toList()));
        var found = status.getCompression();
        assertEquals(253, found.getBaseline().getFile().length());
        assertEquals(0, found.getBaseline().getSizeBytes());
        assertNull(found.getBaseline().getAccuracy());
        assertNull(found.getRatio(), "nothing is so many times larger than nothing");
        assertEquals(List.of(), found.getBounds());
        assertEquals(16, found.getSteps().size());
        assertEquals(16, found.getSteps().getFirst().getStep());
        assertEquals(1024, found.getSteps().getFirst().getSummary().length());
        assertEquals(128, found.getSensitivity().size());
        assertEquals("0.9950", found.getSensitivity().getFirst().getError(), "the most sensitive first");
    }

    @Test
    void theVerdictNamesWhatWasMissedAndByHowMuch() {
        assertEquals(new Verdict.Accepted(), description.judge(CompressionJobs.accepted("small")));
        var drop = new Bound(Bound.Name.MAX_DROP, 0.01, 0.0312, false);
        var latency = new Bound(Bound.Name.MAX_LATENCY_RATIO, 0.8, 0.93, false);
        var made = new Outcome(
                Outcome.Reason.Succeeded, "", null, null, CompressionJobs.found(drop, CompressionJobs.RATIO, latency));
        assertEquals(
                new Verdict.NotAccepted(
                        "NotAccepted",
                        "accuracy fell by 0.0312, 0.0212 more than acceptance.maxDrop 0.0100; 3.9400 times smaller,"
                                + " 0.0600 less than acceptance.minCompressionRatio 4.0000; median latency 0.9300 of"
                                + " what it was, 0.1300 more than acceptance.maxLatencyRatio 0.8000"),
                description.judge(made));
    }

    @Test
    void aModelWhoseBoundsNobodyTellsIsNoResult() {
        var artifact = CompressionJobs.accepted("small").artifact();
        var silent = new Outcome(Outcome.Reason.Succeeded, "done", artifact);
        assertTrue(description.judge(silent) instanceof Verdict.Rejected(var reason, var message)
                && reason.equals("WorkerError")
                && message.contains("acceptance"));
        job.getSpec().setAcceptance(null);
        assertEquals(new Verdict.Accepted(), description.judge(silent));
        assertTrue(description.judge(new Outcome(Outcome.Reason.Succeeded, "done", null)) instanceof Verdict.Rejected);
    }

    @Test
    void itSaysInWhichStepItIs() {
        assertEquals(Optional.of("step 1 of 2: weights are pruned"), description.doing(Progress.Stage.PRUNING, 1));
        take(CompressionJobs.found());
        status.getCompression().setSteps(status.getCompression().getSteps().subList(0, 1));
        job.setStatus(status);
        assertEquals(
                Optional.of("step 2 of 2: the ranges of activations are found"),
                description.doing(Progress.Stage.CALIBRATING, 1));
        assertEquals(Optional.of("step 2 of 2: 4 workers fine-tune"), description.doing(Progress.Stage.TRAINING, 4));
        assertEquals(Optional.empty(), description.doing(Progress.Stage.MEETING, 4));
    }

    /** As soon as rank 0 tells, not only when the job ends. */
    @Test
    void whatAReportTellsIsInTheNextStatus() {
        var report = new Progress(
                1,
                Progress.Stage.QUANTIZING,
                0,
                0,
                0,
                0,
                Double.NaN,
                0,
                -1,
                null,
                null,
                new Compression(new Compression.Position(2, 2, 6, 12), 512, null, null, null, null, null));
        job.getMetadata().setGeneration(1L);
        job.getMetadata().setUid("uid-1");
        job.setStatus(new CompressionJobStatus());
        job.getStatus().setAttempt(1);
        var world = new World(
                Instant.EPOCH,
                List.of(),
                List.of(),
                new Referents(Set.of(), Set.of(), true, Optional.empty(), Optional.empty()),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(report),
                Optional.empty(),
                Others.NONE,
                Optional.empty());
        var told = (CompressionJobStatus)
                JobPlan.decide(description, world, SETTINGS).orElseThrow().status();
        assertEquals(512, told.getCompression().getCalibrationSamples());
        assertEquals("75%", told.getProgress().getSummary());
        assertTrue(ConditionSet.holds(told.getConditions(), Conditions.CALIBRATED));
    }

    @Test
    void adviceAboutMemorySpeaksOfWhatTheJobHas() {
        assertEquals("calibrate with fewer samples (quantize.calibration.samples)", description.lessMemory());
        job.getSpec().getSteps().getFirst().getPrune().setFineTune(new FineTune());
        assertEquals(
                "make fineTune.batchSize smaller, or calibrate with fewer samples (quantize.calibration.samples)",
                description.lessMemory());
        job.getSpec().setSteps(List.of(new Step().setPrune(new Prune())));
        assertEquals("", description.lessMemory());
    }

    private void take(Compression found) {
        description.ownStatus().take(found, status);
    }

    private List<String> conditions() {
        var set = ConditionSet.after(null, 1L, Instant.EPOCH);
        description.ownStatus().conditions(status, set);
        return set.list().stream()
                .map(condition -> String.join(
                        " ", condition.getType(), condition.getStatus(), condition.getReason(), condition.getMessage()))
                .toList();
    }
}
