package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.protocol.ServiceFile.Runtime;
import dev.capstan.worker.artifact.FileDigest;
import dev.capstan.worker.artifact.Trees;
import dev.capstan.worker.compress.quantize.ForeignModels;
import dev.capstan.worker.model.UserJar;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.ServedModel;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.model.ModelStore;
import dev.capstan.worker.serve.model.PeerFiles;
import dev.capstan.worker.storage.ObjectServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorProto.DataLocation;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.protobuf.ByteString;

/** Where a service's models come from, whatever becomes of their source. */
class ServedModelsTest {
    private static final byte[] TOKEN = "s3cret".getBytes();
    private static final int INPUTS = Fixtures.SIDE * Fixtures.SIDE;

    @TempDir
    static Path trained;

    @TempDir
    Path folder;

    private static Outcome.Artifact first;
    private static Outcome.Artifact second;
    private Path models;
    /** Of the store that was made last. */
    private Path scratch;

    @BeforeAll
    static void train() throws Exception {
        first = train("first", 1);
        second = train("second", 2);
    }

    private static Outcome.Artifact train(String name, int epochs) throws Exception {
        var place = new Workplace(Files.createDirectories(trained.resolve(name)));
        var job = Json.write(Fixtures.job(place.folder(), "uid-" + name, 1, 1, epochs));
        var outcome = place.run(Contract.TRAIN, job);
        assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
        return outcome.artifact();
    }

    @BeforeEach
    void theFirstIsAtTheSource() throws Exception {
        models = folder.resolve("models");
        lay("first");
    }

    /** Replaces what is at the source, as a job does. */
    private void lay(String which) throws IOException {
        Files.createDirectories(models);
        try (var files = Files.list(trained.resolve(which).resolve("out"))) {
            for (var file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                var next = Files.copy(file, models.resolve(".next"), StandardCopyOption.REPLACE_EXISTING);
                Files.move(next, models.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    @Test
    void aModelIsLoadedFromItsSourceAndAnswersOnWhateverBecomesOfThat() throws Exception {
        var store = store(1, null);
        var onnx = store.load(model(first.digest(), Runtime.ONNX));
        assertEquals("onnx_onnxv1", onnx.platform());
        assertEquals("1", onnx.version());
        assertEquals(first.digest(), onnx.digest());
        assertTrue(onnx.predictor().batches());
        assertEquals("image/png", onnx.interpreter().orElseThrow().mediaTypes().getFirst());
        var dl4j = store.load(model(first.digest(), Runtime.DL4J));
        assertEquals("dl4j_zip", dl4j.platform());
        var before = answer(onnx);
        assertArrayEquals(before, answer(dl4j), 1e-4f);
        var names = List.of(
                dl4j.predictor().inputs().getFirst().name(),
                dl4j.predictor().outputs().getFirst().name());
        assertEquals(
                List.of(
                        onnx.predictor().inputs().getFirst().name(),
                        onnx.predictor().outputs().getFirst().name()),
                names);
        for (var file : List.of("model.onnx", "model.zip")) {
            Files.writeString(models.resolve(file), "written over");
        }
        Trees.delete(models);
        assertArrayEquals(before, answer(onnx));
        assertArrayEquals(before, answer(dl4j), 1e-4f);
        onnx.predictor().close();
        dl4j.predictor().close();
    }

    @Test
    void compressedModelsAreServedWhateverTheyWereMadeOf() throws Exception {
        for (boolean network : List.of(true, false)) {
            var place = new Compressions(Files.createDirectories(folder.resolve("made-" + network)));
            if (network) {
                place.base();
            } else {
                var model = ForeignModels.rows(TensorProto.DataType.FLOAT, 1, 1, Fixtures.SIDE, Fixtures.SIDE);
                Files.write(
                        Files.createDirectories(place.folder().resolve("base")).resolve("net.onnx"),
                        model.toByteArray());
            }
            var outcome =
                    place.run(place.job(1, 1, List.of(Compressions.INT8), null)).getFirst();
            assertEquals(Reason.Succeeded, outcome.reason(), outcome.message());
            var out = place.folder().resolve("out");
            var from = new From(
                    new Place(out.toString(), "pvc://models/int8", null),
                    outcome.artifact().digest());
            var made = new ServiceFile.Model("m", from, Runtime.ONNX, null, null, List.of());
            var served = store(1, null).load(made);
            assertEquals(outcome.artifact().digest(), served.digest());
            assertTrue(served.interpreter().isPresent());
            // Other names of the classes, under the same digest of the model.
            var text = Files.readString(out.resolve("preprocessing.json"));
            var other = text.replace("\"0\"", "\"9\"");
            var manifest =
                    Files.readString(out.resolve("manifest.json")).replace(FileDigest.of(text), FileDigest.of(other));
            Files.writeString(out.resolve("preprocessing.json"), other);
            Files.writeString(out.resolve("manifest.json"), manifest);
            if (network) {
                // The archive's own is what counts.
                assertTrue(store(1, null).load(made).interpreter().isPresent());
            } else {
                var failure = assertThrows(Failure.class, () -> store(1, null).load(made));
                assertTrue(failure.getMessage().contains("is damaged: its preprocessing.json"), failure.getMessage());
            }
        }
    }

    @Test
    void layersOfTheUsersOwnAreServedByDl4j() throws Exception {
        var place = new Workplace(Files.createDirectories(folder.resolve("own")));
        var jar = new Place(UserJar.doubling(folder, "Served").toString(), "pvc://models/layers.jar", null);
        var doubled = place.network(Fixtures.CLASSES, INPUTS, "com.example.Served");
        place.succeed(place.dl4j(place.job(), doubled, jar));
        var out = place.folder().resolve("out");
        var from =
                new From(new Place(out.toString(), "pvc://models/own", null), FileDigest.of(out.resolve("model.zip")));
        var onnx = assertThrows(
                Failure.class,
                () -> store(1, null).load(new ServiceFile.Model("m", from, Runtime.ONNX, null, null, List.of())));
        assertEquals(
                "model.from: pvc://models/own has no model.onnx (layer layer2, a Served, is of a kind that this worker"
                        + " can't write as ONNX); serve it with spec.model.runtime: dl4j",
                onnx.getMessage());
        var served = store(1, null).load(new ServiceFile.Model("m", from, Runtime.DL4J, jar, null, List.of()));
        assertEquals(Fixtures.CLASSES, answer(served).length);
        var missing = new Place(folder.resolve("none.jar").toString(), "pvc://models/none.jar", null);
        var none = assertThrows(
                Failure.class,
                () -> store(1, null).load(new ServiceFile.Model("m", from, Runtime.DL4J, missing, null, List.of())));
        assertTrue(none.getMessage().contains("model.jar: there is no file pvc://models/none.jar"), none.getMessage());
    }

    @Test
    void aRevisionOutlivesItsSourceByItsCopyAndCopiesThatNobodyWantsGo() throws Exception {
        var one = store(1, null);
        one.load(model(first.digest(), Runtime.ONNX)).predictor().close();
        var kept = one.keep(model(first.digest(), Runtime.ONNX));
        assertTrue(kept.is(), kept.message());
        // Of what a job wrote, a link; no room is taken twice.
        var copy = keep().resolve("uid-s").resolve(first.digest().replace(':', '-'));
        assertTrue(Files.isSameFile(models.resolve("model.onnx"), copy.resolve("model.onnx")));
        lay("second");
        var again = store(1, null);
        answer(again.load(model(first.digest(), Runtime.ONNX)));
        assertTrue(again.keep(model(first.digest(), Runtime.ONNX)).is());

        // The next revision still wants it, for a rollback; the one after that doesn't.
        var two = store(2, null);
        two.load(model(second.digest(), Runtime.ONNX, first.digest()))
                .predictor()
                .close();
        assertTrue(
                two.keep(model(second.digest(), Runtime.ONNX, first.digest())).is());
        assertEquals(2, copies());
        // A pod of the older one comes late, and knows nothing of the newer.
        again.keep(model(first.digest(), Runtime.ONNX));
        assertEquals(2, copies());
        var three = store(3, null);
        three.load(model(second.digest(), Runtime.ONNX)).predictor().close();
        three.keep(model(second.digest(), Runtime.ONNX));
        assertEquals(1, copies());
        assertFalse(Files.exists(copy));
    }

    private long copies() throws IOException {
        try (var all = Files.list(keep().resolve("uid-s"))) {
            return all.count();
        }
    }

    @Test
    void whatIsNowhereElseComesFromAnotherReplica() throws Exception {
        var holder = store(1, null);
        holder.load(model(first.digest(), Runtime.ONNX)).predictor().close();
        Trees.delete(models);
        var server = serve(holder.files());
        try {
            var replicas = "localhost:" + server.getAddress().getPort();
            answer(store(1, replicas).load(model(first.digest(), Runtime.ONNX)));
            // Not to another service, and not what isn't a model's file.
            var other = file("uid-x", 1, replicas);
            var failure = assertThrows(
                    Failure.class,
                    () -> new ModelStore(other, scratch(), () -> TOKEN, Map.of())
                            .load(model(first.digest(), Runtime.ONNX)));
            assertTrue(failure.getMessage().contains("status 401"), failure.getMessage());
            var path = Contract.MODEL_PATH + "/" + first.digest();
            assertTrue(holder.files().file(path + "/model.onnx").isPresent());
            for (var none : List.of("/../token", "/%2e%2e/token", "/", "", "/.", "/..", "/manifest.json/x")) {
                assertTrue(holder.files().file(path + none).isEmpty(), none);
            }
        } finally {
            server.stop(0);
        }
    }

    private static HttpServer serve(PeerFiles files) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                var file = files.file(exchange.getRequestURI().getPath());
                boolean may = files.mayAsk(exchange.getRequestHeaders().getFirst("Authorization"));
                exchange.sendResponseHeaders(!may ? 401 : file.isEmpty() ? 404 : 200, 0);
                if (may && file.isPresent()) {
                    Files.copy(file.get(), exchange.getResponseBody());
                }
            }
        });
        server.start();
        return server;
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        lay("second");
        fails(
                "model.from: pvc://models/m holds the model " + second.digest() + ", not " + first.digest()
                        + "; pvc://models/m.kept/uid-s is not there",
                "there is no other replica; put the model " + first.digest() + " back there");
        lay("first");
        var onnx = Files.readAllBytes(models.resolve("model.onnx"));
        Files.write(models.resolve("model.onnx"), Arrays.copyOf(onnx, onnx.length / 2));
        fails("pvc://models/m is damaged: its files aren't those that its manifest.json names");
        Files.delete(models.resolve("model.onnx"));
        fails("pvc://models/m is damaged");
        lay("first");
        var manifest = models.resolve("manifest.json");
        var text = Files.readString(manifest);
        Files.writeString(manifest, text.replaceFirst("\"version\" : \\d+", "\"version\" : 3"));
        fails("has a manifest.json of version 3, and this worker reads up to 2");
        Files.writeString(manifest, text.replace("\"model.onnx\"", "\"../../../../etc/hostname\""));
        fails("pvc://models/m is damaged");
        Files.writeString(manifest, "{}");
        fails("has a broken manifest.json");
        Files.writeString(manifest, text.substring(0, text.length() / 2));
        fails("has a broken manifest.json");
        Files.writeString(manifest, "{\"version\": 2}");
        fails("names no model");
        Trees.delete(models);
        fails("pvc://models/m is not there");
        lay("first");
        var file = Files.writeString(folder.resolve("file"), "");
        var store = store(1, null);
        store.load(model(first.digest(), Runtime.ONNX)).predictor().close();
        var kept = store.keep(model(first.digest(), Runtime.ONNX, file));
        assertFalse(kept.is());
        assertTrue(kept.message().contains("pvc://models/m.kept can't be written: "), kept.message());
    }

    @Test
    void storageThatFailsForAWhileIsToldFromWhatIsWrongForGood() throws Exception {
        failing(models.resolve("manifest.json"));
        var failure = assertThrows(Failure.class, () -> store(1, null).load(model(first.digest(), Runtime.ONNX)));
        assertEquals(Reason.StorageUnavailable, failure.reason(), failure.getMessage());
        // A copy doesn't ask the source.
        lay("first");
        var store = store(1, null);
        answer(store.load(model(first.digest(), Runtime.ONNX)));
        assertTrue(store.keep(model(first.digest(), Runtime.ONNX)).is());
        failing(models.resolve("manifest.json"));
        answer(store(1, null).load(model(first.digest(), Runtime.ONNX)));
        // Whoever may be back at any time is asked again.
        var replicas = "localhost:" + Fixtures.freePorts(1).getFirst();
        Trees.delete(models);
        Trees.delete(keep());
        failure = assertThrows(Failure.class, () -> store(1, replicas).load(model(first.digest(), Runtime.ONNX)));
        assertEquals(Reason.StorageUnavailable, failure.reason(), failure.getMessage());
    }

    private static void failing(Path file) throws IOException {
        Files.delete(file);
        Fixtures.failing(file);
    }

    private void fails(String... parts) throws IOException {
        var store = store(1, null);
        var failure = assertThrows(Failure.class, () -> store.load(model(first.digest(), Runtime.ONNX)));
        for (var part : parts) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
        assertEquals(Reason.InvalidData, failure.reason());
        assertEquals(0, left());
    }

    private long left() throws IOException {
        try (var left = Files.list(scratch)) {
            return left.count();
        }
    }

    @Test
    void whatIsLoadedAgainTakesNoMoreOfTheScratchFolder() throws Exception {
        var store = store(1, null);
        var before = store.load(model(first.digest(), Runtime.ONNX));
        var again = store.load(model(first.digest(), Runtime.ONNX));
        assertEquals(1, left());
        assertArrayEquals(answer(before), answer(again));
        assertTrue(store.keep(model(first.digest(), Runtime.ONNX)).is());
        // The folder stays when the container is started anew.
        new ModelStore(file("uid-s", 1, null), scratch, () -> TOKEN, Map.of());
        assertEquals(0, left());
    }

    @Test
    void anotherToolsFileIsKnownByItsBytesWithAllWeights() throws Exception {
        Trees.delete(models);
        Files.createDirectories(models);
        var whole = foreign(false).toByteArray();
        var digest = FileDigest.of(Files.write(folder.resolve("whole"), whole));
        Files.write(models.resolve("mine.onnx"), whole);
        Files.writeString(models.resolve("._mine.onnx"), "of a Mac");
        var store = store(1, null);
        var loaded = store.load(model(digest, Runtime.ONNX));
        assertTrue(store.keep(model(digest, Runtime.ONNX)).is());
        // Whoever copies another over it writes into the same file.
        Files.write(models.resolve("mine.onnx"), new byte[whole.length]);
        answer(store(1, null).load(model(digest, Runtime.ONNX)));
        answer(loaded);
        Trees.delete(keep());
        // The same model, with its weights beside it, is known by the same digest.
        Files.write(models.resolve("mine.onnx"), foreign(true).toByteArray());
        Files.write(models.resolve("weights.bin"), weights());
        answer(store(1, null).load(model(digest, Runtime.ONNX)));
        Files.delete(models.resolve("weights.bin"));
        failsFor(digest, "lies in the file weights.bin beside the model, which isn't there");
        Files.write(models.resolve("other.onnx"), whole);
        failsFor(digest, "has 2 ONNX files, mine.onnx, other.onnx; name one of them");
    }

    private void failsFor(String digest, String part) {
        var failure = assertThrows(Failure.class, () -> store(1, null).load(model(digest, Runtime.ONNX)));
        assertTrue(failure.getMessage().contains(part), failure.getMessage());
    }

    private static byte[] weights() {
        var data = ByteBuffer.allocate(Float.BYTES * INPUTS * 2).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < INPUTS * 2; i++) {
            data.putFloat(i);
        }
        return data.array();
    }

    private static ModelProto foreign(boolean beside) {
        var tensor = TensorProto.newBuilder()
                .addDims(INPUTS)
                .addDims(2)
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .setName("w");
        if (beside) {
            tensor.setDataLocation(DataLocation.EXTERNAL)
                    .addExternalData(StringStringEntryProto.newBuilder()
                            .setKey("location")
                            .setValue("weights.bin"));
        } else {
            tensor.setRawData(ByteString.copyFrom(weights()));
        }
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("g")
                        .addInitializer(tensor)
                        .addInput(rows("input", INPUTS))
                        .addOutput(rows("output", 2))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("MatMul")
                                .addInput("input")
                                .addInput("w")
                                .addOutput("output")))
                .build();
    }

    private static ValueInfoProto rows(String name, int columns) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                                .setShape(TensorShapeProto.newBuilder()
                                        .addDim(Dimension.newBuilder().setDimParam("N"))
                                        .addDim(Dimension.newBuilder().setDimValue(columns)))))
                .build();
    }

    @Test
    void inABucketCopiesAreMadeByTheService() throws Exception {
        var key = ObjectServer.secret(
                folder.resolve("key"),
                List.of("accessKeyId", ObjectServer.ACCESS_KEY_ID, "secretAccessKey", ObjectServer.SECRET_ACCESS_KEY));
        try (var server = ObjectServer.start(Files.createDirectories(folder.resolve("s3")));
                var client = server.client()) {
            client.createBucket(bucket -> bucket.bucket("models"));
            server.upload(models, "models", "m/");
            var model = new ServiceFile.Model(
                    "m",
                    new From(server.place("s3://models/m", key), first.digest()),
                    Runtime.ONNX,
                    null,
                    server.place("s3://models/m.kept", key),
                    List.of());
            var store = store(1, null);
            answer(store.load(model));
            var kept = store.keep(model);
            assertTrue(kept.is(), kept.message());
            lay("second");
            server.upload(models, "models", "m/");
            var again = store(1, null);
            answer(again.load(model));
            assertTrue(again.keep(model).is());
            var next = new ServiceFile.Model(
                    "m",
                    new From(server.place("s3://models/m", key), second.digest()),
                    Runtime.ONNX,
                    null,
                    model.keep(),
                    List.of());
            var two = store(2, null);
            answer(two.load(next));
            assertTrue(two.keep(next).is());
            var left = client.listObjectsV2(list -> list.bucket("models").prefix("m.kept/"))
                    .contents();
            assertEquals(
                    Set.of("m.kept/uid-s/" + second.digest().replace(':', '-')),
                    Set.copyOf(left.stream()
                            .map(each -> each.key().substring(0, each.key().lastIndexOf('/')))
                            .distinct()
                            .toList()));
        }
    }

    private Path keep() {
        return folder.resolve("models.kept");
    }

    private ServiceFile.Model model(String digest, Runtime runtime, String... wanted) {
        return model(digest, runtime, keep(), wanted);
    }

    private ServiceFile.Model model(String digest, Runtime runtime, Path keep, String... wanted) {
        return new ServiceFile.Model(
                "m",
                new From(new Place(models.toString(), "pvc://models/m", null), digest),
                runtime,
                null,
                new Place(keep.toString(), "pvc://models/m.kept", null),
                List.of(wanted));
    }

    private ModelStore store(int revision, String replicas) throws IOException {
        return new ModelStore(file("uid-s", revision, replicas), scratch(), () -> TOKEN, Map.of());
    }

    /** A new one, as each pod has its own. */
    private Path scratch() throws IOException {
        scratch = Files.createTempDirectory(folder, "scratch");
        return scratch;
    }

    private static ServiceFile file(String uid, int revision, String replicas) {
        return new ServiceFile(
                ServiceFile.VERSION,
                new ServiceFile.Service("team-a", "quarters", uid, revision),
                List.of(),
                new ServiceFile.Batching(1, 0),
                new ServiceFile.Limits(1 << 20, 16, 1000),
                new ServiceFile.Access(null, null, false),
                replicas);
    }

    private static float[] answer(ServedModel model) {
        var data = ByteBuffer.allocate(Float.BYTES * INPUTS).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < INPUTS; i++) {
            data.putFloat((i * 37 % 11) / 10f);
        }
        var input = new Tensor(DataType.FP32, new long[] {1, INPUTS}, data.flip());
        var output = model.predictor()
                .predict(Map.of("input", input), Set.of("output"))
                .get("output");
        var numbers = new float[output.data().remaining() / Float.BYTES];
        output.data().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
        return numbers;
    }
}
