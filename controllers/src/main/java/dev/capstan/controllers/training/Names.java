package dev.capstan.controllers.training;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names of a job's objects. They follow from the job, the attempt, the rank and the incarnation alone, so that making
 * one twice is a conflict and no second object.
 */
record Names(String job) {
    /** Leaves room for {@code -1000000-worker-1023-9} in the 63 letters of a host name. */
    private static final int LONGEST = 38;

    private static final Pattern HOST_NAME = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");

    /**
     * For a job of that name. A name that can't be part of a host's or service's name is shortened and told apart by a
     * digest.
     */
    static Names of(String job) {
        if (job.length() <= LONGEST && HOST_NAME.matcher(job).matches()) {
            return new Names(job);
        }
        var plain = "j-" + job.replace('.', '-');
        var start = plain.substring(0, Math.min(plain.length(), LONGEST - 9));
        return new Names(start + "-" + digest(job));
    }

    String service() {
        return job + "-workers";
    }

    String secret() {
        return job + "-peers";
    }

    String configMap(int attempt) {
        return job + "-" + attempt;
    }

    String pod(int attempt, int rank, int incarnation) {
        return job + "-" + attempt + "-worker-" + rank + "-" + incarnation;
    }

    /** Of the copy of the model's configuration. */
    String model() {
        return job + "-model";
    }

    /** Of the pod that checks the data, for the given try. */
    String check(int number) {
        return job + "-check-" + number;
    }

    private static String digest(String text) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
