package dev.capstan.worker.serve.batch;

import dev.capstan.worker.serve.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Samples that wait to be computed, for one client.
 *
 * @param inputs by name
 * @param outputs names of those that are wanted
 * @param samples how many there are; 1 where the model doesn't count them
 * @param bytes of all inputs
 * @param call who waits for it
 * @param since when it came, by {@link System#nanoTime}
 * @param result the outputs by name, or a {@link dev.capstan.worker.serve.RequestException}; completed by the thread
 *     that computes
 */
record Pending(
        Map<String, Tensor> inputs,
        Set<String> outputs,
        long samples,
        long bytes,
        Call call,
        long since,
        CompletableFuture<Map<String, Tensor>> result) {
    static Pending of(Map<String, Tensor> inputs, Set<String> outputs, Call call) {
        long bytes = 0;
        long samples = 1;
        for (var each : inputs.values()) {
            bytes += each.data().remaining();
            samples = each.shape().length == 0 ? 1 : each.shape()[0];
        }
        return new Pending(inputs, outputs, samples, bytes, call, System.nanoTime(), new CompletableFuture<>());
    }

    /** Whether both can be computed at once: the samples are of the same shapes. */
    boolean fits(Pending other) {
        if (!inputs.keySet().equals(other.inputs.keySet())) {
            return false;
        }
        for (var each : inputs.entrySet()) {
            var one = each.getValue().shape();
            var two = other.inputs.get(each.getKey()).shape();
            if (one.length != two.length || !Arrays.equals(one, 1, one.length, two, 1, two.length)) {
                return false;
            }
        }
        return true;
    }
}
