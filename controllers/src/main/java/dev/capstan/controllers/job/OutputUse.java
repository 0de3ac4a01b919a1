package dev.capstan.controllers.job;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Folder;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3;
import dev.capstan.crds.VolumeUri;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Jobs that write one place take turns: while one isn't finished, the others hold nothing. One that has had places
 * comes first; of those that haven't, the oldest. A job that somebody has to help first keeps no turn.
 */
public final class OutputUse {
    private static final Pattern AWS = Pattern.compile("s3([.-][-a-z0-9]+)?\\.amazonaws\\.com");

    /**
     * The job whose turn it is.
     *
     * @param job which one
     * @param state why it isn't finished, as its own condition says
     */
    public record Holder(JobRef job, String state) {}

    private OutputUse() {}

    /**
     * What tells the place that a job writes from all others: a claim is one of a namespace, a bucket is the same from
     * everywhere. Empty if its spec names no place that this version understands.
     */
    public static Optional<String> place(CapstanJob<?, ?> job) {
        try {
            return Optional.of(place(
                    job.getMetadata().getNamespace(),
                    job.getSpec().getOutput().getStorage().folder()));
        } catch (IllegalArgumentException | NullPointerException e) {
            // The schema refuses such a job; one that is there in spite of it must not stop the others' cache.
            return Optional.empty();
        }
    }

    private static String place(String namespace, Folder folder) {
        PlaceUri uri = folder.uri();
        return uri instanceof VolumeUri ? namespace + " " + uri : service(folder.s3()) + " " + uri;
    }

    private static String service(S3 s3) {
        if (s3.getEndpoint() == null) {
            return "aws";
        }
        var parts = s3.getEndpoint().toLowerCase(Locale.ROOT).split("://", 2);
        var host = parts[1].replaceFirst(parts[0].equals("http") ? ":80$" : ":443$", "");
        return AWS.matcher(host).matches() ? "aws" : host;
    }

    /** The job that comes before this one, of all that write its place. */
    public static Optional<Holder> before(CapstanJob<?, ?> job, Stream<? extends CapstanJob<?, ?>> writers) {
        var uid = job.getMetadata().getUid();
        return writers.filter(other -> !uid.equals(other.getMetadata().getUid()))
                .filter(OutputUse::keepsATurn)
                .filter(other -> TURN.compare(other, job) < 0)
                .min(TURN)
                .map(first -> new Holder(JobRef.of(first), state(first)));
    }

    private static final Comparator<CapstanJob<?, ?>> TURN = Comparator.<CapstanJob<?, ?>, Boolean>comparing(
                    job -> !StatusReader.hasBegun(job))
            .thenComparing(job -> String.valueOf(job.getMetadata().getCreationTimestamp()))
            .thenComparing(job -> String.valueOf(job.getMetadata().getUid()));

    private static boolean keepsATurn(CapstanJob<?, ?> job) {
        if (StatusReader.finished(job) || job.getMetadata().getDeletionTimestamp() != null) {
            return false;
        }
        return StatusReader.hasBegun(job) || !StatusReader.toSuspend(job) && !needsHelp(job);
    }

    /** Whether it waits for something that isn't there, or that the API server doesn't let it make. */
    private static boolean needsHelp(CapstanJob<?, ?> job) {
        return StatusReader.condition(job, Conditions.RECONCILING)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus()))
                .map(Condition::getReason)
                .flatMap(WaitReason::of)
                .filter(reason -> reason != WaitReason.OUTPUT_IN_USE)
                .filter(reason ->
                        reason.stage() == WaitReason.Stage.PREREQUISITE || reason.stage() == WaitReason.Stage.REFUSED)
                .isPresent();
    }

    private static String state(CapstanJob<?, ?> job) {
        return StatusReader.condition(job, Conditions.READY)
                .map(Condition::getReason)
                .orElse(WaitReason.PENDING.reason());
    }

    /** Whether a job may have to be told that it is its turn now, or that it isn't any more. */
    public static boolean minds(CapstanJob<?, ?> job) {
        return !StatusReader.finished(job) && !StatusReader.allMade(job);
    }

    /** What a job waits for whose turn it isn't. */
    static Wait wait(CapstanJob<?, ?> job, Holder holder) {
        var output = job.getSpec().getOutput();
        return new Wait(
                WaitReason.OUTPUT_IN_USE,
                "output.storage %s is written by %s, which is not finished (%s): this job has its turn after it, and then goes by output.ifExists, which is %s"
                        .formatted(
                                output.getStorage().getUri(),
                                holder.job(),
                                holder.state(),
                                output.ifExists().name().charAt(0)
                                        + output.ifExists().name().substring(1).toLowerCase(Locale.ROOT)));
    }
}
