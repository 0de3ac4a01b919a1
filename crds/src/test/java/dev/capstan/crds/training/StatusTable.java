package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.entries;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.unknown;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.ConditionRows;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said in the status. */
final class StatusTable {
    private static final String[] PHASES = {
        "Failed", "Pending", "Queued", "Restarting", "Running", "Starting", "Succeeded", "Suspended"
    };

    private StatusTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        ConditionRows.refusals(),
                        admission(),
                        Stream.of(
                                        "status.admission.time",
                                        "status.startTime",
                                        "status.completionTime",
                                        "status.requeueAt",
                                        "status.progress.updatedTime",
                                        "status.lastCheckpoint.time")
                                .flatMap(Refused::time),
                        Stream.of(
                                unknown("status.phase", "Sleeping", PHASES),
                                tooLong("status.admission.quota", 253),
                                tooLong("status.admission.flavor", 63),
                                tooLong("status.workers.summary", 32),
                                tooLong("status.progress.summary", 32),
                                tooLong("status.progress.loss", 32),
                                tooLong("status.progress.checkpointProblem", 1024),
                                tooLong("status.progress.engine", 256),
                                tooLong("status.progress.device", 128),
                                tooLong("status.progress.straggler", 256),
                                refused(
                                        "status.progress.history",
                                        items(11, "{epoch: 1}"),
                                        "must have at most 10 items"),
                                absent("status.progress.history[0].epoch"),
                                tooLong("status.progress.history[0].loss", 32),
                                tooLong("status.progress.history[0].validationLoss", 32),
                                tooLong("status.progress.history[0].validationAccuracy", 32),
                                tooLong("status.progress.history[0].validationRmse", 32),
                                refused(
                                        "status.lastCheckpoint.digest",
                                        "md5:1",
                                        "lastCheckpoint.digest in body should match"),
                                refused("status.model.digest", "md5:1", "model.digest in body should match"),
                                refused("status.model.metrics", entries(65, "'1'"), "must have at most 64 items"),
                                refused("status.artifact.digest", "md5:1", "artifact.digest in body should match"),
                                refused("status.artifact.metrics", entries(65, "'1'"), "must have at most 64 items")),
                        between("status.observedGeneration", "-1", SAFE),
                        between("status.attempt", "0", "1000000"),
                        between("status.checks", "0", "1000000"),
                        between("status.restarts", "0", "1000000"),
                        between("status.restartsWithoutProgress", "0", "1000000"),
                        between("status.rollbacks", "0", "1000000"),
                        between("status.crashes", "0", "1000000"),
                        between("status.dataChanges", "0", "1000000"),
                        between("status.workers.ready", "0", "1024"),
                        between("status.workers.total", "0", "1024"),
                        between("status.workers.spares", "0", "1024"),
                        between("status.workers.sparesReady", "0", "1024"),
                        between("status.progress.epoch", "0", "100000"),
                        between("status.progress.history[0].epoch", "1", "100000"),
                        between("status.progress.epochs", "0", "100000"),
                        between("status.progress.step", "0", SAFE),
                        between("status.progress.steps", "0", SAFE),
                        between("status.progress.percent", "0", "100"),
                        between("status.progress.samplesPerSecond", "0", SAFE),
                        between("status.progress.estimatedSecondsRemaining", "0", SAFE),
                        between("status.lastCheckpoint.step", "0", SAFE),
                        between("status.model.sizeBytes", "0", SAFE),
                        between("status.artifact.sizeBytes", "0", SAFE),
                        Places.service("status.model.s3"),
                        Places.service("status.artifact.s3"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> admission() {
        var placement = "status.admission.placements[0]";
        return Stream.of(
                        Stream.of(
                                absent("status.admission.attempt"),
                                absent("status.admission.placements"),
                                refused(
                                        "status.admission.placements",
                                        "[{rank: 0, node: a}, {rank: 0, node: b}]",
                                        "status.admission.placements[1]: Duplicate value"),
                                refused(
                                        "status.admission.placements",
                                        items(1025, "{rank: %d, node: a}"),
                                        "must have at most 1024 items"),
                                absent(placement + ".rank"),
                                absent(placement + ".node"),
                                refused(placement + ".node", "''", "should be at least 1 chars long"),
                                tooLong(placement + ".node", 253)),
                        between("status.admission.attempt", "1", "1000000"),
                        between(placement + ".rank", "0", "1023"))
                .flatMap(rows -> rows);
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each(
                                "status.conditions",
                                "[]",
                                "[%s, %s]"
                                        .formatted(
                                                ConditionRows.condition("Ready"), ConditionRows.condition("Stalled")),
                                items(32, ConditionRows.condition("T%d"))),
                        each("status.admission", "{attempt: 1000000, placements: []}"),
                        each("status.admission.placements", items(1024, "{rank: %d, node: a}")),
                        each("status.admission.time", "'2026-01-01T00:00:00.123456Z'"),
                        each("status.progress.percent", "100"),
                        each("status.progress.samplesPerSecond", SAFE),
                        each("status.crashes", null, "0", "1000000"),
                        each("status.lastCheckpoint", null, "{}", "{step: " + SAFE + "}"),
                        each("status.handledCheckpointRequest", null, "''", "'any text, as of: \"now\"'"),
                        each("status.phase", PHASES))
                .flatMap(rows -> rows);
    }
}
