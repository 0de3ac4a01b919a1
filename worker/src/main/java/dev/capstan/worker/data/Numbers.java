package dev.capstan.worker.data;

import java.util.Optional;

/** Numbers as files with tables write them. */
final class Numbers {
    private Numbers() {}

    /** Empty if the text is no finite number. */
    static Optional<Float> of(String text) {
        try {
            // parseFloat takes "1f" and "0x1p3" too, which no CSV writer means.
            if (!text.isEmpty()
                    && (Character.isDigit(text.charAt(text.length() - 1)) || text.endsWith("."))
                    && text.indexOf('x') < 0
                    && text.indexOf('X') < 0) {
                float value = Float.parseFloat(text);
                return Float.isFinite(value) ? Optional.of(value) : Optional.empty();
            }
        } catch (NumberFormatException e) {
            // As every other text that is no number.
        }
        return Optional.empty();
    }
}
