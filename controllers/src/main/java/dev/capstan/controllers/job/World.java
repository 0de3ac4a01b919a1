package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a plan is made from, beside the job itself; read once.
 *
 * @param now the time of reading
 * @param pods every worker's pod that this very job owns, of all attempts
 * @param checks every pod that this very job owns to check its data
 * @param referents what the job names
 * @param nodes whether each node that the job has pods or places on is ready, by name; none that is gone
 * @param waitingSince since when the status says what it says of what the job waits for, as far as this operator has
 *     seen
 * @param verdict why admission gave no places to the current attempt, if it has looked
 * @param drainedBy the quota that wants the jobs of the namespace to give their places up, if one does
 * @param progress the workers' last report, if there is one
 * @param lastWord what rank 0 told as it ended, in this attempt or an earlier one; its pod may be gone
 * @param others what other jobs have to do with it
 * @param doneRequest the text of the request for a checkpoint that a worker has done, if one has
 * @param told by name of a pod that is bound and doesn't run, what its kubelet says of that; of one that is gone, who
 *     had it go, if this operator wasn't there to hear it from the pod; of some of them
 * @param strays by number of a pod that has a rank in the current attempt, the one that was made and isn't the job's
 *     any more
 * @param gone what the running pods need and somebody has deleted, as it was made
 * @param voices what the workers themselves say of how they are
 */
public record World(
        Instant now,
        List<Pod> pods,
        List<Pod> checks,
        Referents referents,
        Map<String, Boolean> nodes,
        Optional<Instant> waitingSince,
        Optional<Wait> verdict,
        Optional<String> drainedBy,
        Optional<Progress> progress,
        Optional<LastWords.Word> lastWord,
        Others others,
        Optional<String> doneRequest,
        Map<String, String> told,
        Map<Integer, Stray> strays,
        List<HasMetadata> gone,
        Voices voices) {

    /**
     * A pod that was made for the job and can't be told to be by owner and labels.
     *
     * @param why what it has lost
     * @param owned it, if the job owns it still
     */
    public record Stray(String pod, String why, Optional<Pod> owned) {}

    /** In which nobody has meddled with anything, and kubelets say nothing. */
    public World(
            Instant now,
            List<Pod> pods,
            List<Pod> checks,
            Referents referents,
            Map<String, Boolean> nodes,
            Optional<Instant> waitingSince,
            Optional<Wait> verdict,
            Optional<String> drainedBy,
            Optional<Progress> progress,
            Optional<LastWords.Word> lastWord,
            Others others,
            Optional<String> doneRequest) {
        this(
                now,
                pods,
                checks,
                referents,
                nodes,
                waitingSince,
                verdict,
                drainedBy,
                progress,
                lastWord,
                others,
                doneRequest,
                Map.of(),
                Map.of(),
                List.of(),
                Voices.NONE);
    }

    /** The same, as if all was there that running pods need. */
    World withNothingGone() {
        return new World(
                now,
                pods,
                checks,
                referents,
                nodes,
                waitingSince,
                verdict,
                drainedBy,
                progress,
                lastWord,
                others,
                doneRequest,
                told,
                strays,
                List.of(),
                voices);
    }

    /** By name of a pod of an attempt that somebody had go, who did and why, as far as anybody knows. */
    Map<String, String> hadToGo(int attempt) {
        var all = new LinkedHashMap<String, String>();
        lastWord.filter(word -> word.attempt() == attempt).ifPresent(word -> all.putAll(word.disrupted()));
        var there = pods.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
        told.forEach((pod, why) -> {
            if (!there.contains(pod)) {
                all.putIfAbsent(pod, why);
            }
        });
        return all;
    }

    /** Whether nothing can be learned from a pod's node any more, or be done there. */
    boolean onDeadNode(Pod pod) {
        var node = pod.getSpec().getNodeName();
        return node != null && !nodes.getOrDefault(node, false);
    }

    /** Whether a pod's node has been taken out of the cluster. */
    boolean onGoneNode(Pod pod) {
        var node = pod.getSpec().getNodeName();
        return node != null && !nodes.containsKey(node);
    }
}
