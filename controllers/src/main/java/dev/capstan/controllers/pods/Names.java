package dev.capstan.controllers.pods;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.protocol.JobFile;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names of what a job owns. They follow from the kind, the job, the attempt, the rank and the incarnation alone, so
 * that making one twice is a conflict and no second object.
 *
 * @param job the job's name, or its short form where pods' names would be too long
 * @param label the job's name as a label's value, or its short form
 * @param kind short name of the job's kind
 * @param uid what tells the job from others of its name
 */
public record Names(String job, String label, String kind, String uid) {
    /** Leaves room for {@code -tj-1000000-compressor-1023-9} in the 63 letters of a host name. */
    private static final int LONGEST = 33;

    /** Of labels; kept as it was before names told the kind, so that pods of then are found. */
    private static final int LONGEST_LABEL = 38;

    private static final Pattern HOST_NAME = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");

    /**
     * For an object of a kind. A name that can't be part of a host's or service's name is shortened and told apart by a
     * digest.
     */
    public static Names of(String kind, ObjectMeta metadata) {
        var name = metadata.getName();
        return new Names(shortened(name, LONGEST), shortened(name, LONGEST_LABEL), kind, metadata.getUid());
    }

    private static String shortened(String name, int longest) {
        if (name.length() <= longest && HOST_NAME.matcher(name).matches()) {
            return name;
        }
        var plain = "j-" + name.replace('.', '-');
        var start = plain.substring(0, Math.min(plain.length(), longest - 9));
        return start + "-" + digest(name);
    }

    /** Of the headless service in which the pods find each other, and of the network policy. */
    public String service() {
        return job + "-" + kind + "-workers";
    }

    /** Of the secret by which the pods know each other. */
    public String secret() {
        return job + "-" + kind + "-peers";
    }

    /**
     * Of the secret by which a pod knows its peers. Pods that an operator made before there were pod sets have one that
     * doesn't tell the kind.
     */
    public String secret(Pod pod) {
        var labels = pod.getMetadata().getLabels();
        return labels.containsKey(Labels.POD_SET) ? secret() : labels.get(Labels.JOB) + "-peers";
    }

    /** The version of the job file that a pod mounts: such pods have the one of the release before. */
    public static int jobFileVersion(Pod pod) {
        return pod.getMetadata().getLabels().containsKey(Labels.POD_SET) ? JobFile.VERSION : JobFile.VERSION_BEFORE;
    }

    /** Of the config map with an attempt's job file. */
    public String jobFile(int attempt) {
        return job + "-" + kind + "-" + attempt;
    }

    /** Of a pod; the incarnation counts the pods that a rank of one attempt has had, from 0. */
    public String pod(int attempt, PodSet set, int rank, int incarnation) {
        return job + "-" + kind + "-" + attempt + "-" + set.name() + "-" + rank + "-" + incarnation;
    }

    /** Of the copy of the model's configuration: by the UID, as users give such names to the originals. */
    public String model() {
        return job + "-" + kind + "-model-" + digest(String.valueOf(uid));
    }

    /** Of the copy that an operator made before it gave it a name of this kind. */
    public String earlierModel() {
        return label + "-model";
    }

    /** Of the service that clients of an InferenceService reach. */
    public String clients() {
        return job + "-" + kind;
    }

    /** Of the headless service that has all of its replicas, ready or not; also of what else is about all of them. */
    public String replicas() {
        return job + "-" + kind + "-replicas";
    }

    /** Of what is about all of its routers. */
    public String routers() {
        return job + "-" + kind + "-routers";
    }

    /** Of the config map with what the replicas of a revision are told. */
    public String revision(int revision) {
        return job + "-" + kind + "-" + revision;
    }

    /**
     * Of a pod of a service.
     *
     * @param revision what it is made by
     * @param incarnation counts the pods that a rank of one revision has had, as far as they are still known, from 0
     */
    public String pod(String revision, String set, int rank, int incarnation) {
        return job + "-" + kind + "-" + revision + "-" + set + "-" + rank + "-" + incarnation;
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
