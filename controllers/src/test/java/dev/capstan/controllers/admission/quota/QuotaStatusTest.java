package dev.capstan.controllers.admission.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.StopPolicy;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a quota's status says. */
class QuotaStatusTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final QuotaTable table = new QuotaTable().namespace("vision", Map.of());
    private final GPUQuota quota = table.quota("vision", """
            namespaces: [vision, later]
            cohort: research
            flavors:
            - name: h100
              resources: [{name: nvidia.com/gpu, nominalQuota: 16}, {name: memory, nominalQuota: 64Gi}]
            - name: a100
              resources: [{name: nvidia.com/gpu, nominalQuota: 8}]
            """);
    private final Usage usage = new Usage(
            "vision",
            3,
            2,
            List.of(
                    new Usage.Of("h100", "nvidia.com/gpu", 16_000, 20_000, 4_000, 0),
                    new Usage.Of("h100", "memory", 64L << 30, 1_500, 0, 0),
                    new Usage.Of("a100", "nvidia.com/gpu", 8_000, 0, 0, 4_000),
                    // Of what the flavor doesn't list there is nothing to be told.
                    new Usage.Of("a100", "memory", 0, 0, 0, 0)),
            List.of());

    @Test
    void beforeAnybodyHasCountedItSaysThatJobsAreAdmitted() {
        pass(Optional.empty(), NOW);
        assertEquals(Conditions.TRUE, condition(Conditions.READY).getStatus());
        assertEquals(Reasons.QUOTA_ACTIVE, condition(Conditions.READY).getReason());
        assertEquals(1, quota.getStatus().getNamespaces(), "of those that it names, one is there");
        assertNull(quota.getStatus().getUse());
        assertNull(quota.getStatus().getPendingJobs());
    }

    @Test
    void usageIsToldByFlavorAndInALineForPeople() {
        pass(Optional.of(usage), NOW);
        assertEquals("nvidia.com/gpu 20/24 (4 borrowed)", quota.getStatus().getUse());
        assertEquals(3, quota.getStatus().getPendingJobs());
        assertEquals(2, quota.getStatus().getAdmittedJobs());
        assertEquals(
                "[{\"name\":\"h100\",\"resources\":["
                        + "{\"name\":\"nvidia.com/gpu\",\"nominal\":\"16\",\"used\":\"20\",\"borrowed\":\"4\",\"lent\":\"0\"},"
                        + "{\"name\":\"memory\",\"nominal\":\"64Gi\",\"used\":\"1500\",\"borrowed\":\"0\",\"lent\":\"0\"}]},"
                        + " {\"name\":\"a100\",\"resources\":["
                        + "{\"name\":\"nvidia.com/gpu\",\"nominal\":\"8\",\"used\":\"0\",\"borrowed\":\"0\",\"lent\":\"4\"}]}]",
                quota.getStatus().getFlavors().toString());
    }

    @Test
    void whatIsBeyondAQuotaAndNotBorrowedIsToldAsThat() {
        var lowered = new Usage.Of("h100", "nvidia.com/gpu", 1_000, 2_000, 0, 0);
        var single = new Usage.Of("a100", "nvidia.com/gpu", 0, 0, 0, 0);
        pass(Optional.of(new Usage("vision", 0, 1, List.of(lowered, single), List.of())), NOW);
        assertEquals("nvidia.com/gpu 2/1 (1 over)", quota.getStatus().getUse());
    }

    @Test
    void theSameUsageAnHourLaterIsTheSameStatus() {
        pass(Optional.of(usage), NOW);
        var before = quota.getStatus();
        pass(Optional.of(usage), NOW.plusSeconds(3600));
        assertEquals(before, quota.getStatus());
    }

    @Test
    void aNewLeaderThatHasNotCountedYetLeavesWhatWasCounted() {
        pass(Optional.of(usage), NOW);
        var before = quota.getStatus();
        pass(Optional.empty(), NOW.plusSeconds(1));
        assertEquals(before, quota.getStatus());
    }

    @Test
    void aQuotaOnHoldIsReadyAndSaysThatNothingIsAdmitted() {
        pass(Optional.of(usage), NOW);
        quota.getSpec().setStopPolicy(StopPolicy.HOLD);
        quota.getMetadata().setGeneration(2L);
        pass(Optional.of(usage), NOW.plusSeconds(1));
        var ready = condition(Conditions.READY);
        assertEquals(Reasons.QUOTA_STOPPED, ready.getReason());
        assertEquals("stopPolicy is Hold: nothing new is admitted, and what runs goes on", ready.getMessage());
        assertEquals(NOW.toString(), ready.getLastTransitionTime(), "it was ready before");
        assertEquals(2, ready.getObservedGeneration());
        assertEquals(2, quota.getStatus().getObservedGeneration());
    }

    @Test
    void whatNoNodeHasIsSaidAndForgottenOnceOneHasIt() {
        pass(Optional.of(usage), NOW);
        assertEquals(Conditions.TRUE, condition(Conditions.RESOURCES_FOUND).getStatus());
        var sentence = "no node of flavor h100 has nvidia.com/gpuu: their devices are nvidia.com/gpu";
        var lacking = new Usage("vision", 3, 2, usage.uses(), List.of(sentence));
        pass(Optional.of(lacking), NOW.plusSeconds(1));
        var found = condition(Conditions.RESOURCES_FOUND);
        assertEquals(Conditions.FALSE, found.getStatus());
        assertEquals(Reasons.RESOURCE_NOT_FOUND, found.getReason());
        assertEquals(
                sentence + ": correct the name or the labels in flavors, or have such nodes added", found.getMessage());
        var ready = condition(Conditions.READY);
        assertEquals(Conditions.TRUE, ready.getStatus(), "it is in order otherwise");
        assertEquals("jobs are admitted as the amounts allow; " + sentence, ready.getMessage());

        pass(Optional.empty(), NOW.plusSeconds(2));
        assertEquals(found, condition(Conditions.RESOURCES_FOUND), "a new leader that hasn't counted yet");
        pass(Optional.of(usage), NOW.plusSeconds(3));
        assertEquals(Conditions.TRUE, condition(Conditions.RESOURCES_FOUND).getStatus());
        assertEquals(
                "jobs are admitted as the amounts allow",
                condition(Conditions.READY).getMessage());
    }

    @Test
    void aQuotaInConflictIsStalledAndCountsNothingUntilItIsNot() {
        pass(Optional.of(usage), NOW);
        table.quota("other", "{namespaces: [vision], flavors: [{name: x, resources: [{name: cpu, nominalQuota: 1}]}]}");
        pass(Optional.of(usage), NOW.plusSeconds(1));
        var stalled = condition(Conditions.STALLED);
        assertEquals(Conditions.TRUE, stalled.getStatus());
        assertEquals(Reasons.FLAVOR_CONFLICT, stalled.getReason());
        assertEquals(
                "namespace vision is claimed by GPUQuota other as well: leave it to one of them", stalled.getMessage());
        assertEquals(Conditions.FALSE, condition(Conditions.READY).getStatus());
        assertEquals("2026-01-01T00:00:01Z", condition(Conditions.READY).getLastTransitionTime());
        assertNull(quota.getStatus().getUse());
        assertNull(quota.getStatus().getFlavors());

        table.quotas.removeLast();
        pass(Optional.of(usage), NOW.plusSeconds(2));
        assertEquals(Conditions.FALSE, condition(Conditions.STALLED).getStatus());
        assertEquals(Conditions.TRUE, condition(Conditions.READY).getStatus());
    }

    private void pass(Optional<Usage> counted, Instant now) {
        quota.setStatus(QuotaStatus.of(quota, table.book(), counted, now));
    }

    private Condition condition(String type) {
        return ConditionSet.find(quota.getStatus().getConditions(), type).orElseThrow();
    }
}
