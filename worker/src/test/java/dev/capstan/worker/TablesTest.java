package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Column;
import dev.capstan.protocol.JobFile.Csv;
import dev.capstan.protocol.JobFile.Csv.Labels;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables as people have them: columns of very different size, some of them saying nothing, and classes with names. */
class TablesTest {
    private static final Layer HIDDEN = new Layer.Dense(16, "relu");
    private static final List<Column> COLUMNS = List.of(new Column(null, "age"), new Column(null, "income"));

    @TempDir
    Path folder;

    private Workplace place;

    @BeforeEach
    void prepare() {
        place = new Workplace(folder);
    }

    /** Customers are thrifty or not by age and income; a number, first, is of no meaning. */
    private static String customers(int count, long seed) {
        var random = new Random(seed);
        var text = new StringBuilder("customer;age;income;class\n");
        for (int i = 0; i < count; i++) {
            int age = 18 + random.nextInt(60);
            int income = 10_000 + random.nextInt(90_000);
            var kind = income > 1000 * age ? "free spender" : "thrifty";
            text.append("%d;%d;%d;%s\n".formatted(800_000 + random.nextInt(99_999), age, income, kind));
        }
        return text.toString();
    }

    @Test
    void aTableOfVeryDifferentColumnsTrainsAndItsModelTakesTheNumbersAsTheyAre() throws Exception {
        var standardized = csv(Labels.NAMES, COLUMNS, null, true);
        var outcome = train(standardized, customers(400, 1), customers(200, 2), output(2, "softmax", "mcxent"));
        assertTrue(outcome.artifact().metrics().get("accuracy") > 0.95, outcome.toString());
        assertTrue(outcome.artifact().metrics().get("f1") > 0.95, outcome.toString());
        double baseline = outcome.artifact().metrics().get("baselineAccuracy");
        assertTrue(baseline > 0.4 && baseline < 0.7, outcome.toString());

        var read = json("out/preprocessing.json");
        assertEquals("[\"free spender\",\"thrifty\"]", read.at("/classes").toString());
        assertEquals("[\"age\",\"income\"]", read.at("/columns").toString());
        assertTrue(read.at("/scaling/mean/1").doubleValue() > 40_000, read.toString());
        var matrix = json("out/metrics.json").at("/confusionMatrix");
        assertEquals(read.at("/classes"), matrix.at("/classes"));
        int counted = 0;
        for (var row : matrix.at("/counts")) {
            for (var count : row) {
                counted += count.intValue();
            }
        }
        assertEquals(200, counted);
        // ONNX Runtime was asked about the table's own numbers, as DL4J was.
        assertTrue(json("out/manifest.json").at("/onnx/missing").isMissingNode(), "there is a model.onnx");

        var history = json("out/metrics.json").at("/history");
        assertEquals(30, history.size());
        assertTrue(history.at("/29/loss").doubleValue() < history.at("/0/loss").doubleValue() / 2, history.toString());

        var events = Events.of(folder.resolve("out/events.out.tfevents.0.capstan"));
        assertEquals("brain.Event:2", events.getFirst().version());
        assertTrue(events.get(1).started() && events.get(1).step() == 1, events.toString());
        for (int epoch = 1; epoch <= 30; epoch++) {
            var event = events.get(epoch + 1);
            assertEquals(epoch, event.step());
            assertEquals(
                    Map.of("loss/train", (float)
                            history.at("/" + (epoch - 1) + "/loss").doubleValue()),
                    event.values());
        }
        assertEquals(
                List.of("accuracy/test", "f1/test", "loss/test"),
                List.copyOf(events.get(32).values().keySet()));
        assertEquals(30, events.get(32).step());
        assertEquals(33, events.size());
        assertEquals(Instant.now().getEpochSecond(), events.getLast().seconds(), 600);

        var unscaled = train(
                csv(Labels.NAMES, COLUMNS, null, null),
                customers(400, 1),
                customers(200, 2),
                output(2, "softmax", "mcxent"));
        assertNotEquals(
                outcome.artifact().digest(), unscaled.artifact().digest(), "the digest is over what was learnt, too");

        compress(outcome);
    }

    /** What standardizes is part of what is quantized, and stays in float: a byte can't hold age beside income. */
    private void compress(Outcome trained) throws Exception {
        Files.move(folder.resolve("out"), folder.resolve("unscaled"));
        Files.move(folder.resolve("scaled"), folder.resolve("base"));
        var like = Fixtures.job(folder, "uid-2", 1, 1, 1);
        var from =
                new JobFile.From(new JobFile.Place(folder.resolve("base").toString(), "pvc://models/base", null), null);
        var csv = csv(null, null, null, null);
        var job = new JobFile(
                like.version(),
                like.job(),
                new Work.Compress(
                        from,
                        new JobFile.Data(dataset("train.csv", csv), dataset("test.csv", csv)),
                        List.of(Compressions.INT8),
                        null),
                like.checkpoints(),
                like.peers(),
                like.output(),
                like.timeouts());
        var outcome = place.run(Contract.COMPRESS, Json.write(job));
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        double before = trained.artifact().metrics().get("accuracy");
        assertEquals(before, outcome.compression().baseline().metric(), 1e-9);
        assertEquals(before, outcome.compression().compressed().metric(), 0.03);
        assertEquals(json("base/preprocessing.json"), json("out/preprocessing.json"));
    }

    /** Flats cost by their size and floor, and more to rent in the city. */
    private static String flats(int count, long seed) {
        var random = new Random(seed);
        var text = new StringBuilder("size;floor;price;rent\n");
        for (int i = 0; i < count; i++) {
            double size = 20 + random.nextInt(100);
            int floor = random.nextInt(10);
            double price = 3000 * size + 5000 * floor + 10_000 * random.nextGaussian();
            text.append(String.format(Locale.ROOT, "%.1f;%d;%.0f;%.1f%n", size, floor, price, price / 300));
        }
        return text.toString();
    }

    @Test
    void numbersArePredictedInTheTablesOwnUnits() throws Exception {
        for (var loss : List.of("mse", "mean_absolute_error", "huber")) {
            var prices = csv(null, null, List.of(new Column(null, "price"), new Column(null, "rent")), true);
            var outcome = train(prices, flats(400, 1), flats(100, 2), output(2, "identity", loss));
            var metrics = outcome.artifact().metrics();
            assertTrue(metrics.get("r2") > 0.95, loss + " " + outcome);
            assertTrue(metrics.get("mae") < metrics.get("rmse"), loss + " " + outcome);
            assertTrue(metrics.get("rmse") < metrics.get("baselineRmse") / 4, loss + " " + outcome);
            assertTrue(metrics.get("baselineRmse") > 10_000, loss + " " + outcome);
            assertTrue(!metrics.containsKey("accuracy"), loss + " " + outcome);
            assertEquals(
                    "[\"price\",\"rent\"]",
                    json("out/preprocessing.json").at("/targets").toString());
            assertTrue(json("out/manifest.json").at("/onnx/missing").isMissingNode(), loss);
            assertTrue(Files.readString(folder.resolve("out/MODEL_CARD.md"))
                    .contains("It predicts price, rent from 2 numbers."));
            assertEquals(
                    List.of("price", "rent"),
                    json("out/profile.json")
                            .at("/targets")
                            .valueStream()
                            .map(each -> each.at("/name").textValue())
                            .toList());
        }
    }

    @Test
    void aModelThatPredictsNumbersIsNotCompressedAndSaysWhy() throws Exception {
        var prices = csv(null, null, List.of(new Column(null, "price")), true);
        train(prices, flats(60, 1), flats(20, 2), output(1, "identity", "mse"));
        Files.move(folder.resolve("out"), folder.resolve("base"));
        var like = Fixtures.job(folder, "uid-2", 1, 1, 1);
        var from =
                new JobFile.From(new JobFile.Place(folder.resolve("base").toString(), "pvc://models/base", null), null);
        var job = new JobFile(
                like.version(),
                like.job(),
                new Work.Compress(
                        from, new JobFile.Data(dataset("train.csv", prices), null), List.of(Compressions.INT8), null),
                like.checkpoints(),
                like.peers(),
                like.output(),
                like.timeouts());
        var outcome = place.run(Contract.COMPRESS, Json.write(job));
        assertEquals(Reason.InvalidJob, outcome.reason(), outcome.message());
        assertTrue(
                outcome.message()
                        .contains("model.from predicts numbers (price); what a compression costs is measured by the"
                                + " accuracy of classes"),
                outcome.message());
    }

    private Outcome train(Csv csv, String train, String test, Layer output) throws Exception {
        if (Files.exists(folder.resolve("out"))) {
            var kept = folder.resolve("scaled");
            Files.move(
                    folder.resolve("out"),
                    Files.exists(kept)
                            ? Files.createTempDirectory(folder, "old").resolve("out")
                            : kept);
        }
        Files.writeString(folder.resolve("train.csv"), train);
        Files.writeString(folder.resolve("test.csv"), test);
        var job = Fixtures.job(folder, "uid-1", 1, 1, 1);
        job = Fixtures.with(
                job,
                new JobFile.Model(List.of(HIDDEN, output), null, null, null),
                new JobFile.Data(dataset("train.csv", csv), dataset("test.csv", csv)),
                Fixtures.training(30, 16, new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8), 7));
        var outcome = place.run(Contract.TRAIN, Json.write(job));
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        return outcome;
    }

    private JobFile.Dataset dataset(String name, Csv csv) {
        return Fixtures.dataset(folder.resolve(name), "pvc://data/" + name, Format.CSV, csv);
    }

    private static Csv csv(Labels labels, List<Column> columns, List<Column> targets, Boolean standardize) {
        return new Csv(true, -1, null, ";", labels, columns, targets, standardize);
    }

    private static Layer output(int units, String activation, String loss) {
        return new Layer.Output(units, activation, loss);
    }

    private JsonNode json(String file) throws Exception {
        return new ObjectMapper().readTree(folder.resolve(file).toFile());
    }
}
