package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;

/** A folder with all that a right job needs, and the worker that runs it. */
record Workplace(Path folder) {
    Workplace {
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
        return worker(job, 0).play(role);
    }

    /** A worker of the job; of none where that is null. */
    Main worker(String job, int rank) throws IOException {
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
                String.valueOf(rank),
                "CAPSTAN_HTTP_PORT",
                "0",
                "CAPSTAN_SCRATCH",
                folder.resolve("scratch").toString(),
                "CAPSTAN_MEETING_SECONDS",
                "1"));
        return new Main(environment);
    }

    /** The job with rows to train on, or with none where they should be; and none to test. */
    String rows(String rows, String job) throws IOException {
        if (rows != null) {
            write("rows.csv", rows, job);
        }
        return with(
                job, Fixtures.dataset(file("rows.csv"), "pvc://data/rows.csv", Format.CSV, new JobFile.Csv(true, -1)));
    }

    /** The job with other training data, and none to test. */
    String with(String job, JobFile.Dataset train) {
        var file = Json.read(job, JobFile.class);
        return write(file, file.train().model(), new JobFile.Data(train, null));
    }

    String with(String job, List<Layer> layers) {
        var file = Json.read(job, JobFile.class);
        return write(
                file, new JobFile.Model(layers, null, null, null), file.train().data());
    }

    private static String write(JobFile file, JobFile.Model model, JobFile.Data data) {
        return Json.write(Fixtures.with(file, model, data, file.train().training()));
    }

    /** A network as DL4J writes it, with a layer of the user's own between two others. */
    String network(int classes, int inputs, String own) {
        var layers = List.<Layer>of(
                new Layer.Dense(8, "relu"),
                new Layer.Dense(8, "relu"),
                new Layer.Dropout(0.5),
                new Layer.Output(classes, "softmax", "mcxent"));
        return Networks.multiLayer(layers, Fixtures.training(1, 32, Fixtures.ADAM, 7), inputs)
                .getLayerWiseConfigurations()
                .toJson()
                .replace("org.deeplearning4j.nn.conf.layers.DropoutLayer", own);
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
        return write(
                file,
                new JobFile.Model(null, file("model.json").toString(), null, jar),
                file.train().data());
    }

    /** Leaves the model that another job has trained in the folder base. */
    void base(String job) throws IOException {
        succeed(edit(edit(job, "/out\"", "/base\""), "\"uid-1\"", "\"uid-0\""));
    }

    /** Leaves a model as DL4J writes it in the folder base, with other parameters than its own, or none. */
    String bare(String job, byte[] parameters) throws IOException {
        Files.createDirectories(file("base"));
        try (var zip = new ZipOutputStream(Files.newOutputStream(file("base/model.zip")))) {
            zip.putNextEntry(new ZipEntry("configuration.json"));
            zip.write(network(Fixtures.CLASSES, Fixtures.SIDE * Fixtures.SIDE).getBytes(UTF_8));
            if (parameters != null) {
                zip.putNextEntry(new ZipEntry("coefficients.bin"));
                zip.write(parameters);
            }
        }
        return job;
    }

    String from(String job, String digest) {
        var file = Json.read(job, JobFile.class);
        var base = new JobFile.Place(file("base").toString(), "pvc://models/base", null);
        return write(
                file,
                new JobFile.Model(null, null, new JobFile.From(base, digest), null),
                file.train().data());
    }

    /** The job with a TorchScript module as its model. */
    String withScript(String job, Path module) {
        var file = Json.read(job, JobFile.class);
        var place = new JobFile.Place(module.toString(), "pvc://models/module.pt", null);
        return write(
                file,
                new JobFile.Model(null, null, null, null, place),
                file.train().data());
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
