package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Outcome.Reason;
import java.util.stream.Stream;

/** An earlier model that can't be gone on from. */
class EarlierModelMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake(
                        "from: nothing",
                        Reason.InvalidData,
                        (place, job) -> place.from(job, null),
                        "model.from: pvc://models/base has neither a model.zip nor a manifest.json; it must be the output of"
                                + " a TrainingJob that has succeeded"),
                mistake(
                        "from: a model that was replaced",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.base(job);
                            return place.from(job, "sha256:" + "1".repeat(64));
                        },
                        "model.from: pvc://models/base holds the model sha256:",
                        ", the job asks for sha256:" + "1".repeat(64)),
                mistake(
                        "from: a damaged model",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.base(job);
                            place.write("base/model.zip", "damaged", job);
                            return place.from(job, null);
                        },
                        "model.from: pvc://models/base is damaged",
                        "train that model again"),
                mistake(
                        "from: a model of other data",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.base(job);
                            return place.from(place.rows("x,y,label\n1,2,0\n1,3,1\n", job), null);
                        },
                        "data.train: pvc://data/rows.csv has ",
                        "; the network takes "));
    }
}
