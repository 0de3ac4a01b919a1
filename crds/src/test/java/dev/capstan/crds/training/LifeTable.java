package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.unknown;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said of a job's name, and of its life: places, checkpoints, failures, output, pauses, ends. */
final class LifeTable {
    private static final String TEN_YEARS = "315360000";

    private static final String TOPOLOGY = "topology needs exactly one of: required, preferred";

    private LifeTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        names(),
                        Stream.of(
                                absent("spec"),
                                unknown("spec.parallelism.strategy", "Pipeline", "DataParallel"),
                                unknown("spec.parallelism.frames", "TLS", "Encrypted", "Plain"),
                                unknown("spec.parallelism.gradients", "fp16", "bf16", "fp32"),
                                tooLong("spec.scheduling.priorityClassName", 253),
                                refused(
                                        "spec.scheduling.priorityClassName",
                                        "High",
                                        "spec.scheduling.priorityClassName",
                                        "priorityClassName must be the name of a PriorityClass: lower-case letters,"
                                                + " digits, - and . that begin and end with a letter or digit"),
                                refused("spec.scheduling.topology", "{}", TOPOLOGY),
                                refused("spec.scheduling.topology", "{required: a, preferred: b}", TOPOLOGY),
                                refused(
                                        "spec.checkpoint.everySeconds",
                                        "auto",
                                        "everySeconds must be a number of seconds, such as 600, or Auto"),
                                tooLong("spec.checkpoint.everySeconds", 16),
                                absent("spec.output"),
                                absent("spec.output.storage"),
                                unknown("spec.output.ifExists", "overwrite", "Fail", "Overwrite", "Reuse")),
                        Stream.of("required", "preferred")
                                .map(field -> "spec.scheduling.topology." + field)
                                .flatMap(LifeTable::labelKey),
                        redundancy(),
                        between("spec.scheduling.timeoutSeconds", "1", "86400"),
                        between("spec.checkpoint.everySteps", "1", "1000000000"),
                        between("spec.checkpoint.everySeconds", "1", "31536000"),
                        between("spec.checkpoint.keep", "1", "1000"),
                        Places.storage("spec.checkpoint.storage"),
                        resumeFrom(),
                        between("spec.failurePolicy.maxRestarts", "0", "1000"),
                        between("spec.failurePolicy.maxCrashes", "1", "1000"),
                        Places.storage("spec.output.storage"),
                        between("spec.activeDeadlineSeconds", "1", TEN_YEARS),
                        between("spec.ttlSecondsAfterFinished", "0", TEN_YEARS))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> resumeFrom() {
        var from = "spec.checkpoint.resumeFrom";
        var folder = "uri must be the folder of one checkpoint, such as"
                + " pvc://models/mnist/checkpoints/UID/step-000000004000";
        return Stream.concat(
                Places.storage(from),
                Stream.of(
                        refused(from + ".uri", "s3://checkpoints/uid", from + ".uri", folder),
                        refused(from + ".uri", "s3://checkpoints/uid/step-1", folder),
                        refused(from + ".digest", "md5:1", from + ".digest in body should match"),
                        tooLong(from + ".digest", 71)));
    }

    private static Stream<Refused> redundancy() {
        var path = "spec.redundancy.spares";
        return Stream.concat(
                between(path, "0", "8"),
                Stream.of(
                        tooLong("spec.redundancy.spread", 316),
                        refused(
                                "spec.redundancy.spread",
                                "a..b/c",
                                "spread must be the key of a label of nodes, such as kubernetes.io/hostname or"
                                        + " topology.kubernetes.io/zone: at most 63 letters, digits and - _ . that begin"
                                        + " and end with a letter or digit, perhaps behind a domain and /"),
                        refused(
                                "spec",
                                """
                                {model: {from: {uri: 'pvc://models/a'}}, data: {train: {uri: 'pvc://a', format: idx}},
                                training: {epochs: 1, batchSize: 1}, output: {storage: {uri: 'pvc://b'}},
                                redundancy: {spares: 1}}
                                """,
                                path,
                                "redundancy.spares needs workers.replicas of at least 2: a spare that takes a lost"
                                        + " worker's place gets the training's state from another worker; raise"
                                        + " workers.replicas, or remove spares"),
                        refused(
                                path,
                                "3",
                                path,
                                "redundancy.spares must be at most workers.replicas, and both together at most 1024: no"
                                        + " more workers than there are can be lost at once")));
    }

    private static Stream<Refused> labelKey(String path) {
        var name = path.substring(path.lastIndexOf('.') + 1);
        return Stream.of(
                tooLong(path, 316),
                refused(
                        path,
                        "a..b/c",
                        name + " must be the key of a label of nodes, such as topology.kubernetes.io/zone: at most 63"
                                + " letters, digits and - _ . that begin and end with a letter or digit, perhaps behind"
                                + " a domain and /"));
    }

    private static Stream<Refused> names() {
        var begin = "metadata.name must begin with a letter and have only letters, digits and -: the host names of the"
                + " workers are made from it";
        return Stream.of(
                refused("metadata.name", "a.b", begin),
                refused("metadata.name", "'1st'", begin),
                refused(
                        "metadata.name",
                        "x".repeat(41),
                        "metadata.name must have at most 40 characters: the host names of the workers are made from it,"
                                + " and those have at most 63"));
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each("metadata.name", "x".repeat(40), "a-1"),
                        each("spec.parallelism", null, "{}", "{frames: Encrypted, gradients: fp32}"),
                        each("spec.scheduling", null, "{}", "{timeoutSeconds: 86400}", "{priorityClassName: a.b-c}"),
                        each("spec.scheduling.topology", null, "{preferred: rack}", "{required: example.com/rack}"),
                        each(
                                "spec.checkpoint",
                                null,
                                "{}",
                                "{everySteps: 1000000000}",
                                "{everySeconds: 31536000}",
                                "{everySeconds: Auto}"),
                        each("spec.checkpoint.keep", "1", "1000"),
                        each("spec.failurePolicy", null, "{}", "{maxRestarts: 1000}", "{maxRestarts: 0}"),
                        each("spec.failurePolicy.maxCrashes", "1", "1000"),
                        each("spec.redundancy", null, "{}", "{spares: 2}", "{spares: 0, spread: example.com/rack}"),
                        each("spec.output.ifExists", null, "Fail", "Reuse", "Overwrite"),
                        each("spec.suspend", null, "true"),
                        each("spec.activeDeadlineSeconds", null, "1", TEN_YEARS),
                        each("spec.ttlSecondsAfterFinished", null, "0", TEN_YEARS))
                .flatMap(rows -> rows);
    }
}
