package dev.capstan.worker.compress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What a CPU has that decides how fast integers are multiplied: without its name, a latency means little. */
public final class Instructions {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** Each with what it is called; the later ones say more. */
    private static final List<String[]> KNOWN = List.of(
            new String[] {"avx2", "AVX2"},
            new String[] {"avx512f", "AVX-512"},
            new String[] {"avx_vnni", "AVX-VNNI"},
            new String[] {"avx512_vnni", "AVX512-VNNI"},
            new String[] {"amx_int8", "AMX"},
            new String[] {"asimd", "NEON"},
            new String[] {"asimddp", "dot products"},
            new String[] {"sve", "SVE"});

    private Instructions() {}

    /** Those of this machine. */
    public static String here() {
        try {
            return of(System.getProperty("os.arch"), Files.readString(CPUINFO));
        } catch (IOException e) {
            return of(System.getProperty("os.arch"), "");
        }
    }

    /**
     * In words.
     *
     * @param architecture as Java names it
     * @param cpuinfo what Linux says in /proc/cpuinfo
     */
    static String of(String architecture, String cpuinfo) {
        var flags = cpuinfo.lines()
                .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                .findFirst()
                .map(line -> Arrays.asList(line.split("\\s+")))
                .orElse(List.of());
        var known = KNOWN.stream()
                .filter(each -> flags.contains(each[0]))
                .map(each -> each[1])
                .toList();
        return architecture + (known.isEmpty() ? "" : ", " + String.join(", ", known));
    }
}
