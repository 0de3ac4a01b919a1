package dev.capstan.worker.compress.prune;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Shares, and how they are said. */
final class Numbers {
    private Numbers() {}

    /** So many percent of a number, rounded down; what decimals can't tell from a whole number is one. */
    static int share(int of, double percent) {
        return (int) Math.floor(of * percent / 100 + 1e-9);
    }

    /** What percentage a part is, rounded down to hundredths, in words. */
    static String percent(int part, int of) {
        return BigDecimal.valueOf(100L * part)
                .divide(BigDecimal.valueOf(of), 2, RoundingMode.DOWN)
                .stripTrailingZeros()
                .toPlainString();
    }

    /** A number without needless digits. */
    static String plain(double number) {
        return Double.isFinite(number)
                ? new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString()
                : Double.toString(number);
    }
}
