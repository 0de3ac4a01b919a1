package dev.capstan.controllers.admission.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which namespace is under which quota, what the quotas allow, and which contradict each other. */
class QuotaBookTest {
    private static final String FLAVORS =
            "flavors: [{name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}]";

    private final QuotaTable table = new QuotaTable();

    @Test
    void aNamespaceIsUnderTheQuotaThatNamesItAndAnotherUnderNone() {
        table.quota("vision", "{namespaces: [vision-dev, vision-prod], " + FLAVORS + "}");
        table.namespace("vision-dev", Map.of()).namespace("speech", Map.of());
        assertEquals(Optional.of("vision"), table.book().quotaOf("vision-dev"));
        assertEquals(Optional.of("vision"), table.book().quotaOf("vision-prod"), "though it isn't there yet");
        assertEquals(List.of("vision-dev"), table.book().namespacesOf("vision"), "those that are there");
        assertEquals(Optional.empty(), table.book().quotaOf("speech"));
        assertTrue(table.book().knows("speech"));
        assertFalse(table.book().knows("made-just-now"), "its labels may put it under a quota");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(quoteCharacter = '"', textBlock = """
            "matchLabels: {team: vision}", true
            "matchLabels: {team: vision, stage: prod}", true
            "matchLabels: {team: vision, stage: dev}", false
            "matchLabels: {cost: a}", false
            "matchExpressions: [{key: team, operator: In, values: [speech, vision]}]", true
            "matchExpressions: [{key: team, operator: In, values: [speech]}]", false
            "matchExpressions: [{key: cost, operator: In, values: [a]}]", false
            "matchExpressions: [{key: team, operator: NotIn, values: [speech]}]", true
            "matchExpressions: [{key: team, operator: NotIn, values: [vision]}]", false
            "matchExpressions: [{key: cost, operator: NotIn, values: [a]}]", true
            "matchExpressions: [{key: team, operator: Exists}]", true
            "matchExpressions: [{key: cost, operator: Exists}]", false
            "matchExpressions: [{key: team, operator: DoesNotExist}]", false
            "matchExpressions: [{key: cost, operator: DoesNotExist}]", true
            "matchLabels: {team: vision}, matchExpressions: [{key: stage, operator: DoesNotExist}]", false
            """)
    void aSelectorSelectsANamespaceOfTeamVisionInStageProd(String selector, boolean selects) {
        table.quota("vision", "{namespaceSelector: {" + selector + "}, " + FLAVORS + "}");
        table.namespace("a", Map.of("team", "vision", "stage", "prod"));
        assertEquals(selects, table.book().quotaOf("a").isPresent());
    }

    @Test
    void theClustersOwnPodsAreUnderNoQuotaWhateverTheirNamespaceIsLabelled() {
        table.quota("vision", "{namespaceSelector: {matchLabels: {team: vision}}, " + FLAVORS + "}");
        table.namespace("kube-system", Map.of("team", "vision")).namespace("a", Map.of("team", "vision"));
        assertEquals(Optional.empty(), table.book().quotaOf("kube-system"));
        assertEquals(List.of("a"), table.book().namespacesOf("vision"));
    }

    @Test
    void amountsAreThousandthsOrBytesAndWhatIsntSaidIsNotLimited() {
        table.quota("vision", """
                namespaces: [vision]
                cohort: research
                weight: 3
                flavors:
                - name: h100
                  nodeLabels: {gpu: H100}
                  resources:
                  - {name: nvidia.com/gpu, nominalQuota: 16, borrowingLimit: 8, lendingLimit: "4"}
                  - {name: memory, nominalQuota: 1Ki}
                """);
        assertEquals(
                List.of(new Quota(
                        "vision",
                        "research",
                        3,
                        List.of(new Quota.Flavor(
                                "h100",
                                Map.of("gpu", "H100"),
                                Map.of(
                                        "nvidia.com/gpu",
                                        new Quota.Limit(16_000, Optional.of(8_000L), Optional.of(4_000L)),
                                        "memory",
                                        new Quota.Limit(1024, Optional.empty(), Optional.empty())))),
                        false)),
                table.book().quotas());
    }

    @Test
    void anAmountThatNoClusterHasIsCutOff() {
        table.quota("vision", """
                namespaces: [vision]
                flavors:
                - {name: any, resources: [{name: memory, nominalQuota: 64Ei}, {name: cpu, nominalQuota: 1E}]}
                """);
        var limits = table.book().quotas().getFirst().flavors().getFirst().limits();
        assertEquals(Long.MAX_VALUE / 64, limits.get("memory").nominal());
        assertEquals(Long.MAX_VALUE / 64, limits.get("cpu").nominal());
    }

    @Test
    void whatOnlyAnotherFlavorListsIsNotToBeHadOfThisOne() {
        table.quota("vision", """
                namespaces: [vision]
                flavors:
                - {name: whole, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}
                - {name: slices, resources: [{name: nvidia.com/mig-1g.10gb, nominalQuota: 14}]}
                """);
        assertEquals(
                new Quota.Limit(0, Optional.of(0L), Optional.of(0L)),
                table.book().quotas().getFirst().flavors().getLast().limits().get("nvidia.com/gpu"));
    }

    @Test
    void aQuotaOnHoldIsStopped() {
        table.quota("vision", "{namespaces: [vision], stopPolicy: Hold, " + FLAVORS + "}");
        assertTrue(table.book().quotas().getFirst().stopped());
        assertEquals(Optional.empty(), table.book().conflict("vision"));
    }

    @Test
    void twoQuotasThatClaimOneNamespaceAreBothInConflictAndAThirdIsNot() {
        table.quota("b", "{namespaceSelector: {matchLabels: {team: vision}}, " + FLAVORS + "}");
        table.quota("a", "{namespaces: [vision], " + FLAVORS + "}");
        table.quota("c", "{namespaces: [speech], " + FLAVORS + "}");
        assertEquals(Optional.empty(), table.book().conflict("a"), "while no namespace is there that b selects");
        table.namespace("vision", Map.of("team", "vision"));
        var book = table.book();
        assertEquals(
                Optional.of("namespace vision is claimed by GPUQuota b as well: leave it to one of them"),
                book.conflict("a"));
        assertEquals(
                Optional.of("namespace vision is claimed by GPUQuota a as well: leave it to one of them"),
                book.conflict("b"));
        assertEquals(Optional.of("a"), book.quotaOf("vision"), "its jobs are told of the conflict");
        assertEquals(List.of("c"), book.quotas().stream().map(Quota::name).toList());
    }

    @Test
    void aFlavorThatMeansOtherNodesInTheSameCohortIsAConflictOfBoth() {
        table.quota("a", "{namespaces: [a], cohort: research, " + flavor("h100", "{gpu: H100, zone: x}") + "}");
        table.quota("b", "{namespaces: [b], cohort: research, " + flavor("h100", "{}") + "}");
        var book = table.book();
        assertEquals(
                Optional.of("flavor h100 means nodes with gpu=H100, zone=x here and all nodes in GPUQuota b of cohort"
                        + " research: give both the same nodeLabels, or one of them another name"),
                book.conflict("a"));
        assertEquals(
                Optional.of("flavor h100 means all nodes here and nodes with gpu=H100, zone=x in GPUQuota a of cohort"
                        + " research: give both the same nodeLabels, or one of them another name"),
                book.conflict("b"));
        assertEquals(List.of(), book.quotas());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            the same nodes                   | cohort: research, | h100 | {gpu: H100}
            another name                     | cohort: research, | a100 | {gpu: A100}
            the same name in another cohort  | cohort: product,  | h100 | {gpu: A100}
            the same name without a cohort   | ''                | h100 | {gpu: A100}
            """)
    void isNoConflict(String what, String cohort, String name, String nodeLabels) {
        table.quota("a", "{namespaces: [a], cohort: research, " + flavor("h100", "{gpu: H100}") + "}");
        table.quota("b", "{namespaces: [b], " + cohort + flavor(name, nodeLabels) + "}");
        assertEquals(2, table.book().quotas().size());
    }

    @Test
    void twoQuotasWithoutACohortDoNotShareOne() {
        table.quota("a", "{namespaces: [a], " + flavor("h100", "{gpu: H100}") + "}");
        table.quota("b", "{namespaces: [b], " + flavor("h100", "{gpu: A100}") + "}");
        assertEquals(2, table.book().quotas().size());
    }

    private static String flavor(String name, String nodeLabels) {
        return "flavors: [{name: %s, nodeLabels: %s, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}]"
                .formatted(name, nodeLabels);
    }
}
