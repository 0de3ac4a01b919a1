package dev.capstan.crds.training;

import static dev.capstan.crds.training.Accepted.each;
import static dev.capstan.crds.training.Refused.SAFE;
import static dev.capstan.crds.training.Refused.absent;
import static dev.capstan.crds.training.Refused.between;
import static dev.capstan.crds.training.Refused.entries;
import static dev.capstan.crds.training.Refused.items;
import static dev.capstan.crds.training.Refused.refused;
import static dev.capstan.crds.training.Refused.tooLong;
import static dev.capstan.crds.training.Refused.unknown;

import java.util.Arrays;
import java.util.stream.Stream;

/** What may be said in the status. */
final class StatusTable {
    private static final String[] PHASES = {
        "Failed", "Pending", "Queued", "Restarting", "Running", "Starting", "Succeeded", "Suspended"
    };

    private StatusTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        conditions(),
                        admission(),
                        Stream.of(
                                        "status.conditions[0].lastTransitionTime",
                                        "status.admission.time",
                                        "status.startTime",
                                        "status.completionTime",
                                        "status.progress.updatedTime",
                                        "status.lastCheckpoint.time")
                                .flatMap(StatusTable::time),
                        Stream.of(
                                unknown("status.phase", "Sleeping", PHASES),
                                tooLong("status.workers.summary", 32),
                                tooLong("status.progress.summary", 32),
                                tooLong("status.progress.loss", 32),
                                tooLong("status.progress.checkpointProblem", 1024),
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
                        between("status.restarts", "0", "1000000"),
                        between("status.rollbacks", "0", "1000000"),
                        between("status.crashes", "0", "1000000"),
                        between("status.workers.ready", "0", "1024"),
                        between("status.workers.total", "0", "1024"),
                        between("status.progress.epoch", "0", "100000"),
                        between("status.progress.epochs", "0", "100000"),
                        between("status.progress.step", "0", SAFE),
                        between("status.progress.steps", "0", SAFE),
                        between("status.progress.percent", "0", "100"),
                        between("status.progress.samplesPerSecond", "0", SAFE),
                        between("status.progress.estimatedSecondsRemaining", "0", SAFE),
                        between("status.lastCheckpoint.step", "0", SAFE),
                        between("status.model.sizeBytes", "0", SAFE),
                        between("status.artifact.sizeBytes", "0", SAFE))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> time(String path) {
        var name = path.substring(path.lastIndexOf('.') + 1);
        return Stream.of(
                refused(path, "now", "in body must be of type date-time"),
                refused(path, "[]", name + " must be a time, such as 2026-01-01T00:00:00Z"));
    }

    private static Stream<Refused> conditions() {
        var condition = "status.conditions[0]";
        return Stream.concat(
                Stream.of(
                        refused(
                                "status.conditions",
                                Arrays.asList(condition("Ready"), condition("Ready"))
                                        .toString(),
                                "status.conditions[1]: Duplicate value"),
                        refused(
                                "status.conditions",
                                items(33, condition("T%d")),
                                "Too many: 33: must have at most 32 items"),
                        absent(condition + ".type"),
                        absent(condition + ".status"),
                        absent(condition + ".reason"),
                        absent(condition + ".message"),
                        absent(condition + ".lastTransitionTime"),
                        refused(condition + ".type", "''", "should be at least 1 chars long"),
                        tooLong(condition + ".type", 316),
                        unknown(condition + ".status", "Maybe", "True", "False", "Unknown"),
                        refused(condition + ".reason", "''", "should be at least 1 chars long"),
                        tooLong(condition + ".reason", 1024),
                        refused(condition + ".reason", "not a word", "conditions[0].reason in body should match"),
                        tooLong(condition + ".message", 32768),
                        refused(condition + ".observedGeneration", "1.5", "must be of type")),
                between(condition + ".observedGeneration", "0", SAFE));
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
                                "[%s, %s]".formatted(condition("Ready"), condition("Stalled")),
                                items(32, condition("T%d"))),
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

    private static String condition(String type) {
        return "{type: %s, status: 'True', reason: Because, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}"
                .formatted(type);
    }
}
