package dev.capstan.crds.quota;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.empty;
import static dev.capstan.crds.validation.Refused.entries;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.unknown;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.ConditionRows;
import dev.capstan.crds.validation.Refused;
import dev.capstan.crds.validation.Schema;
import dev.capstan.crds.validation.Validation;
import dev.capstan.crds.validation.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real API server accepts of a GPUQuota, and in which words it refuses the rest. */
class ValidationTest {
    private static final Schema SCHEMA = Schema.of("gpuquotas");
    private static final String SELECTOR = "spec.namespaceSelector";
    private static final String FLAVOR = "spec.flavors[0]";
    private static final String RESOURCE = FLAVOR + ".resources[0]";
    private static final String MEMORY = FLAVOR + ".resources[1]";
    private static final String LABEL_KEYS =
            "must be label keys, such as %s: at most 63 letters, digits and - _ . that begin and end with a letter or"
                    + " digit, perhaps behind a domain and /";
    private static final String LABEL_VALUE = " letters, digits and - _ . that begin and end with a letter or digit";

    private static ApiServer api;
    private static Validation validation;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        validation = new Validation(api, GPUQuota.class, "gpuquotas", SCHEMA, Quotas.examples());
    }

    @AfterAll
    static void delete() {
        api.client().resources(GPUQuota.class).delete();
    }

    static Stream<Refused> refusals() {
        return Stream.of(namespaces(), flavors(), resources(), status(), ConditionRows.refusals())
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> namespaces() {
        var term = SELECTOR + ".matchExpressions[0]";
        var choice = "spec needs exactly one of: namespaces, namespaceSelector";
        return Stream.concat(
                Stream.of(
                        absent("spec"),
                        refused("spec.namespaces", null, choice),
                        refused(
                                "spec",
                                "{namespaces: [a], namespaceSelector: {matchLabels: {a: b}}, flavors: [{name: a, resources: [{name: cpu, nominalQuota: 1}]}]}",
                                choice),
                        refused("spec.namespaces", "[]", "spec.namespaces in body should have at least 1 items"),
                        refused("spec.namespaces", items(257, "n%d"), "Too many: 257: must have at most 256 items"),
                        refused("spec.namespaces", "[a, a]", "spec.namespaces[1]: Duplicate value"),
                        tooLong("spec.namespaces[0]", 63),
                        refused(
                                "spec.namespaces[0]",
                                "Vision",
                                "namespaces must be names of namespaces: lower-case letters, digits and - that begin"
                                        + " and end with a letter or digit"),
                        refused(
                                "spec.namespaces",
                                "[vision, kube-system]",
                                "namespaces must not have kube-system: the cluster's own pods run there, and are under"
                                        + " no quota"),
                        refused(
                                SELECTOR,
                                "{matchLabels: {kubernetes.io/metadata.name: kube-system}}",
                                "namespaceSelector must not select kube-system by its name: the cluster's own pods run"
                                        + " there, and are under no quota"),
                        refused(
                                SELECTOR,
                                "{matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [a, kube-system]}]}",
                                "namespaceSelector must not select kube-system by its name in values: the cluster's own"
                                        + " pods run there, and are under no quota"),
                        refused(
                                SELECTOR,
                                "{}",
                                "namespaceSelector needs matchLabels or matchExpressions: without either it would"
                                        + " select every namespace, those of the cluster's own pods too"),
                        refused(
                                SELECTOR + ".matchLabels",
                                "{a b: c}",
                                "the keys of matchLabels " + LABEL_KEYS.formatted("team or example.com/team")),
                        refused(SELECTOR + ".matchLabels", "{}", "should have at least 1 properties"),
                        refused(SELECTOR + ".matchExpressions", "[]", "should have at least 1 items"),
                        refused(term + ".values", "[]", "should have at least 1 items"),
                        refused(SELECTOR + ".matchLabels", entries(17, "a"), "must have at most 16 items"),
                        refused(SELECTOR + ".matchLabels.team", "a b", "matchLabels need label values:" + LABEL_VALUE),
                        tooLong(SELECTOR + ".matchLabels.team", 63),
                        refused(
                                SELECTOR + ".matchExpressions",
                                items(17, "{key: a%d, operator: Exists}"),
                                "Too many: 17: must have at most 16 items"),
                        absent(term + ".key"),
                        tooLong(term + ".key", 316),
                        refused(
                                term + ".key",
                                "a..b/c",
                                "key must be a label key, such as team or example.com/team: at most 63" + LABEL_VALUE
                                        + ", perhaps behind a domain and /"),
                        absent(term + ".operator"),
                        unknown(term + ".operator", "Is", "In", "NotIn", "Exists", "DoesNotExist"),
                        refused(
                                term + ".operator",
                                "Exists",
                                "values are needed with operator In and NotIn, and with those alone"),
                        refused(term + ".values", null, "values are needed with operator In and NotIn"),
                        refused(term + ".values", items(65, "a%d"), "Too many: 65: must have at most 64 items"),
                        refused(term + ".values", "[a, a]", "values[1]: Duplicate value"),
                        refused(term + ".values[0]", "a b", "values must be label values:" + LABEL_VALUE),
                        tooLong(term + ".values[0]", 63)),
                between("spec.weight", "1", "1000"));
    }

    private static Stream<Refused> flavors() {
        var name = "must have only lower-case letters, digits and -, and begin and end with a letter or digit, as in ";
        return Stream.of(
                empty("spec.cohort"),
                tooLong("spec.cohort", 63),
                refused("spec.cohort", "a/b", "cohort " + name + "research"),
                refused(
                        "spec.cohort",
                        null,
                        "borrowingLimit and lendingLimit in flavors need a cohort to borrow from and lend to: set"
                                + " cohort, or remove them"),
                unknown("spec.stopPolicy", "Stop", "Drain", "Hold", "None"),
                absent("spec.flavors"),
                refused("spec.flavors", "[]", "spec.flavors in body should have at least 1 items"),
                refused(
                        "spec.flavors",
                        items(17, "{name: f%d, resources: [{name: cpu, nominalQuota: 1}]}"),
                        "Too many: 17: must have at most 16 items"),
                refused(
                        "spec.flavors",
                        "[{name: a, resources: [{name: cpu, nominalQuota: 1}]}, {name: a, resources: [{name: cpu, nominalQuota: 1}]}]",
                        "spec.flavors[1]: Duplicate value"),
                absent(FLAVOR + ".name"),
                empty(FLAVOR + ".name"),
                tooLong(FLAVOR + ".name", 63),
                refused(FLAVOR + ".name", "H100", "name " + name + "h100"),
                refused(FLAVOR + ".nodeLabels", entries(17, "a"), "must have at most 16 items"),
                refused(
                        FLAVOR + ".nodeLabels",
                        "{a b: c}",
                        "the keys of nodeLabels " + LABEL_KEYS.formatted("pool or example.com/pool")),
                refused(FLAVOR + ".nodeLabels.gpu", "a b", "nodeLabels need label values:" + LABEL_VALUE),
                tooLong(FLAVOR + ".nodeLabels.gpu", 63),
                absent(FLAVOR + ".resources"),
                refused(FLAVOR + ".resources", "[]", "resources in body should have at least 1 items"),
                refused(
                        FLAVOR + ".resources",
                        items(17, "{name: example.com/r%d, nominalQuota: 1}"),
                        "Too many: 17: must have at most 16 items"),
                refused(
                        FLAVOR + ".resources",
                        "[{name: cpu, nominalQuota: 1}, {name: cpu, nominalQuota: 1}]",
                        FLAVOR + ".resources[1]: Duplicate value"));
    }

    private static Stream<Refused> resources() {
        var device = " of a device, such as nvidia.com/gpu, must be a whole number, such as 4";
        var memory =
                " of memory and ephemeral-storage must be at least 1Mi, or 0 for none, such as 64Gi: 512m is half a"
                        + " byte, and 512 is 512 bytes";
        var lending = "lendingLimit must not be more than nominalQuota: a quota lends what is its own";
        return Stream.concat(
                Stream.of("nominalQuota", "borrowingLimit", "lendingLimit")
                        .flatMap(
                                field -> Stream.concat(
                                        between(RESOURCE + "." + field, "0", SAFE),
                                        Stream.of(
                                                tooLong(RESOURCE + "." + field, 64),
                                                refused(
                                                        RESOURCE + "." + field,
                                                        "'-1'",
                                                        field
                                                                + " must be a quantity of 0 or more, such as 16, 500m or 64Gi"),
                                                refused(
                                                        RESOURCE + "." + field,
                                                        "some",
                                                        field
                                                                + " must be a quantity of 0 or more, such as 16, 500m or 64Gi")))),
                Stream.of(
                        absent(RESOURCE + ".name"),
                        empty(RESOURCE + ".name"),
                        tooLong(RESOURCE + ".name", 316),
                        refused(
                                RESOURCE + ".name",
                                "gpu",
                                "name must be cpu, memory, ephemeral-storage or a device's name, such as"
                                        + " nvidia.com/gpu"),
                        absent(RESOURCE + ".nominalQuota"),
                        refused(RESOURCE + ".nominalQuota", "'16.5'", "nominalQuota" + device),
                        refused(RESOURCE + ".borrowingLimit", "500m", "borrowingLimit" + device),
                        refused(RESOURCE + ".lendingLimit", "1500m", "lendingLimit" + device),
                        refused(MEMORY + ".nominalQuota", "512m", "nominalQuota" + memory),
                        refused(MEMORY + ".borrowingLimit", "1024", "borrowingLimit" + memory),
                        refused(MEMORY + ".lendingLimit", "1024", "lendingLimit" + memory),
                        refused(RESOURCE + ".lendingLimit", "17", lending),
                        refused(RESOURCE + ".lendingLimit", "16001m", lending),
                        refused(FLAVOR + ".resources[1].lendingLimit", "1025Gi", lending)));
    }

    private static Stream<Refused> status() {
        var flavor = "status.flavors[0]";
        var resource = flavor + ".resources[0]";
        return Stream.of(
                        between("status.observedGeneration", "-1", SAFE),
                        between("status.namespaces", "0", "1000000"),
                        between("status.pendingJobs", "0", "1000000"),
                        between("status.admittedJobs", "0", "1000000"),
                        Stream.of("nominal", "used", "borrowed", "lent")
                                .map(field -> tooLong(resource + "." + field, 32)),
                        Stream.of(
                                tooLong("status.use", 1024),
                                refused("status.flavors", items(17, "{name: f%d}"), "must have at most 16 items"),
                                refused("status.flavors", "[{name: a}, {name: a}]", "flavors[1]: Duplicate value"),
                                absent(flavor + ".name"),
                                empty(flavor + ".name"),
                                tooLong(flavor + ".name", 63),
                                refused(flavor + ".resources", items(17, "{name: r%d}"), "must have at most 16 items"),
                                refused(
                                        flavor + ".resources",
                                        "[{name: a}, {name: a}]",
                                        "resources[1]: Duplicate value"),
                                absent(resource + ".name"),
                                empty(resource + ".name"),
                                tooLong(resource + ".name", 316)))
                .flatMap(rows -> rows);
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each("spec.cohort", "a", "research-1"),
                        each("spec.weight", null, "1", "1000"),
                        each("spec.stopPolicy", null, "None", "Hold", "Drain"),
                        each("spec.namespaces", "[a]", items(256, "n%d")),
                        each(SELECTOR + ".matchLabels", null, "{a: ''}", "{kubernetes.io/metadata.name: a}"),
                        each(SELECTOR + ".matchExpressions", null, "[{key: a, operator: Exists}]"),
                        each(FLAVOR + ".nodeLabels", null, "{}"),
                        each(RESOURCE + ".name", "cpu", "nvidia.com/mig-1g.10gb"),
                        each(MEMORY + ".name", "ephemeral-storage"),
                        each(RESOURCE + ".nominalQuota", "4", "'4'", "'16.0'", "'1e3'", "9007199254740991"),
                        each(RESOURCE + ".borrowingLimit", null, "0", "5k"),
                        each(RESOURCE, "{name: cpu, nominalQuota: '16.5', borrowingLimit: 500m}"),
                        each(MEMORY + ".nominalQuota", "1.7Ti", "'2e12'"),
                        each(RESOURCE + ".lendingLimit", null, "0", "16", "'16.0'", "16000m"),
                        each("status.flavors[0].resources", null, "[]"),
                        each("status.use", null, "''"))
                .flatMap(rows -> rows);
    }

    static Stream<Refused> types() {
        return Validation.types(SCHEMA, Quotas.examples());
    }

    @ParameterizedTest
    @MethodSource({"refusals", "types"})
    void refusesInWordsThatHelp(Refused row) {
        validation.refuses(row);
    }

    /** A row for each constraint of the schema, so that none is only believed. */
    @Test
    void everyConstraintHasARefusal() {
        assertEquals(
                Set.of(), Validation.constraintsWithoutRow(SCHEMA, refusals().toList()));
    }

    @Test
    void everyFieldHasARefusedValue() {
        assertEquals(Set.of(), Validation.fieldsWithoutRow(SCHEMA, refusals().toList()));
    }

    @ParameterizedTest
    @MethodSource("acceptances")
    void acceptsAndParses(Accepted row) {
        validation.accepts(row);
    }

    static Stream<ObjectNode> examples() {
        return Quotas.examples().all().stream();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void acceptsAndParses(ObjectNode quota) {
        validation.accepts("spec", quota);
    }

    @Test
    void acceptsTheSample() throws IOException {
        var sample = Path.of("").toRealPath().resolveSibling("samples").resolve("quota.yaml");
        for (var document : Files.readString(sample).split("(?m)^---$")) {
            validation.accepts("spec", (ObjectNode) Yaml.read(document));
        }
    }

    /** All of a quota may change while jobs run. */
    @Test
    void letsChangeEverything() {
        validation.letsChange(accepted("spec", Quotas.least().path("spec").toString()));
    }
}
