package dev.capstan.worker.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a card says of the CPU that measured. */
class InstructionsTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "amd64, \"flags\t\t: fpu sse2 avx2\nflags\t\t: fpu\", \"amd64, AVX2\"",
                "amd64, \"flags\t\t: avx2 avx512f avx512_vnni amx_int8\", \"amd64, AVX2, AVX-512, AVX512-VNNI, AMX\"",
                "aarch64, \"Features\t: fp asimd asimddp\", \"aarch64, NEON, dot products\"",
                "riscv64, \"processor : 0\", riscv64"
            })
    void namesWhatDecidesHowFastIntegersAre(String architecture, String cpuinfo, String words) {
        assertEquals(words, Instructions.of(architecture, cpuinfo));
    }
}
