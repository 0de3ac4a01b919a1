package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Outcome.Reason;
import java.nio.file.Files;
import java.util.stream.Stream;

/** An earlier model that can't be gone on from. */
class EarlierModelMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake(
                        "from: nothing",
                        Reason.InvalidData,
                        (place, job) -> place.from(job, null),
                        "model.from: pvc://models/base does not exist; it must be the output of a TrainingJob or"
                                + " CompressionJob that has succeeded"),
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
                        "from: a bare model that is no zip file",
                        Reason.InvalidData,
                        (place, job) -> place.from(place.write("base/model.zip", "damaged", job), null),
                        "model.from: the model in pvc://models/base can't be read: ",
                        "; it must be a model.zip as DL4J's ModelSerializer writes it"),
                mistake(
                        "from: a bare model without parameters",
                        Reason.InvalidData,
                        (place, job) -> place.from(place.bare(job, null), null),
                        "model.from: the model in pvc://models/base can't be read: it has no coefficients.bin"),
                mistake(
                        "from: a bare model whose parameters end too soon",
                        Reason.InvalidData,
                        (place, job) -> place.from(place.bare(job, new byte[] {0, 9, 'L'}), null),
                        "model.from: the model in pvc://models/base can't be read: "),
                mistake(
                        "from: a bare model whose parameters are something else",
                        Reason.InvalidData,
                        (place, job) -> place.from(place.bare(job, "\0\7garbage and more of it".getBytes(UTF_8)), null),
                        "model.from: the model in pvc://models/base can't be read: ",
                        "; it must be a model.zip as DL4J's ModelSerializer writes it"),
                mistake(
                        "from: a model on a volume that fails",
                        Reason.StorageUnavailable,
                        (place, job) -> {
                            Files.createDirectories(place.file("base"));
                            Fixtures.failing(place.file("base/model.zip"));
                            return place.from(job, "sha256:" + "1".repeat(64));
                        },
                        "model.from: the model in pvc://models/base failed while being read: java.io.IOException: "),
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
