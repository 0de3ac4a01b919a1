package dev.capstan.worker.data;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Tells sets of samples apart by what they hold, however it was written in files. */
public final class DataDigest {
    private DataDigest() {}

    /**
     * SHA-256, 32 bytes, over the number of inputs and then each sample's label and numbers, in order. Of samples with
     * numbers to predict, these are in the label's place.
     */
    public static byte[] of(Samples samples) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var row = new float[samples.inputs()];
            var targets = new float[samples.targets()];
            int answer = targets.length == 0 ? Integer.BYTES : Float.BYTES * targets.length;
            var bytes = ByteBuffer.allocate(answer + Float.BYTES * row.length);
            digest.update(bytes.putInt(samples.inputs()).array(), 0, Integer.BYTES);
            for (int i = 0; i < samples.size(); i++) {
                samples.copyInputs(i, row, 0);
                bytes.clear();
                if (targets.length == 0) {
                    bytes.putInt(samples.label(i));
                } else {
                    samples.copyTarget(i, targets);
                    bytes.asFloatBuffer().put(targets);
                    bytes.position(answer);
                }
                bytes.asFloatBuffer().put(row);
                digest.update(bytes.array());
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
