package dev.capstan.worker.job;

import java.util.ArrayList;
import java.util.List;

/** What is wrong with a job's fields: sentences that name the field, what it is, and what it must be. */
final class Problems {
    private final List<String> sentences = new ArrayList<>();

    List<String> sentences() {
        return List.copyOf(sentences);
    }

    void add(String sentence) {
        sentences.add(sentence);
    }

    void require(boolean right, String otherwise) {
        if (!right) {
            sentences.add(otherwise);
        }
    }

    boolean present(String field, Object value) {
        require(value != null, field + " is missing");
        return value != null;
    }

    void atLeastOne(String field, long value) {
        require(value >= 1, field + " is " + value + "; it must be at least 1");
    }

    void aboveZero(String field, double value) {
        require(value > 0 && Double.isFinite(value), field + " is " + value + "; it must be above 0 and finite");
    }

    void fraction(String field, double value) {
        require(value >= 0 && value < 1, field + " is " + value + "; it must be at least 0 and below 1");
    }

    void notNegative(String field, long value) {
        require(value >= 0, field + " is " + value + "; it must be at least 0");
    }

    void notNegative(String field, double value) {
        require(value >= 0 && Double.isFinite(value), field + " is " + value + "; it must be at least 0 and finite");
    }

    static String quoted(String value) {
        return value == null ? "missing" : '"' + value + '"';
    }
}
