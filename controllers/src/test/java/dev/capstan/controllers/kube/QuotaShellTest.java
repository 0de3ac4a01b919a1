package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.controllers.admission.quota.Usage;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaStatus;
import dev.capstan.crds.testing.ApiServer;
import io.javaoperatorsdk.operator.Operator;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of quotas on a real API server; the test plays the admission loop. */
class QuotaShellTest {
    private final ApiServer api = ApiServer.shared();
    private final String ours = api.newNamespace("ours");
    private final String theirs = api.newNamespace("theirs");
    private final QuotaCache cache = new QuotaCache(api.client(), () -> {});
    private final QuotaUsages usages = new QuotaUsages();
    private final Operator operator = new Operator(
            configuration -> configuration.withKubernetesClient(api.client()).withCloseClientOnStop(false));

    @BeforeEach
    void start() {
        cache.awaitSync();
        var shell = new QuotaShell(
                api.client(), cache, usages, Set.of(ours), new Meters(new SimpleMeterRegistry()), Clock.systemUTC());
        operator.register(shell);
        operator.start();
        cache.onChange(shell::wakeAll);
        usages.onChange(shell::wake);
    }

    @AfterEach
    void stop() {
        operator.stop();
        cache.close();
        api.client().resources(GPUQuota.class).delete();
    }

    @Test
    void whatIsUsedIsWrittenDownAndWhatOthersServeIsLeftAlone() {
        quota("other", "namespaces: [" + theirs + "]");
        quota("vision", "namespaces: [" + ours + "]");
        awaitReady("vision", "True", "jobs are admitted as the amounts allow");
        usages.publish(List.of(usage("vision", 12), usage("other", 1), usage("gone", 1)));
        await("vision", status -> "nvidia.com/gpu 12/16".equals(status.getUse()));
        usages.publish(List.of(usage("vision", 3)));
        await("vision", status -> "nvidia.com/gpu 3/16".equals(status.getUse()));
        assertNull(read("other").getStatus().getConditions(), "another installation's, which knows what is used of it");
    }

    @Test
    void aQuotaIsToldOfAConflictThatAnothersLabelsMake() {
        quota("vision", "namespaces: [" + ours + "]");
        awaitReady("vision", "True", "jobs are admitted as the amounts allow");
        quota("selecting", "namespaceSelector: {matchLabels: {team: " + ours + "}}");
        api.kubectl("label", "namespace", ours, "team=" + ours);
        awaitReady(
                "vision",
                "False",
                "namespace %s is claimed by GPUQuota selecting as well: leave it to one of them".formatted(ours));
        api.kubectl("label", "namespace", ours, "team-");
        awaitReady("vision", "True", "jobs are admitted as the amounts allow");
    }

    @Test
    void itsWritesAreOfTheStatusAlone() {
        var applied = quota("vision", "namespaces: [" + ours + "]");
        assertEquals("gpuquota.capstan.dev/vision serverside-applied", applied);
        awaitReady("vision", "True", "jobs are admitted as the amounts allow");
        var fields = read("vision").getMetadata().getManagedFields().stream()
                .map(entry -> entry.getManager() + " " + entry.getSubresource())
                .sorted()
                .toList();
        assertEquals(List.of("capstan-status status", "kubectl null"), fields);
        assertEquals(1, read("vision").getMetadata().getGeneration());
    }

    private String quota(String name, String namespaces) {
        return api.kubectlWithInput("""
                apiVersion: capstan.dev/v1alpha1
                kind: GPUQuota
                metadata: {name: %s}
                spec:
                  %s
                  flavors: [{name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 16}]}]
                """.formatted(name, namespaces), "apply", "--server-side", "--filename=-")
                .strip();
    }

    private static Usage usage(String quota, int gpus) {
        return new Usage(
                quota, 0, 1, List.of(new Usage.Of("h100", "nvidia.com/gpu", 16_000, gpus * 1000L, 0, 0)), List.of());
    }

    private void awaitReady(String quota, String status, String message) {
        await(
                quota,
                now -> ConditionSet.find(now.getConditions(), Conditions.READY)
                        .filter(ready -> ready.getStatus().equals(status)
                                && ready.getMessage().equals(message))
                        .isPresent());
    }

    private void await(String quota, Predicate<GPUQuotaStatus> is) {
        api.client()
                .resources(GPUQuota.class)
                .withName(quota)
                .waitUntilCondition(now -> now != null && is.test(now.getStatus()), 30, TimeUnit.SECONDS);
    }

    private GPUQuota read(String name) {
        return api.client().resources(GPUQuota.class).withName(name).get();
    }
}
