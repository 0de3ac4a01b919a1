package dev.capstan.crds.inference;

import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.empty;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.tooMany;
import static dev.capstan.crds.validation.Refused.unknown;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said of a service. */
final class InferenceTable {
    private static final String MODEL = "spec.model";
    private static final String DIGEST = "sha256:" + "0".repeat(64);
    private static final String ONE_MODEL = "model.from needs exactly one of: uri, trainingJobRef, compressionJobRef";
    private static final String DNS = "lower-case letters, digits, - and . that begin and end with a letter or digit";

    private InferenceTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        names(),
                        model(),
                        Places.refusals(MODEL + ".from"),
                        Places.refusals(MODEL + ".jar"),
                        Places.name(MODEL + ".from.trainingJobRef.name"),
                        Places.name(MODEL + ".from.compressionJobRef.name"),
                        numbers(),
                        access(),
                        gateway())
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> names() {
        return Stream.of(
                refused(
                        "metadata.name",
                        "1a",
                        "metadata.name must begin with a letter and have only letters, digits and -"
                                + ": the host names of the service and its replicas are made from it"),
                refused(
                        "metadata.name",
                        "x".repeat(41),
                        "metadata.name must have at most 40 characters: the host names of the replicas are made from"
                                + " it, and those have at most 63"),
                refused("spec", null, "spec: Required value"));
    }

    private static Stream<Refused> model() {
        return Stream.of(
                absent(MODEL),
                absent(MODEL + ".from"),
                refused(MODEL + ".from", "{}", ONE_MODEL),
                refused(MODEL + ".from", "{uri: 'pvc://a', trainingJobRef: {name: a}}", ONE_MODEL),
                refused(MODEL + ".from", "{compressionJobRef: {name: a}, trainingJobRef: {name: a}}", ONE_MODEL),
                unknown(MODEL + ".runtime", "tensorflow", "dl4j", "onnx"),
                tooLong(MODEL + ".digest", 71),
                refused(
                        MODEL,
                        "{from: {trainingJobRef: {name: a}}, digest: 'sha256:1'}",
                        MODEL + ".digest",
                        "digest must be sha256: and 64 hex digits, such as status.revisions lists and"
                                + " status.artifact.digest of a job has"),
                refused(
                        MODEL + ".runtime",
                        null,
                        MODEL + ".jar",
                        "model.jar has layers of DL4J, which runtime: onnx has no use for: set model.runtime: dl4j, or"
                                + " remove jar"),
                refused(
                        MODEL,
                        "{from: {uri: 'pvc://models/resnet.onnx'}, digest: '%s', runtime: dl4j}".formatted(DIGEST),
                        MODEL + ".runtime",
                        "model.runtime: dl4j needs the folder of an artifact, and model.from.uri is an ONNX file: set"
                                + " runtime: onnx, or name the folder"),
                refused(
                        MODEL,
                        "{from: {trainingJobRef: {name: a}}, follow: true, digest: '%s'}".formatted(DIGEST),
                        MODEL + ".follow",
                        "model.follow takes the newest model of its source, and model.digest always the same: remove"
                                + " digest, or set follow: false"),
                refused(
                        MODEL + ".from",
                        "{uri: 'pvc://models/mnist'}",
                        MODEL + ".follow",
                        "model.follow hears from a job when it has a newer model, and nobody tells of a uri: set"
                                + " model.digest to what is there now, and follow: false"),
                refused(
                        MODEL + ".from",
                        "{uri: 'pvc://models/mnist'}",
                        MODEL + ".digest",
                        "model.digest is required with model.from.uri, so that nothing else is ever served from there:"
                                + " set it to what manifest.json in the folder says, or to sha256: and the sha256sum of"
                                + " the ONNX file"));
    }

    private static Stream<Refused> numbers() {
        var bytes = "spec.limits.maxRequestBytes";
        return Stream.of(
                        between("spec.replicas", "0", "512"),
                        between("spec.batching.maxSize", "1", "4096"),
                        between("spec.batching.maxDelayMillis", "0", "1000"),
                        between("spec.limits.queue", "1", "65536"),
                        between("spec.limits.timeoutSeconds", "1", "3600"),
                        between(bytes, "1024", "1073741824"),
                        Stream.of(tooLong(bytes, 64)),
                        Stream.of("16MB", "0.5Gi", "'1500.5'", "1000m", "'1e6'", "''")
                                .map(value -> refused(
                                        bytes,
                                        value,
                                        "maxRequestBytes must be a whole number of bytes, Ki, Mi or Gi, such as 16Mi")),
                        Stream.of("'1023'", "1k", "2Gi")
                                .map(value ->
                                        refused(bytes, value, "maxRequestBytes must be from 1Ki to 1Gi, such as 16Mi")),
                        between("spec.redundancy.minAvailable", "0", "512"),
                        Stream.of(
                                tooLong("spec.redundancy.spread", 316),
                                refused(
                                        "spec.redundancy.spread",
                                        "a b",
                                        "spread must be the key of a label of nodes, such as kubernetes.io/hostname or"
                                                + " topology.kubernetes.io/zone: at most 63 letters, digits and - _ ."
                                                + " that begin and end with a letter or digit, perhaps behind a domain"
                                                + " and /")),
                        between("spec.rollout.maxSurge", "0", "256"),
                        between("spec.router.replicas", "1", "64"),
                        between("spec.revisionHistoryLimit", "0", "50"))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> access() {
        return Stream.concat(
                Stream.of("spec.access.tls.secretName", "spec.access.token.secretName")
                        .flatMap(name -> Stream.of(
                                absent(name),
                                empty(name),
                                tooLong(name, 253),
                                refused(
                                        name,
                                        "My_Secret",
                                        name,
                                        "secretName must be the name of a Secret in the same namespace: " + DNS))),
                Stream.of(
                        empty("spec.access.token.key"),
                        tooLong("spec.access.token.key", 253),
                        refused(
                                "spec.access.token.key",
                                "a/b",
                                "key must be a key of a Secret, such as token: letters, digits and - _ .")));
    }

    private static Stream<Refused> gateway() {
        var parents = "spec.gateway.parentRefs";
        var parent = parents + "[0]";
        var hosts = "spec.gateway.hostnames";
        return Stream.of(
                absent(parents),
                refused(parents, "[]", parents + " in body should have at least 1 items"),
                tooMany(parents, 8, items(9, "{name: a%d}")),
                absent(parent + ".name"),
                empty(parent + ".name"),
                tooLong(parent + ".name", 253),
                refused(parent + ".name", "A", "name must be the name of a Gateway: " + DNS),
                empty(parent + ".namespace"),
                tooLong(parent + ".namespace", 63),
                refused(
                        parent + ".namespace",
                        "a.b",
                        "namespace must be the name of a namespace: lower-case letters, digits and - that begin and end"
                                + " with a letter or digit"),
                empty(parent + ".sectionName"),
                tooLong(parent + ".sectionName", 253),
                refused(parent + ".sectionName", "A", "sectionName must be the name of a listener: " + DNS),
                refused(hosts, "[]", hosts + " in body should have at least 1 items"),
                tooMany(hosts, 16, items(17, "a%d")),
                refused(hosts, "[a, a]", hosts + "[1]: Duplicate value"),
                tooLong(hosts + "[0]", 253),
                refused(
                        hosts + "[0]",
                        "https://a",
                        "hostnames must be host names, such as digits.example.org or *.example.org: lower-case letters,"
                                + " digits, - and ."));
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each("metadata.name", "x".repeat(40)),
                        each("spec.replicas", "0", "512"),
                        each("spec.batching", null, "{}", "{maxSize: 1, maxDelayMillis: 0}"),
                        each("spec.limits", null, "{}"),
                        each("spec.limits.maxRequestBytes", null, "1024", "'1024'", "1Ki", "16M", "1Gi", "1073741824"),
                        each("spec.access", null, "{}", "{token: {secretName: a}}", "{tls: {secretName: a.b}}"),
                        each("spec.redundancy", null, "{}", "{minAvailable: 512}", "{minAvailable: 0}"),
                        each("spec.redundancy.spread", "kubernetes.io/hostname", "rack"),
                        each("spec.rollout", null, "{}", "{maxSurge: 256}"),
                        each("spec.router", null, "{}"),
                        each("spec.gateway", null, "{parentRefs: [{name: a}]}"),
                        each("spec.gateway.hostnames", null, "[a]"),
                        each("spec.workers", null, "{}"),
                        each("spec.scheduling", null, "{}"),
                        each("spec.model.follow", null, "false"),
                        each(
                                "spec.model",
                                "{from: {trainingJobRef: {name: a}}, digest: '%s'}".formatted(DIGEST),
                                "{from: {uri: 'pvc://a/b.onnx'}, digest: '%s'}".formatted(DIGEST)))
                .flatMap(rows -> rows);
    }
}
