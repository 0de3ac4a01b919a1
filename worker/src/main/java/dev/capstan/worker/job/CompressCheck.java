package dev.capstan.worker.job;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Calibration;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Work;
import java.util.List;
import java.util.Objects;

/** What is wrong with a compression's steps and bounds, field by field. */
final class CompressCheck {
    /** What a job without data says, so that the fields that need some can be told of. */
    private static final JobFile.Data NO_DATA = new JobFile.Data(null, null);

    private final Problems problems;
    private final JobFile.Data data;

    CompressCheck(Problems problems, JobFile.Data data) {
        this.problems = problems;
        this.data = data == null ? NO_DATA : data;
    }

    void compression(Work.Compress work, JobFile.Output output) {
        if (work.from() != null && work.from().place() != null && output != null) {
            output(work.from().place(), output);
        }
        steps(work.steps());
        if (work.acceptance() != null) {
            acceptance(work.acceptance());
        }
    }

    /** Whoever applied such a job again would compress what has been compressed, further each time. */
    private void output(JobFile.Place from, JobFile.Output output) {
        boolean there = from.s3() == null
                ? output.s3() == null
                : output.s3() != null
                        && Objects.equals(from.s3().endpoint(), output.s3().endpoint());
        var folder = String.valueOf(output.uri());
        problems.require(
                !there || !folder.equals(from.uri()) && !(folder + "/model.onnx").equals(from.uri()),
                "output " + folder + " is the folder of model.from, " + from.uri()
                        + ", which the result would replace; choose another output");
    }

    private void steps(List<CompressionStep> steps) {
        if (steps == null || steps.isEmpty()) {
            problems.add("steps is empty; it needs at least one step, prune or quantize");
            return;
        }
        for (int i = 0; i < steps.size(); i++) {
            var field = "steps[" + i + "]";
            switch (steps.get(i)) {
                case null -> problems.add(field + " is missing");
                case Prune prune -> prune(field + ".prune", prune);
                case Quantize quantize -> {
                    quantize(field + ".quantize", quantize);
                    problems.require(
                            i == steps.size() - 1,
                            field + " quantizes, and " + (steps.size() - 1 - i)
                                    + " more steps come after it; it must be the last one, for integers can be neither"
                                    + " pruned nor trained on");
                }
            }
        }
    }

    private void prune(String field, Prune prune) {
        problems.require(prune.granularity() != null, field + ".granularity is missing");
        problems.require(prune.norm() != null, field + ".norm is missing");
        problems.require(prune.scope() != null, field + ".scope is missing");
        problems.require(prune.exclude() != null, field + ".exclude is missing");
        problems.require(
                prune.sparsityPercent() >= 1 && prune.sparsityPercent() <= 99,
                field + ".sparsityPercent is " + prune.sparsityPercent() + "; it must be from 1 to 99");
        if (prune.granularity() == Prune.Granularity.TWO_OF_FOUR) {
            problems.require(
                    prune.sparsityPercent() == 50 && prune.scope() == Prune.Scope.LAYER,
                    field + " takes two of each four weights, which is a sparsityPercent of 50 by the scope LAYER, not "
                            + prune.sparsityPercent() + " by " + prune.scope());
        }
        if (prune.fineTune() != null) {
            problems.require(data.train() != null, field + ".fineTune needs data.train, which is missing");
            var fineTuning = new Problems();
            new TrainingCheck(fineTuning).training(prune.fineTune(), null);
            fineTuning.sentences().forEach(each -> problems.add(each.replace("training.", field + ".fineTune.")));
        }
    }

    private void quantize(String field, Quantize quantize) {
        problems.require(data.train() != null, field + " needs data.train to calibrate by, which is missing");
        problems.require(quantize.activations() != null, field + ".activations is missing");
        problems.require(quantize.weights() != null, field + ".weights is missing");
        problems.require(quantize.granularity() != null, field + ".granularity is missing");
        problems.require(quantize.weightRange() != null, field + ".weightRange is missing");
        problems.require(quantize.exclude() != null, field + ".exclude is missing");
        problems.require(
                quantize.weights() != Quantize.Scheme.ASYMMETRIC
                        || quantize.granularity() != Quantize.Granularity.CHANNEL,
                field + " has asymmetric weights by channel, which the runtime can't compute; take symmetric ones, or"
                        + " asymmetric ones by tensor");
        if (quantize.maxDrop() != null) {
            share(field + ".maxDrop", quantize.maxDrop());
        }
        if (quantize.calibration() == null) {
            problems.add(field + ".calibration is missing");
        } else {
            calibration(field + ".calibration", quantize.calibration());
        }
    }

    private void calibration(String field, Calibration calibration) {
        problems.require(calibration.method() != null, field + ".method is missing");
        problems.require(
                calibration.samples() >= 1,
                field + ".samples is " + calibration.samples() + "; it must be at least 1, better 100");
        if (calibration.method() == Calibration.Method.PERCENTILE) {
            problems.require(
                    calibration.percentile() > 50 && calibration.percentile() <= 100,
                    field + ".percentile is " + calibration.percentile()
                            + "; it must be above 50 and at most 100, such as 99.99");
        }
    }

    private void acceptance(Acceptance acceptance) {
        if (acceptance.maxDrop() != null) {
            share("acceptance.maxDrop", acceptance.maxDrop());
            problems.require(
                    acceptance.metric() != null, "acceptance.maxDrop is set without acceptance.metric; set both");
            problems.require(
                    data.test() != null,
                    "acceptance.maxDrop needs data.test, on which the drop is measured, and it is missing");
        } else {
            problems.require(
                    acceptance.metric() == null,
                    "acceptance.metric is set without acceptance.maxDrop, which bounds it; set both");
        }
        if (acceptance.minCompressionRatio() != null) {
            problems.aboveZero("acceptance.minCompressionRatio", acceptance.minCompressionRatio());
        }
        if (acceptance.maxLatencyRatio() != null) {
            problems.aboveZero("acceptance.maxLatencyRatio", acceptance.maxLatencyRatio());
        }
    }

    private void share(String field, double value) {
        problems.require(value >= 0 && value <= 1, field + " is " + value + "; it must be from 0 to 1");
    }
}
