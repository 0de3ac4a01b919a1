package dev.capstan.worker.serve.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LoaderTest {
    private static final long MIB = 1 << 20;

    @Test
    void aModelThatDoesNotFitIsToldWithHowMuchIsLacking() {
        assertEquals(Optional.empty(), Loader.scarce(900 * MIB, OptionalLong.empty()));
        assertEquals(Optional.empty(), Loader.scarce(900 * MIB, OptionalLong.of(1800 * MIB)));
        assertEquals(
                "has 900 MiB and takes up to 1800 MiB while it loads, and only 1000 MiB are free below the pod's memory"
                        + " limit; raise spec.workers.resources.limits.memory by 800 MiB or more",
                Loader.scarce(900 * MIB, OptionalLong.of(1000 * MIB)).orElseThrow());
    }
}
