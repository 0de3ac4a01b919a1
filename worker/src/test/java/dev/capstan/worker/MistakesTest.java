package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Networks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What only a worker can see: each mistake ends a run with its reason and with a sentence that names the place and says
 * what would be right.
 */
class MistakesTest {
    @TempDir
    Path folder;

    /** Prepares the mistake in the job's folder, or in the job file's text, which it returns. */
    private interface Preparation {
        String make(Place place, String job) throws Exception;
    }

    private record Mistake(String name, Reason reason, List<String> parts, Preparation preparation) {
        /** Whether a check of job and data finds it, too. */
        boolean seenBeforeTraining() {
            return reason == Reason.InvalidData && !name.startsWith("checkpoint") || reason == Reason.InvalidJob;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Mistake mistake(String name, Reason reason, Preparation preparation, String... parts) {
        return new Mistake(name, reason, List.of(parts), preparation);
    }

    static Stream<Mistake> mistakes() {
        return Stream.of(
                        idx(),
                        csv(),
                        images(),
                        text(),
                        models(),
                        dl4j(),
                        earlier(),
                        jobs(),
                        outputs(),
                        checkpoints(),
                        training())
                .flatMap(each -> each);
    }

    private static Stream<Mistake> idx() {
        var images = "train/some-images-idx3-ubyte.gz";
        var labels = "train/some-labels-idx1-ubyte.gz";
        return Stream.of(
                mistake(
                        "a folder that isn't there",
                        Reason.InvalidData,
                        (place, job) -> place.remove("test", job),
                        "data.test: pvc://data/test does not exist"),
                mistake(
                        "no images",
                        Reason.InvalidData,
                        (place, job) -> place.remove(images, job),
                        "data.train: pvc://data/train has no file *images-idx3-ubyte or *images-idx3-ubyte.gz"),
                mistake(
                        "no labels",
                        Reason.InvalidData,
                        (place, job) -> place.remove(labels, job),
                        "data.train: pvc://data/train has no file *labels-idx1-ubyte"),
                mistake(
                        "a file in the folder's place",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.remove("test", job);
                            return place.write("test", "0,1,2", job);
                        },
                        "data.test: pvc://data/test is a file; format idx needs the folder"),
                mistake(
                        "two data sets in a folder",
                        Reason.InvalidData,
                        (place, job) -> place.write("train/other-labels-idx1-ubyte", "", job),
                        "has 2 files *labels-idx1-ubyte[.gz], other-labels-idx1-ubyte and some-labels-idx1-ubyte.gz"),
                mistake(
                        "images and labels of two data sets",
                        Reason.InvalidData,
                        (place, job) -> {
                            Files.copy(place.file("test/some-labels-idx1-ubyte.gz"), place.replace(labels));
                            return job;
                        },
                        images,
                        "claims 61 images; the labels file has 40 labels"),
                mistake(
                        "labels in the images' place",
                        Reason.InvalidData,
                        (place, job) -> {
                            Files.copy(place.file(labels), place.replace(images));
                            return job;
                        },
                        images + " starts with magic number 2049; a file of that name must start with 2051"),
                mistake(
                        "a copy that was broken off",
                        Reason.InvalidData,
                        (place, job) -> {
                            var bytes = Files.readAllBytes(place.file(images));
                            Files.write(place.file(images), Arrays.copyOf(bytes, bytes.length / 2));
                            return job;
                        },
                        "data.train: pvc://data/train has a broken gzip file"),
                mistake(
                        "a page of a server in the file's place",
                        Reason.InvalidData,
                        (place, job) -> place.write(images, "<html>Not found</html>", job),
                        "data.train: pvc://data/train has a broken gzip file"),
                mistake(
                        "a class that the model lacks",
                        Reason.InvalidData,
                        (place, job) -> edit(job, "\"units\" : 4", "\"units\" : 2"),
                        "data.train: pvc://data/" + labels + ", record ",
                        "the output layer has 2 units"),
                mistake(
                        "test images of another size",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.remove("test", job);
                            Fixtures.writeIdx(
                                    place.file("test"),
                                    new Fixtures.Images(new byte[3][2 * Fixtures.SIDE], new int[3]));
                            return job;
                        },
                        "data.test: pvc://data/test/some-images-idx3-ubyte.gz has a grey image of 6 by 2 pixels a sample; the"
                                + " network takes a grey image of 6 by 6 pixels"));
    }

    private static Stream<Mistake> csv() {
        return Stream.of(
                csv("no file", null, "data.train: pvc://data/rows.csv does not exist"),
                csv("an empty file", "", "data.train: pvc://data/rows.csv has no records"),
                csv("a header and nothing else", "x,y,label\n", "data.train: pvc://data/rows.csv has no records"),
                csv(
                        "a word in a number's place",
                        "x,y,label\n1,2,0\n1,two,1\n",
                        "data.train: pvc://data/rows.csv, record 2: column 1 is \"two\"; it must be a finite number"),
                csv(
                        "a number that is none",
                        "x,y,label\nNaN,2,0\n",
                        "record 1: column 0 is \"NaN\"; it must be a finite number"),
                csv("a missing value", "x,y,label\n1,,0\n", "record 1: column 1 is \"\"; it must be a finite number"),
                csv(
                        "a row that is too short",
                        "x,y,label\n1,2,0\n1,0\n",
                        "record 2: it has 2 columns; the first record has 3"),
                csv("a label that is no class", "x,y,label\n1,2,0\n1,2,-1\n", "record 2: label \"-1\" is no class"),
                csv(
                        "a label beyond the classes",
                        "x,y,label\n1,2,0\n1,2,4\n",
                        "record 2: label \"4\" is no class",
                        "from 0 to 3"),
                csv(
                        "semicolons",
                        "x;y;label\n1;2;0\n",
                        "record 1: it has 1 column; it needs a label and at least one number"));
    }

    private static Mistake csv(String name, String rows, String... parts) {
        return mistake(
                "csv: " + name,
                Reason.InvalidData,
                (place, job) -> {
                    if (rows != null) {
                        place.write("rows.csv", rows, job);
                    }
                    var data = Fixtures.dataset(
                            place.file("rows.csv"), "pvc://data/rows.csv", Format.CSV, new JobFile.Csv(true, -1));
                    return place.with(job, data);
                },
                parts);
    }

    private static Stream<Mistake> images() {
        return Stream.of(
                images(
                        "no classes",
                        place -> {},
                        "data.train: pvc://data/some has no folder in it; format images needs" + " one for each class"),
                images(
                        "a class without images",
                        place -> {
                            place.image("some/cat/1.png");
                            place.image("some/cow/1.png");
                            place.image("some/owl/1.png");
                            Files.createDirectories(place.file("some/dog"));
                        },
                        "data.train: pvc://data/some/dog is a class without images"),
                images(
                        "an image beside the classes",
                        place -> {
                            place.image("some/cat/1.png");
                            place.image("some/2.png");
                        },
                        "pvc://data/some/2.png lies beside the classes' folders"),
                images(
                        "a file that is no image",
                        place -> {
                            place.image("some/cat/1.png");
                            place.image("some/cow/1.png");
                            place.image("some/owl/1.png");
                            place.write("some/dog/1.png", "<html>Not found</html>", null);
                        },
                        "data.train: pvc://data/some/dog/1.png"),
                images(
                        "more classes than outputs",
                        place -> {
                            for (var name : List.of("a", "b", "c", "d", "e")) {
                                place.image("some/" + name + "/1.png");
                            }
                        },
                        "data.train: pvc://data/some has 5 classes (a, b, c, d, e); the output layer has 4 units, and needs one"
                                + " for each class"));
    }

    /** What makes a folder {@code some} of images. */
    private interface Folder {
        void make(Place place) throws Exception;
    }

    private static Mistake images(String name, Folder some, String... parts) {
        return mistake(
                "images: " + name,
                Reason.InvalidData,
                (place, job) -> {
                    Files.createDirectories(place.file("some"));
                    some.make(place);
                    var at = new JobFile.Place(place.file("some").toString(), "pvc://data/some", null);
                    return place.with(
                            job, new JobFile.Dataset(at, Format.IMAGES, null, new JobFile.Images(6, 6, 1), null));
                },
                parts);
    }

    private static Stream<Mistake> text() {
        return Stream.of(
                text(
                        "no words",
                        "text,label\n!!,a\n??,b\n",
                        "data.train: pvc://data/mail.csv has no word in column 0 of any record; is text.textColumn 0 the"
                                + " text's?"),
                text("a column that isn't there", "text\nhello\n", "data.train: pvc://data/mail.csv, record 1: "),
                text(
                        "a text without a label",
                        "text,label\nhello,a\nbye,\n",
                        "data.train: pvc://data/mail.csv, record 2: column 1, the label, is empty"),
                text(
                        "one class alone",
                        "text,label\nhello,a\nbye,a\n",
                        "data.train: pvc://data/mail.csv has only one class, a; there must be at least two to tell apart"),
                text(
                        "a quote that never ends",
                        "text,label\nhello,a\n\"bye,b\n",
                        "data.train: pvc://data/mail.csv, record 2: "));
    }

    private static Mistake text(String name, String rows, String... parts) {
        return mistake(
                "text: " + name,
                Reason.InvalidData,
                (place, job) -> {
                    place.write("mail.csv", rows, job);
                    var at = new JobFile.Place(place.file("mail.csv").toString(), "pvc://data/mail.csv", null);
                    var text = new JobFile.Text(true, 0, 1, JobFile.Text.Encoding.BAG_OF_WORDS, 100, 8);
                    return place.with(job, new JobFile.Dataset(at, Format.TEXT, null, null, text));
                },
                parts);
    }

    private static Stream<Mistake> models() {
        var output = new Layer.Output(4, "softmax", "mcxent");
        var convolution = new Layer.Convolution(2, 7, 1, Layer.Padding.VALID, "relu");
        return Stream.of(
                mistake(
                        "a convolution over rows",
                        Reason.InvalidJob,
                        (place, job) -> place.with(
                                csv("", "x,y,label\n1,2,0\n1,3,1\n")
                                        .preparation()
                                        .make(place, job),
                                List.of(convolution, output)),
                        "model.layers[0] is a convolution, but it gets ",
                        "it needs images"),
                mistake(
                        "a kernel larger than the images",
                        Reason.InvalidJob,
                        (place, job) -> place.with(job, List.of(convolution, output)),
                        "model.layers[0].kernelSize is 7, but it gets ",
                        "take a kernel of at most 6"),
                mistake(
                        "an embedding of images",
                        Reason.InvalidJob,
                        (place, job) -> place.with(job, List.of(new Layer.Embedding(3), output)),
                        "model.layers[0] is an embedding, but it gets ",
                        "it needs words: data of format text"),
                mistake(
                        "an lstm over images",
                        Reason.InvalidJob,
                        (place, job) -> place.with(job, List.of(new Layer.Lstm(3, "tanh", false), output)),
                        "model.layers[0] is an lstm, but it gets "),
                mistake(
                        "a class without samples that is to be balanced",
                        Reason.InvalidData,
                        (place, job) -> csv("", "x,y,label\n1,2,0\n1,3,1\n1,4,3\n")
                                .preparation()
                                .make(
                                        place,
                                        edit(
                                                job,
                                                "\"seed\" : 7",
                                                "\"classWeights\" : {\"balanced\": true}, \"seed\" : 7")),
                        "training.classWeights.balanced: class 2 (2) has no samples among the 3 to train on"),
                mistake(
                        "a weight too few",
                        Reason.InvalidJob,
                        (place, job) -> edit(
                                job,
                                "\"seed\" : 7",
                                "\"classWeights\" : {\"balanced\": false, \"values\": [1, 2, 3]}, \"seed\" : 7"),
                        "training.classWeights.values has 3 numbers, the model has 4 classes"));
    }

    private static Stream<Mistake> dl4j() {
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

    private static Stream<Mistake> earlier() {
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
                            return place.from(
                                    csv("", "x,y,label\n1,2,0\n1,3,1\n")
                                            .preparation()
                                            .make(place, job),
                                    null);
                        },
                        "data.train: pvc://data/rows.csv has ",
                        "; the network takes "));
    }

    private static Stream<Mistake> jobs() {
        return Stream.of(
                mistake("no job file", Reason.WorkerError, (place, job) -> null, "job file ", "can't be read"),
                mistake("no JSON", Reason.InvalidJob, (place, job) -> "job: mnist", "is not a ", "line 1"),
                mistake(
                        "an older operator's job",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"version\" : 2", "\"version\" : 1"),
                        "has version 1, this worker reads version 2; use the worker image that belongs to the operator"),
                mistake(
                        "a layer of a newer operator",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"kind\" : \"dense\"", "\"kind\" : \"attention\""),
                        "attention"),
                mistake(
                        "an unknown activation",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"relu\"", "\"reluu\""),
                        "model.layers[0].activation is \"reluu\"; it must be one of"),
                mistake(
                        "no peers",
                        Reason.InvalidJob,
                        (place, job) -> job.replaceAll("\"peers\" : \\[[^]]*]", "\"peers\" : []"),
                        "peers is empty; it must name host:port of every rank"),
                mistake(
                        "a model that is too large",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"units\" : 16", "\"units\" : 40000000"),
                        "model.layers have more than 536870911 parameters with images of 6 by 6 pixels",
                        "Take fewer units"));
    }

    private static Stream<Mistake> outputs() {
        return Stream.of(
                mistake(
                        "output: a file in its place",
                        Reason.OutputUnavailable,
                        (place, job) -> place.write("out", "", job),
                        "output pvc://models/out (",
                        " in the pod) can't be written: ",
                        "it needs a volume with free space that the worker's user may write to"),
                mistake(
                        "output: another job's model",
                        Reason.OutputUnavailable,
                        (place, job) -> {
                            place.succeed(job);
                            return edit(job, "\"uid\" : \"uid-1\"", "\"uid\" : \"uid-2\"");
                        },
                        "output pvc://models/out holds the model of job team-a/quarters with UID uid-1",
                        "set output.ifExists to Reuse or Overwrite"),
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
                        "output: somebody's manifest",
                        Reason.OutputUnavailable,
                        (place, job) -> place.write("out/manifest.json", "{\"name\": \"web app\"}", job),
                        "output pvc://models/out has a manifest.json that isn't of a job ("));
    }

    private static Stream<Mistake> checkpoints() {
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
                        Reason.InvalidData,
                        (place, job) -> {
                            place.keepOne(job);
                            Fixtures.writeIdx(place.file("train"), Fixtures.images(61, 9));
                            return job;
                        },
                        "data.train: pvc://data/train has changed since checkpoint"
                                + " pvc://models/out/checkpoints/uid-1/step-000000000002 was written",
                        "put the samples back, or remove the checkpoint to start anew"));
    }

    private static Stream<Mistake> training() {
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
                        (place, job) -> csv("", "x,y,label\n1e38,2,0\n-3e38,3e38,1\n")
                                .preparation()
                                .make(
                                        place,
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

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void aMistakeEndsInItsSentence(Mistake mistake) throws Exception {
        var place = new Place(folder);
        var job = mistake.preparation().make(place, place.job());
        var outcome = place.run(Contract.TRAIN, job);
        assertEquals(mistake.reason(), outcome.reason(), outcome.message());
        for (var part : mistake.parts()) {
            assertTrue(outcome.message().contains(part), outcome.message());
        }
        assertNull(outcome.artifact());
        if (mistake.seenBeforeTraining()) {
            assertEquals(outcome, place.run(Contract.CHECK, job));
        }
    }

    @Test
    void aCheckTellsWhatItFound() throws Exception {
        var place = new Place(folder);
        assertEquals(
                new Outcome(
                        Reason.Succeeded,
                        "the model fits the data: 61 training samples of 36 numbers in 4 classes, 40 test samples, 660"
                                + " parameters",
                        null),
                place.run(Contract.CHECK, place.job()));
        assertFalse(Files.exists(folder.resolve("out")), "nothing is written");
    }

    @Test
    void aTrainedModelIsTrainedFurtherOnWhatItsOwnDataTaught() throws Exception {
        var place = new Place(folder);
        place.base(place.job());
        var read = Files.readString(place.file("base/preprocessing.json"));
        place.succeed(place.from(place.job(), null));
        assertEquals(read, Files.readString(place.file("out/preprocessing.json")));
        assertFalse(Arrays.equals(
                Files.readAllBytes(place.file("base/model.zip")), Files.readAllBytes(place.file("out/model.zip"))));
    }

    @Test
    void anotherRoleIsRefused() throws Exception {
        var place = new Place(folder);
        assertEquals(
                "the worker takes one argument, train, check or natives; it got serve",
                place.run("serve", place.job()).message());
    }

    /** A folder with all that a right job needs, and the worker that runs it. */
    private record Place(Path folder) {
        Place {
            try {
                Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(61, 5));
                Fixtures.writeIdx(folder.resolve("test"), Fixtures.images(40, 6));
                Files.writeString(folder.resolve("token"), "s3cret");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        String job() throws IOException {
            return Json.write(Fixtures.job(folder, "uid-1", 1, 1, 1));
        }

        Outcome run(String role, String job) throws IOException {
            var file = folder.resolve("job.json");
            Files.deleteIfExists(file);
            Files.createDirectories(folder.resolve("scratch"));
            if (job != null) {
                Files.writeString(file, job);
            }
            var environment = new HashMap<>(Map.of(
                    "CAPSTAN_JOB_FILE",
                    file.toString(),
                    "CAPSTAN_TOKEN_FILE",
                    folder.resolve("token").toString(),
                    "CAPSTAN_TERMINATION_MESSAGE",
                    folder.resolve("termination").toString(),
                    "CAPSTAN_RANK",
                    "0",
                    "CAPSTAN_HTTP_PORT",
                    "0",
                    "CAPSTAN_SCRATCH",
                    folder.resolve("scratch").toString(),
                    "CAPSTAN_MEETING_SECONDS",
                    "1"));
            return new Main(environment).play(role);
        }

        /** The job with other training data, and none to test. */
        String with(String job, JobFile.Dataset train) {
            var file = Json.read(job, JobFile.class);
            return write(file, file.model(), new JobFile.Data(train, null));
        }

        String with(String job, List<Layer> layers) {
            var file = Json.read(job, JobFile.class);
            return write(file, new JobFile.Model(layers, null, null, null), file.data());
        }

        private static String write(JobFile file, JobFile.Model model, JobFile.Data data) {
            return Json.write(new JobFile(
                    file.version(),
                    file.job(),
                    model,
                    data,
                    file.training(),
                    file.checkpoints(),
                    file.peers(),
                    file.output()));
        }

        /** A network as DL4J writes it. */
        String network(int classes, int inputs) {
            var layers = List.<Layer>of(new Layer.Dense(8, "relu"), new Layer.Output(classes, "softmax", "mcxent"));
            return Networks.multiLayer(layers, Fixtures.training(1, 32, Fixtures.ADAM, 7), inputs)
                    .getLayerWiseConfigurations()
                    .toJson();
        }

        String dl4j(String job, String json, JobFile.Place jar) throws IOException {
            write("model.json", json, job);
            var file = Json.read(job, JobFile.class);
            return write(file, new JobFile.Model(null, file("model.json").toString(), null, jar), file.data());
        }

        /** Leaves a trained model in the folder base. */
        void base(String job) throws IOException {
            succeed(edit(job, "/out\"", "/base\""));
        }

        String from(String job, String digest) {
            var file = Json.read(job, JobFile.class);
            var base = new JobFile.Place(file("base").toString(), "pvc://models/base", null);
            return write(file, new JobFile.Model(null, null, new JobFile.From(base, digest), null), file.data());
        }

        void image(String name) throws IOException {
            Files.createDirectories(file(name).getParent());
            ImageIO.write(
                    new BufferedImage(6, 6, BufferedImage.TYPE_BYTE_GRAY),
                    "png",
                    file(name).toFile());
        }

        void succeed(String job) throws IOException {
            var outcome = run(Contract.TRAIN, job);
            assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        }

        /** Leaves the folder as an attempt does that was killed after its last checkpoint. */
        void keepOne(String job) throws IOException {
            succeed(edit(job, "\"everySteps\" : 0", "\"everySteps\" : 2"));
            Files.delete(file("out/manifest.json"));
            Files.delete(file("out/model.zip"));
        }

        Path file(String name) {
            return folder.resolve(name);
        }

        Path replace(String name) throws IOException {
            Files.delete(file(name));
            return file(name);
        }

        String write(String name, String text, String job) throws IOException {
            Files.createDirectories(file(name).getParent());
            Files.writeString(file(name), text);
            return job;
        }

        String remove(String name, String job) throws IOException {
            if (Files.isDirectory(file(name))) {
                try (var files = Files.list(file(name))) {
                    for (var each : files.toList()) {
                        Files.delete(each);
                    }
                }
            }
            Files.delete(file(name));
            return job;
        }
    }

    private static String edit(String text, String old, String replacement) {
        assertTrue(text.contains(old), "the job file has no " + old);
        return text.replaceFirst(Pattern.quote(old), Matcher.quoteReplacement(replacement));
    }
}
