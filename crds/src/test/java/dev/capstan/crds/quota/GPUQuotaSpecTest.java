package dev.capstan.crds.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class GPUQuotaSpecTest {

    @Test
    void whatIsAbsentHasItsDefault() {
        var spec = new GPUQuotaSpec();
        assertEquals(1, spec.weight());
        assertEquals(StopPolicy.NONE, spec.stopPolicy());
        assertEquals(Optional.empty(), spec.cohort());
    }
}
