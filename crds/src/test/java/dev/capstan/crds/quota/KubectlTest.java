package dev.capstan.crds.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Habits;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people see of GPUQuotas on the command line. */
class KubectlTest {
    @Test
    void getShowsAQuotasUseInALineAndWhatIsReadCanBeSentAgain() {
        var api = ApiServer.shared();
        var quota = Serialization.unmarshal(Quotas.full().toString(), GPUQuota.class);
        var created = api.client().resource(quota).create();
        try {
            created.setStatus(quota.getStatus());
            api.client().resource(created).updateStatus();
            var lines = api.kubectl("get", "gq", "--output", "wide").lines().toList();
            assertEquals(
                    List.of(
                            "NAME",
                            "COHORT",
                            "USE",
                            "PENDING",
                            "ADMITTED",
                            "READY",
                            "AGE",
                            "NAMESPACES",
                            "REASON",
                            "MESSAGE"),
                    List.of(lines.getFirst().split("\\s+")));
            assertTrue(
                    lines.getLast()
                            .matches("vision +research +nvidia\\.com/gpu 20/24 \\(4 borrowed\\) +3 +4 +True +\\S+ +2"
                                    + " +QuotaActive +admits"),
                    lines.getLast());
            new Habits(api, "gq", "vision", List.of()).whatIsReadCanBeSentAgain();
        } finally {
            api.client().resource(created).delete();
        }
    }
}
