package dev.capstan.crds.compression;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Fuzz;
import dev.capstan.crds.validation.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CompressionJobs in every wrong shape. */
class FuzzTest {
    private static Fuzz fuzz;

    @BeforeAll
    static void start() {
        var api = ApiServer.shared();
        fuzz = new Fuzz(
                api,
                CompressionJob.class,
                "namespaces/" + api.newNamespace("fuzz") + "/compressionjobs",
                Schema.of("compressionjobs"),
                Jobs.examples());
    }

    @ParameterizedTest
    @CsvSource({"spec, 500", "status, 250"})
    void whatTheServerAcceptsWeParse(String section, int jobs) {
        fuzz.whatTheServerAcceptsWeParse(section, jobs);
    }
}
