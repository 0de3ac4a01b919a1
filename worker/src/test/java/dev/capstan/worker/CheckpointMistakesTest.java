package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Outcome.Reason;
import java.util.stream.Stream;

/** Checkpoints that can't be written, or that are another training's. */
class CheckpointMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake(
                        "checkpoint: a file in the storage's place",
                        Reason.OutputUnavailable,
                        (place, job) -> place.write("out/checkpoints", "", job),
                        "checkpoint.storage pvc://models/out/checkpoints (",
                        ") can't be written: "),
                mistake(
                        "checkpoint: another recipe's",
                        Reason.OutputUnavailable,
                        (place, job) -> {
                            place.keepOne(job);
                            return edit(job, "\"seed\" : 7", "\"seed\" : 8");
                        },
                        "checkpoint pvc://models/out/checkpoints/uid-1/step-000000000002 is of another recipe: model, data or"
                                + " training of job team-a/quarters, which wrote it, differ from this job's"),
                mistake(
                        "checkpoint: data that have changed since",
                        Reason.DataChanged,
                        (place, job) -> {
                            place.keepOne(job);
                            Fixtures.writeIdx(place.file("train"), Fixtures.images(61, 9));
                            return job;
                        },
                        "data.train: pvc://data/train has changed since checkpoint"
                                + " pvc://models/out/checkpoints/uid-1/step-000000000002 was written",
                        "Put the samples back, or go on from the checkpoint with those that are there now: kubectl annotate"
                                + " --overwrite --namespace=team-a trainingjob quarters capstan.dev/accept-data=sha256:"));
    }
}
