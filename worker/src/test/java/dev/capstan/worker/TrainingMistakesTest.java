package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import java.util.List;
import java.util.stream.Stream;

/** Trainings that come to nothing. */
class TrainingMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake(
                        "a learning rate that is much too large",
                        Reason.Diverged,
                        (place, job) -> edit(
                                edit(job, "\"kind\" : \"adam\"", "\"kind\" : \"sgd\""),
                                "\"learningRate\" : 0.002",
                                "\"learningRate\" : 1e30"),
                        "became NaN or infinite; a smaller training.optimizer.learningRate usually helps",
                        "It happened at step "),
                mistake(
                        "inputs that are much too large",
                        Reason.Diverged,
                        (place, job) -> place.rows(
                                "x,y,label\n1e38,2,0\n-3e38,3e38,1\n",
                                edit(
                                        edit(job, "\"kind\" : \"adam\"", "\"kind\" : \"sgd\""),
                                        "\"epochs\" : 1",
                                        "\"epochs\" : 9")),
                        "became NaN or infinite",
                        "and so do inputs scaled to about 0 to 1"),
                mistake(
                        "a validation split of nothing",
                        Reason.InvalidData,
                        (place, job) -> edit(job, "\"validationSplit\" : 0.0", "\"validationSplit\" : 0.001"),
                        "training.validationSplit is 0.001 of 61 samples, which leaves none to measure on"),
                mistake(
                        "a validation split of everything",
                        Reason.InvalidData,
                        (place, job) -> edit(job, "\"validationSplit\" : 0.0", "\"validationSplit\" : 0.999"),
                        "training.validationSplit is 0.999 of 61 samples, which leaves none to train on"),
                mistake(
                        "a batch whose labels are longer than one buffer",
                        Reason.InvalidJob,
                        (place, job) -> place.with(
                                place.rows(
                                        "x,label\n" + "1,0\n2,1\n".repeat(300),
                                        edit(job, "\"batchSize\" : 32", "\"batchSize\" : 1000")),
                                List.of(new Layer.Output(1_000_000, "softmax", "mcxent"))),
                        "training.batchSize is 1000, so a worker takes 600 samples at once; with 1 number and 1000000"
                                + " classes each, an array of less than 2 GiB holds no more than 536. Take at most 536,"
                                + " or more workers"),
                mistake(
                        "a peer that never comes",
                        Reason.PeerLost,
                        (place, job) -> {
                            var file = Json.read(job, JobFile.class);
                            return edit(
                                    job,
                                    file.peers().getFirst() + '"',
                                    file.peers().getFirst() + "\", \"localhost:1\"");
                        },
                        "rank 1 (localhost:1)"));
    }
}
