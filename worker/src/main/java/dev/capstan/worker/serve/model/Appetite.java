package dev.capstan.worker.serve.model;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much memory a model takes while it computes, found out at load by larger and larger samples of our own making.
 * From it follows how many samples go into one run, and which are too large for this pod: they are refused, where the
 * kernel would end the process.
 *
 * @param numbers in one sample, as it was measured
 * @param bytes that one such sample took
 * @param exponent by which that grows with the numbers: 1 in proportion, 2 where each meets each other
 * @param most bytes that one run may take
 */
record Appetite(long numbers, double bytes, double exponent, long most) {
    private static final Logger LOG = LoggerFactory.getLogger(Appetite.class);

    /** Where nothing is measured, for nothing limits the process. */
    static final Appetite UNKNOWN = new Appetite(1, 0, 1, Long.MAX_VALUE);

    /** From here on what is measured is more than what else comes and goes in a JVM. */
    private static final long PLAIN = 16 << 20;

    private static final long LONGEST_NANOS = 250_000_000;
    private static final int MOST_DOUBLINGS = 16;
    private static final int MOST_NUMBERS = 1 << 21;

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path RESET = Path.of("/proc/self/clear_refs");
    /** What makes the kernel forget the peak (proc(5)). */
    private static final String PEAK = "5";

    /** Asks the model something. */
    interface Question {
        /**
         * @param scale how many times as large as the smallest
         * @return the numbers that were asked about
         */
        long ask(int scale);
    }

    /**
     * Measures.
     *
     * @param most bytes that one run may take; empty if nothing limits it
     * @param rows asks about that many samples of the smallest size
     * @param sizes asks about one sample that is that many times as large; null if they have one size
     */
    static Appetite of(OptionalLong most, Question rows, Question sizes) {
        if (most.isEmpty()) {
            return UNKNOWN;
        }
        try {
            var found = sizes == null ? ofRows(rows, most.getAsLong()) : ofSizes(sizes, most.getAsLong());
            LOG.info(
                    "a sample of {} numbers takes {} KiB while it is computed, by the power of {} of their number; a run"
                            + " may take {} MiB",
                    found.numbers,
                    (long) found.bytes >> 10,
                    found.exponent,
                    found.most >> 20);
            return found;
        } catch (IOException e) {
            LOG.warn("how much memory the model takes can't be measured: {}", e.toString());
            return UNKNOWN;
        }
    }

    private static Appetite ofRows(Question rows, long most) throws IOException {
        long numbers = 1;
        double bytes = 0;
        for (int scale = 1; scale <= OnnxPredictor.AT_ONCE; scale *= 2) {
            long begin = System.nanoTime();
            long before = reset();
            numbers = rows.ask(scale) / scale;
            long peak = peak() - before;
            bytes = (double) peak / scale;
            if (peak > Math.min(PLAIN, most / 4) || System.nanoTime() - begin > LONGEST_NANOS) {
                break;
            }
        }
        return new Appetite(numbers, bytes, 1, most);
    }

    private static Appetite ofSizes(Question sizes, long most) throws IOException {
        long numbers = 1;
        double bytes = 0;
        double exponent = 2;
        for (int doubling = 0; doubling < MOST_DOUBLINGS && numbers < MOST_NUMBERS; doubling++) {
            long begin = System.nanoTime();
            long before = reset();
            long asked;
            try {
                asked = sizes.ask(1 << doubling);
            } catch (RequestException e) {
                // It has a bound of its own.
                break;
            }
            double peak = Math.max(1, peak() - before);
            if (doubling > 0 && peak > bytes && bytes > PLAIN / 8.0) {
                exponent = Math.clamp(Math.log(peak / bytes) / Math.log((double) asked / numbers), 1, 3);
            }
            numbers = asked;
            bytes = peak;
            if (peak > Math.min(PLAIN, most / 4) || System.nanoTime() - begin > LONGEST_NANOS) {
                break;
            }
        }
        return new Appetite(numbers, bytes, exponent, most);
    }

    /** Forgets the peak; how much the process has now. */
    private static long reset() throws IOException {
        Files.writeString(RESET, PEAK);
        return status("VmRSS:");
    }

    private static long peak() throws IOException {
        return status("VmHWM:");
    }

    private static long status(String name) throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow(() -> new IOException(STATUS + " has no " + name));
    }

    /**
     * How many samples may be computed in one run.
     *
     * @param sample numbers in one of them
     * @throws RequestException TOO_LARGE if not even one
     */
    int atOnce(long sample) {
        double times = (double) sample / numbers;
        // Of a smaller one not less than in proportion, for what grows with its square isn't all that it takes.
        double one = bytes * (times > 1 ? Math.pow(times, exponent) : times);
        if (one > most) {
            throw new RequestException(
                    Kind.TOO_LARGE,
                    String.format(
                            "a sample of %d numbers takes about %.0f MiB of memory to compute, and there are %d MiB for"
                                    + " it; send a shorter or smaller one, of at most some %.0f numbers",
                            sample, one / (1 << 20), most >> 20, numbers * Math.pow(most / bytes, 1 / exponent)));
        }
        return (int) Math.clamp((long) (most / Math.max(1, one)), 1, OnnxPredictor.AT_ONCE);
    }
}
