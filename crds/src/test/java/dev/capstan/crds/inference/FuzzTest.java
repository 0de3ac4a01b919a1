package dev.capstan.crds.inference;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Fuzz;
import dev.capstan.crds.validation.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** InferenceServices in every wrong shape. */
class FuzzTest {
    private static Fuzz fuzz;

    @BeforeAll
    static void start() {
        var api = ApiServer.shared();
        fuzz = new Fuzz(
                api,
                InferenceService.class,
                "namespaces/" + api.newNamespace("fuzz") + "/inferenceservices",
                Schema.of("inferenceservices"),
                Services.examples());
    }

    @ParameterizedTest
    @CsvSource({"spec, 500", "status, 250"})
    void whatTheServerAcceptsWeParse(String section, int jobs) {
        fuzz.whatTheServerAcceptsWeParse(section, jobs);
    }
}
