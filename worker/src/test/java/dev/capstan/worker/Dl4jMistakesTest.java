package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import java.util.stream.Stream;

/** DL4J's JSON that no model comes of. */
class Dl4jMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake(
                        "dl4j: no JSON",
                        Reason.InvalidJob,
                        (place, job) -> place.dl4j(job, "layers:\n- dense\n", null),
                        "model.dl4j",
                        " is no JSON: ",
                        "line 1"),
                mistake(
                        "dl4j: another program's JSON",
                        Reason.InvalidJob,
                        (place, job) -> place.dl4j(job, "{\"replicas\": 3}", null),
                        "model.dl4j"),
                mistake(
                        "dl4j: a layer that nobody has",
                        Reason.InvalidJob,
                        (place, job) -> place.dl4j(
                                job,
                                place.network(4, 36)
                                        .replace("org.deeplearning4j.nn.conf.layers.DenseLayer", "com.example.MyLayer"),
                                null),
                        "com.example.MyLayer",
                        "layers of your own must be in the jar that model.jar names"),
                mistake(
                        "dl4j: a jar that isn't there",
                        Reason.InvalidJob,
                        (place, job) -> place.dl4j(
                                job,
                                place.network(4, 36),
                                new JobFile.Place(
                                        place.file("layers.jar").toString(), "pvc://models/layers.jar", null)),
                        "model.jar: there is no file pvc://models/layers.jar; it must be a jar of your layers"),
                mistake(
                        "dl4j: a model of other inputs",
                        Reason.InvalidJob,
                        (place, job) -> place.dl4j(job, place.network(4, 35), null),
                        "model.dl4j",
                        "doesn't fit the data"),
                mistake(
                        "dl4j: fewer classes than labels",
                        Reason.InvalidData,
                        (place, job) -> place.dl4j(job, place.network(2, 36), null),
                        "data.train: pvc://data/train",
                        " is no class"));
    }
}
