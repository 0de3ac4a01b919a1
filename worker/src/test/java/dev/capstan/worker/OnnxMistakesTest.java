package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.compress.quantize.ForeignModels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto.DataType;

/** An ONNX file from elsewhere that can't be compressed. */
class OnnxMistakesTest extends Mistakes {
    private static final String FILE = "model.from: pvc://models/base/net.onnx";

    static Stream<Mistake> mistakes() {
        return Stream.of(
                model(
                        "of too old an opset",
                        ForeignModels.version(9, 4),
                        ": the model is of opset 9; it must be of 10 to 26"),
                model(
                        "of too new an opset",
                        ForeignModels.version(27, 8),
                        ": the model is of opset 27; it must be of 10 to 26"),
                model(
                        "of too new a format",
                        ForeignModels.version(17, 99),
                        ": it is of IR version 99; ONNX Runtime reads up to 13"),
                model(
                        "with an operator that nobody has",
                        ForeignModels.operator("Frobnicate", ""),
                        ": ONNX Runtime can't load the model",
                        "No Op registered for Frobnicate",
                        "it must consist of operators that ONNX has in the opset that it names"),
                model(
                        "with an operator that somebody else has",
                        ForeignModels.operator("Frobnicate", "com.example"),
                        ": ONNX Runtime can't load the model",
                        "; its node \"y\" is a Frobnicate of the domain com.example",
                        "export the model with ONNX' operators"),
                model(
                        "with two inputs",
                        ForeignModels.twoInputs(),
                        ": it has 2 inputs, x, mask; it must have exactly one, which takes the samples"),
                model(
                        "with two outputs",
                        ForeignModels.twoOutputs(),
                        ": it has 2 outputs that are tensors of FLOAT (y, FLOAT; features, FLOAT); it must have exactly"
                                + " one, with a number for each class"),
                model(
                        "with maps for an output",
                        ForeignModels.zipped(),
                        ": it has 0 outputs that are tensors of FLOAT (output_probability, a sequence)",
                        "options={'zipmap': False}"),
                model(
                        "of halves",
                        ForeignModels.rows(DataType.FLOAT16, -1, 36),
                        ": its input x is of type FLOAT16; samples are FLOAT: export the model in float32"),
                model(
                        "of doubles",
                        ForeignModels.rows(DataType.DOUBLE, -1, 36),
                        ": its input x is of type DOUBLE; samples are FLOAT: export the model so, or put a Cast before it"),
                model(
                        "for larger images",
                        ForeignModels.rows(DataType.FLOAT, -1, 3, 224, 224),
                        ": its input x takes [N, 3, 224, 224], and a sample is a grey image of 6 by 6 pixels, which is"
                                + " [N, 1, 6, 6] or [N, 6, 6, 1] or [N, 36] or [N, 6, 6]"),
                model(
                        "for eight samples at once",
                        ForeignModels.rows(DataType.FLOAT, 8, 36),
                        ": its input x takes exactly 8 samples at once, [8, 36]; the first dimension must be open, or 1:"
                                + " export the model with dynamic_axes={'x': {0: 'N'}}"),
                model("of one class", ForeignModels.classes(1), ": its output y has 1 number a sample"),
                model(
                        "in integers already",
                        ForeignModels.quantized(),
                        "means that the model is quantized already; give the one with floats from which it was made"),
                mistake(
                        "without weights",
                        Reason.InvalidJob,
                        (place, job) -> compress(place, job, ForeignModels.weightless(), Compressions.INT8),
                        "steps[0].quantize: nothing in the model can be quantized"),
                mistake(
                        "a node left out that isn't there",
                        Reason.InvalidJob,
                        (place, job) -> compress(
                                place, job, ForeignModels.sklearn(), Compressions.quantize(List.of("fc7"), null)),
                        "steps[0].quantize: no layer is named fc7, so it can't be exempt; the model's layers are"
                                + " mul_result"),
                mistake(
                        "pruned",
                        Reason.InvalidJob,
                        (place, job) -> compress(
                                place,
                                job,
                                ForeignModels.sklearn(),
                                Compressions.prune(Prune.Granularity.UNIT, 50, null)),
                        "steps[0] prunes, and " + FILE
                                + " is an ONNX file: only a network of DL4J's says what its layers" + " are"),
                mistake(
                        "with layers of the user's own",
                        Reason.InvalidJob,
                        (place, job) -> {
                            var file = Json.read(compress(place, job, ForeignModels.sklearn()), JobFile.class);
                            var work = (Work.Compress) file.work();
                            var jar = new JobFile.Place("/layers.jar", "pvc://models/layers.jar", null);
                            return write(file, new Work.Compress(work.from(), jar, work.data(), work.steps(), null));
                        },
                        "model.jar has layers of DL4J's, and " + FILE + " is an ONNX file"),
                mistake(
                        "several ONNX files",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.write("base/other.onnx", "", job);
                            place.write("base/._other.onnx", "", job);
                            return compress(place, job, ForeignModels.sklearn());
                        },
                        "model.from: pvc://models/base has 2 ONNX files, net.onnx, other.onnx; name one of them"),
                mistake(
                        "something else under the name",
                        Reason.InvalidData,
                        (place, job) ->
                                place.write("base/net.onnx", "no model", compress(place, job, ForeignModels.sklearn())),
                        "model.from: pvc://models/base can't be used: net.onnx is no ONNX model"),
                mistake(
                        "a file of another kind",
                        Reason.InvalidData,
                        (place, job) -> {
                            var text = compress(place, job, ForeignModels.sklearn());
                            place.write("base/model.h5", "keras", job);
                            return Mistake.edit(
                                    Mistake.edit(text, "/base\"", "/base/model.h5\""),
                                    "models/base\"",
                                    "models/base/model.h5\"");
                        },
                        "model.from: pvc://models/base/model.h5 is a file whose name doesn't end in .onnx; it must be the"
                                + " folder of an artifact, or an ONNX file"),
                mistake(
                        "weights that aren't there",
                        Reason.InvalidData,
                        (place, job) ->
                                compress(place, job, ForeignModels.elsewhere(ForeignModels.sklearn(), "net.onnx.data")),
                        "tensor coefficient lies in the file net.onnx.data beside the model, which isn't there; name the"
                                + " folder that holds both"),
                mistake(
                        "weights in another folder",
                        Reason.InvalidData,
                        (place, job) ->
                                compress(place, job, ForeignModels.elsewhere(ForeignModels.sklearn(), "../token")),
                        "tensor coefficient lies in the file ../token beside the model, which is no place in the model's"
                                + " own folder"),
                mistake(
                        "of other classes than the data's",
                        Reason.InvalidData,
                        (place, job) -> compress(place, job, ForeignModels.classes(3)),
                        "label 3 is no class; the output layer has 3 units"),
                mistake(
                        "of words without a vocabulary",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.write("texts.csv", "good,1\nbad,0\n", job);
                            var texts = new JobFile.Dataset(
                                    new JobFile.Place(place.file("texts.csv").toString(), "pvc://data/texts.csv", null),
                                    Format.TEXT,
                                    null,
                                    null,
                                    new JobFile.Text(false, 0, 1, JobFile.Text.Encoding.SEQUENCE, 20, 4));
                            var file = Json.read(compress(place, job, ForeignModels.words()), JobFile.class);
                            var work = (Work.Compress) file.work();
                            return write(
                                    file,
                                    new Work.Compress(work.from(), new JobFile.Data(texts, null), work.steps(), null));
                        },
                        FILE
                                + " takes texts, and nothing says which word has which number; lay a preprocessing.json with"
                                + " shape, classes and vocabulary beside it"),
                mistake(
                        "a preprocessing.json that says too little",
                        Reason.InvalidData,
                        (place, job) -> place.write(
                                "base/preprocessing.json",
                                "{\"shape\": {\"kind\": \"flat\", \"inputs\": 36}}",
                                compress(place, job, ForeignModels.sklearn())),
                        "model.from: pvc://models/base can't be used: preprocessing.json beside it must have a shape, such"
                                + " as {\"kind\": \"image\", ",
                        ", the names of at least two classes"),
                mistake(
                        "an output that would replace it",
                        Reason.InvalidJob,
                        (place, job) -> {
                            var text = compress(place, job, ForeignModels.sklearn());
                            Files.createDirectories(place.file("out"));
                            Files.move(place.file("base/net.onnx"), place.file("out/model.onnx"));
                            return Mistake.edit(
                                    Mistake.edit(text, "/base\"", "/out\""), "models/base\"", "models/out\"");
                        },
                        "output pvc://models/out is the folder of model.from, pvc://models/out, which the result would"
                                + " replace; choose another output"),
                mistake(
                        "an output that would replace it, named as a file",
                        Reason.InvalidJob,
                        (place, job) -> Mistake.edit(
                                compress(place, job, ForeignModels.sklearn()),
                                "models/base\"",
                                "models/out/model.onnx\""),
                        "output pvc://models/out is the folder of model.from, pvc://models/out/model.onnx, which the"
                                + " result would replace; choose another output"),
                mistake(
                        "trained on",
                        Reason.InvalidData,
                        (place, job) -> {
                            compress(place, job, ForeignModels.sklearn());
                            return place.from(job, null);
                        },
                        "model.from: pvc://models/base has neither a model.zip nor a manifest.json"));
    }

    private static Mistake model(String name, ModelProto model, String... parts) {
        var sentence = parts.clone();
        sentence[0] = parts[0].startsWith(":") ? FILE + parts[0] : parts[0];
        return mistake(name, Reason.InvalidData, (place, job) -> compress(place, job, model), sentence);
    }

    private static String compress(Workplace place, String job, ModelProto model) throws IOException {
        return compress(place, job, model, Compressions.INT8);
    }

    private static String compress(Workplace place, String job, ModelProto model, CompressionStep step)
            throws IOException {
        Files.createDirectories(place.file("base"));
        Files.write(place.file("base/net.onnx"), model.toByteArray());
        var file = Json.read(job, JobFile.class);
        var base = new JobFile.Place(place.file("base").toString(), "pvc://models/base", null);
        return write(
                file,
                new Work.Compress(new JobFile.From(base, null), file.train().data(), List.of(step), null));
    }

    private static String write(JobFile file, Work.Compress work) {
        return Json.write(new JobFile(
                file.version(), file.job(), work, file.checkpoints(), file.peers(), file.output(), file.timeouts()));
    }
}
