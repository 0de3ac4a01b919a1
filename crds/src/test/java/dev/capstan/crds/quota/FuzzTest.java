package dev.capstan.crds.quota;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Fuzz;
import dev.capstan.crds.validation.Schema;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GPUQuotas in every wrong shape. */
class FuzzTest {
    private static ApiServer api;
    private static Fuzz fuzz;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        fuzz = new Fuzz(api, GPUQuota.class, "gpuquotas", Schema.of("gpuquotas"), Quotas.examples());
    }

    @AfterAll
    static void delete() {
        api.client().resources(GPUQuota.class).delete();
    }

    @ParameterizedTest
    @CsvSource({"spec, 300", "status, 150"})
    void whatTheServerAcceptsWeParse(String section, int quotas) {
        fuzz.whatTheServerAcceptsWeParse(section, quotas);
    }
}
