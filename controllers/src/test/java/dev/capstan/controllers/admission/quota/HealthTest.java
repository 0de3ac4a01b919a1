package dev.capstan.controllers.admission.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.controllers.testing.GitOpsVerdict;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What GitOps tools make of quotas: a pipeline that applies a conflict is told so. */
class HealthTest {
    private static final String FLAVORS =
            "flavors: [{name: all, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}]";

    @Test
    void fluxAndArgoSeeWhetherAQuotaIsInOrder() throws IOException, InterruptedException {
        var table = new QuotaTable();
        seen(table, table.quota("active", "{namespaces: [a], " + FLAVORS + "}"));
        seen(table, table.quota("on-hold", "{namespaces: [b], stopPolicy: Hold, " + FLAVORS + "}"));
        table.quota("claims-c", "{namespaces: [c], " + FLAVORS + "}");
        seen(table, table.quota("claims-c-too", "{namespaces: [c], " + FLAVORS + "}"));
        var changed = table.quota("changed", "{namespaces: [d], " + FLAVORS + "}");
        seen(table, changed);
        changed.getMetadata().setGeneration(2L);
        // As the API server makes it.
        table.quota("unseen", "{namespaces: [e], " + FLAVORS + "}")
                .setStatus(new GPUQuotaStatus().setObservedGeneration(-1L));
        table.quotas.removeIf(quota -> quota.getStatus() == null);

        assertEquals(
                List.of(
                        "active Current Healthy",
                        "on-hold Current Healthy",
                        "claims-c-too Failed Degraded",
                        "changed InProgress Progressing",
                        "unseen InProgress Progressing"),
                GitOpsVerdict.of(table.quotas).stream()
                        .map(verdict -> verdict.name() + " " + verdict.kstatus() + " " + verdict.argo())
                        .toList());
    }

    private static void seen(QuotaTable table, GPUQuota quota) {
        quota.setStatus(QuotaStatus.of(quota, table.book(), Optional.empty(), Instant.parse("2026-01-01T00:00:00Z")));
    }
}
