package dev.capstan.crds.training;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Fuzz;
import dev.capstan.crds.validation.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TrainingJobs in every wrong shape. */
class FuzzTest {
    private static Fuzz fuzz;

    @BeforeAll
    static void start() {
        var api = ApiServer.shared();
        fuzz = new Fuzz(
                api,
                TrainingJob.class,
                "namespaces/" + api.newNamespace("fuzz") + "/trainingjobs",
                Schema.of("trainingjobs"),
                Jobs.examples());
    }

    @ParameterizedTest
    @CsvSource({"spec, 500", "status, 250"})
    void whatTheServerAcceptsWeParse(String section, int jobs) {
        fuzz.whatTheServerAcceptsWeParse(section, jobs);
    }
}
