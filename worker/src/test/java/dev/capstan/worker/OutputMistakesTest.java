package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.storage.WorkerUser;
import java.nio.file.Files;
import java.util.stream.Stream;

/** A place where the model can't be written. */
class OutputMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake(
                        "output: a file in its place",
                        Reason.OutputUnavailable,
                        (place, job) -> place.write("out", "", job),
                        "output pvc://models/out (",
                        " in the pod) can't be written: ",
                        "it needs a volume with free space that " + WorkerUser.shown() + " may write to"),
                mistake(
                        "output: another job's model",
                        Reason.OutputUnavailable,
                        (place, job) -> {
                            place.succeed(job);
                            return edit(job, "\"uid\" : \"uid-1\"", "\"uid\" : \"uid-2\"");
                        },
                        "output pvc://models/out holds the model of job team-a/quarters with UID uid-1",
                        "apply it again with output.ifExists: Reuse"),
                mistake(
                        "output: a model of another recipe to be reused",
                        Reason.OutputUnavailable,
                        (place, job) -> {
                            place.succeed(job);
                            return edit(
                                    edit(
                                            edit(job, "\"uid\" : \"uid-1\"", "\"uid\" : \"uid-2\""),
                                            "\"FAIL\"",
                                            "\"REUSE\""),
                                    "\"seed\" : 7",
                                    "\"seed\" : 8");
                        },
                        "whose model, data or training differ from this job's, so it can't be reused"),
                mistake(
                        "output: a model of other samples to be reused",
                        Reason.OutputUnavailable,
                        (place, job) -> {
                            place.succeed(job);
                            Fixtures.writeIdx(place.file("train"), Fixtures.images(61, 9));
                            return edit(
                                    edit(job, "\"uid\" : \"uid-1\"", "\"uid\" : \"uid-2\""), "\"FAIL\"", "\"REUSE\"");
                        },
                        "which has the same recipe, but data.train has changed since (sha256:",
                        "so it can't be reused"),
                mistake(
                        "output: a damaged model to be reused",
                        Reason.OutputUnavailable,
                        (place, job) -> {
                            place.succeed(job);
                            place.write("out/model.zip", "damaged", job);
                            return edit(
                                    edit(job, "\"uid\" : \"uid-1\"", "\"uid\" : \"uid-2\""), "\"FAIL\"", "\"REUSE\"");
                        },
                        "holds a damaged model of job team-a/quarters"),
                mistake(
                        "output: a model that nobody knows",
                        Reason.OutputUnavailable,
                        (place, job) -> place.write("out/model.zip", "somebody's", job),
                        "output pvc://models/out has a model.zip without a manifest.json"),
                mistake(
                        "output: on a volume that fails",
                        Reason.StorageUnavailable,
                        (place, job) -> {
                            Files.createDirectories(place.file("out"));
                            Fixtures.failing(place.file("out/manifest.json"));
                            return job;
                        },
                        "output pvc://models/out (",
                        ") can't be written: java.io.IOException: Input/output error"),
                mistake(
                        "output: somebody's manifest",
                        Reason.OutputUnavailable,
                        (place, job) -> place.write("out/manifest.json", "{\"name\": \"web app\"}", job),
                        "output pvc://models/out has a manifest.json that isn't of a job ("));
    }
}
