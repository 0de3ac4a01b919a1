package dev.capstan.worker.serve.model;

import static dev.capstan.worker.serve.model.Graphs.graph;
import static dev.capstan.worker.serve.model.Graphs.integer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxPredictorTest {
    private static final TensorProto.DataType FLOAT = TensorProto.DataType.FLOAT;

    @TempDir
    Path folder;

    /** Infinity, NaN, numbers beyond 2^53, and whatever else those bytes are. */
    private static final byte[] ODD =
            HexFormat.of().parseHex("000000000000f07f" + "0100000000000080" + "ffffffffffffff7f" + "ffffffffffffffff");

    @Test
    void everyTypeGoesInAndComesOutByteByByte() throws Exception {
        for (var type : DataType.values()) {
            var onnx = switch (type) {
                case FP16 -> TensorProto.DataType.FLOAT16;
                case FP32 -> FLOAT;
                case FP64 -> TensorProto.DataType.DOUBLE;
                case BYTES -> TensorProto.DataType.STRING;
                default -> TensorProto.DataType.valueOf(type.name());
            };
            var data = switch (type) {
                case BYTES -> texts("", "a\0b", "żółw \uD83D\uDC22", "\u20ac".repeat(300));
                case BOOL -> ByteBuffer.wrap(new byte[] {0, 1, 1, 0});
                default -> ByteBuffer.wrap(ODD, 0, 4 * type.size());
            };
            try (var model = OnnxPredictor.load(identity(onnx), 1)) {
                assertEquals(type, model.inputs().getFirst().type());
                assertTrue(model.batches());
                for (int offset : new int[] {0, 3, 8}) {
                    for (var buffer : List.of(ByteBuffer.allocate(2048), ByteBuffer.allocateDirect(2048))) {
                        buffer.position(offset).put(data.duplicate()).flip().position(offset);
                        var answer = ask(model, "x", new Tensor(type, new long[] {2, 2}, buffer));
                        assertEquals(data.rewind(), answer.data(), type + " at " + offset);
                        assertArrayEquals(new long[] {2, 2}, answer.shape());
                        assertEquals(offset, buffer.position());
                    }
                }
                var none = ask(model, "x", new Tensor(type, new long[] {0, 2}, ByteBuffer.allocate(0)));
                assertArrayEquals(new long[] {0, 2}, none.shape());
                assertEquals(0, none.data().remaining());
            }
        }
    }

    private Path identity(TensorProto.DataType type) throws Exception {
        return graph().input("x", type, -1, 2)
                .node("Identity", List.of("x"), List.of("y"))
                .output("y", type, -1, 2)
                .in(folder);
    }

    @Test
    void whatDoesNotFitIsRefusedInASentence() throws Exception {
        try (var model = OnnxPredictor.load(product(), 1)) {
            var right = floats(new long[] {1, 2}, 1, 2);
            refused(model, Map.of("a", right), "input b is missing; the model takes a FP32 [any, 2], b FP32 [any, 2]");
            refused(model, Map.of("a", right, "b", right, "d", right), "there is no input d; the model takes a FP32");
            refused(
                    model,
                    Map.of("a", right, "b", floats(new long[] {1, 3}, 1, 2, 3)),
                    "input b has the shape [1, 3]; it must be [any, 2]");
            refused(
                    model,
                    Map.of("a", right, "b", floats(new long[] {2}, 1, 2)),
                    "input b has the shape [2]; it must be [any, 2]");
            refused(
                    model,
                    Map.of("a", right, "b", floats(new long[] {-1, 2}, 1, 2)),
                    "input b has the shape [-1, 2]; it must be [any, 2]");
            refused(
                    model,
                    Map.of("a", right, "b", floats(new long[] {2, 2}, 1, 2)),
                    "input b has 8 bytes; the shape [2, 2] of FP32 needs 16");
            refused(
                    model,
                    Map.of("a", right, "b", floats(new long[] {1L << 62, 2}, 1, 2)),
                    "input b has more elements than can be counted");
            refused(
                    model,
                    Map.of("a", right, "b", floats(new long[] {2, 2}, 1, 2, 3, 4)),
                    "input a has 1 samples and input b has 2; all must have as many");
            refused(
                    model,
                    Map.of("a", right, "b", new Tensor(DataType.INT32, new long[] {1, 2}, right.data())),
                    "input b is INT32; it must be FP32");
            var output = assertThrows(
                    RequestException.class, () -> model.predict(Map.of("a", right, "b", right), Set.of("z")));
            assertEquals("there is no output z; the model gives c FP32 [any, 2]", output.getMessage());
        }
        try (var texts = OnnxPredictor.load(identity(TensorProto.DataType.STRING), 1)) {
            for (var each : Map.of(
                            "0000000005000000", "input x: element 1 claims 5 bytes, and there are 0",
                            "00000000ffffffff", "input x: element 1 claims 4294967295 bytes, and there are 0",
                            "00000000", "input x ends after 1 of its 2 elements",
                            "000000000000000000", "input x has 1 bytes after its 2 elements",
                            "0000000001000000ff", "input x: element 1 of 1 bytes is no UTF-8")
                    .entrySet()) {
                var data = ByteBuffer.wrap(HexFormat.of().parseHex(each.getKey()));
                refused(texts, Map.of("x", new Tensor(DataType.BYTES, new long[] {1, 2}, data)), each.getValue());
            }
        }
        try (var truths = OnnxPredictor.load(identity(TensorProto.DataType.BOOL), 1)) {
            refused(
                    truths,
                    Map.of("x", new Tensor(DataType.BOOL, new long[] {1, 2}, ByteBuffer.wrap(new byte[] {1, 2}))),
                    "input x: element 1 is 2; a BOOL is a byte of 0 or 1");
        }
        var table = graph().input("i", TensorProto.DataType.INT64, -1)
                .floats("table", 3, 2)
                .node("Gather", List.of("table", "i"), List.of("y"))
                .output("y", FLOAT, -1, 2)
                .in(folder);
        try (var model = OnnxPredictor.load(table, 1)) {
            var beyond = new Tensor(
                    DataType.INT64,
                    new long[] {1},
                    ByteBuffer.wrap(HexFormat.of().parseHex("ff00000000000000")));
            refused(model, Map.of("i", beyond), "indices element out of data bounds, idx=255");
        }
    }

    @Test
    void aModelThatCannotBeServedSaysWhy() throws Exception {
        loadFails(Files.writeString(folder.resolve("text.onnx"), "no model"), "ONNX Runtime can't load the model");
        loadFails(
                graph().input("x", TensorProto.DataType.BFLOAT16, -1, 2)
                        .node("Identity", List.of("x"), List.of("y"))
                        .output("y", TensorProto.DataType.BFLOAT16, -1, 2)
                        .in(folder),
                "its input x is ");
        loadFails(
                graph().input("x", FLOAT, -1, -2)
                        .longs("shape", -1, 5, 7)
                        .node("Reshape", List.of("x", "shape"), List.of("y"))
                        .output("y", FLOAT, -1, 5, 7)
                        .in(folder),
                "it doesn't answer samples made for x FP32 [any, any] with sizes of [8, 1, 2");
    }

    @Test
    void samplesAreComputedTogetherOnlyWhereThatChangesNothing() throws Exception {
        batches(
                true,
                graph().input("x", FLOAT, -1, 2)
                        .node("Relu", List.of("x"), List.of("y"))
                        .output("y", FLOAT, -1, 2));
        batches(
                false,
                graph().input("x", FLOAT, 4, 2)
                        .node("Relu", List.of("x"), List.of("y"))
                        .output("y", FLOAT, 4, 2));
        // The first dimension is something else: each row's answer hangs on the others.
        batches(
                false,
                graph().input("x", FLOAT, -1, 2)
                        .node("Softmax", List.of("x"), List.of("y"), integer("axis", 0))
                        .output("y", FLOAT, -1, 2));
        batches(
                false,
                graph().input("x", FLOAT, -1, 2)
                        .longs("axis", 0)
                        .node("CumSum", List.of("x", "axis"), List.of("y"))
                        .output("y", FLOAT, -1, 2));
        batches(
                false,
                graph().input("x", FLOAT, -1, 2)
                        .longs("axes", 0)
                        .node("ReduceSum", List.of("x", "axes"), List.of("y"), integer("keepdims", 1))
                        .output("y", FLOAT, -2, 2));
        // It takes one, whatever it says.
        batches(
                false,
                graph().input("x", FLOAT, -1, 2)
                        .longs("one", 1, 2)
                        .node("Reshape", List.of("x", "one"), List.of("y"))
                        .output("y", FLOAT, -2, 2));
        // One output of several has no samples.
        batches(
                false,
                graph().input("x", FLOAT, -1, 2)
                        .node("Relu", List.of("x"), List.of("y"))
                        .node("Shape", List.of("x"), List.of("z"))
                        .output("y", FLOAT, -1, 2)
                        .output("z", TensorProto.DataType.INT64, 2));
    }

    private void batches(boolean expected, Graphs graph) throws Exception {
        try (var model = OnnxPredictor.load(graph.in(folder), 1)) {
            assertEquals(expected, model.batches(), graph.model().toString());
        }
    }

    @Test
    void manyAtOnceEachGetTheirOwnAndMoreThanARunTakesComeInPieces() throws Exception {
        try (var model = OnnxPredictor.load(product(), 1);
                var threads = Executors.newFixedThreadPool(8)) {
            var asking = IntStream.range(0, 8)
                    .<Callable<Void>>mapToObj(thread -> () -> {
                        for (int i = 0; i < 200; i++) {
                            int rows = 1 + (thread * 31 + i) % 300;
                            var values = new float[2 * rows];
                            for (int j = 0; j < values.length; j++) {
                                values[j] = thread + j;
                            }
                            var tensor = floats(new long[] {rows, 2}, values);
                            var answer = model.predict(Map.of("a", tensor, "b", tensor), Set.of("c"))
                                    .get("c");
                            var got = new float[values.length];
                            answer.data()
                                    .duplicate()
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .asFloatBuffer()
                                    .get(got);
                            for (int j = 0; j < values.length; j++) {
                                values[j] *= values[j];
                            }
                            assertArrayEquals(values, got);
                            assertArrayEquals(new long[] {rows, 2}, answer.shape());
                        }
                        return null;
                    })
                    .toList();
            for (var each : threads.invokeAll(asking)) {
                each.get();
            }
        }
        try (var texts = OnnxPredictor.load(identity(TensorProto.DataType.STRING), 1)) {
            int rows = 2 * OnnxPredictor.AT_ONCE + 1;
            var data = texts(
                    IntStream.range(0, 2 * rows).mapToObj("t%d"::formatted).toArray(String[]::new));
            assertEquals(
                    data,
                    ask(texts, "x", new Tensor(DataType.BYTES, new long[] {rows, 2}, data))
                            .data());
        }
    }

    @Test
    void whatOneLargeRequestTookIsGivenBack() throws Exception {
        var file = graph().input("x", FLOAT, -1, -2, 16)
                .floats("in", 16, 1024)
                .floats("out", 1024, 16)
                .node("MatMul", List.of("x", "in"), List.of("h"))
                .node("Sigmoid", List.of("h"), List.of("s"))
                .node("MatMul", List.of("s", "out"), List.of("y"))
                .output("y", FLOAT, -1, -2, 16)
                .in(folder);
        try (var model = OnnxPredictor.load(file, 1)) {
            ask(model, "x", floats(new long[] {1, 1, 16}, new float[16]));
            long before = resident();
            for (int length = 200; length < 204; length++) {
                ask(model, "x", floats(new long[] {128, length, 16}, new float[128 * length * 16]));
            }
            long grown = resident() - before;
            // Between the layers lie 100 MiB; ONNX Runtime's arena keeps more than that.
            assertTrue(grown < 70, "grown by " + grown + " MiB");
        }
    }

    /** Each word meets each other: ten times as long is a hundred times as much. */
    @Test
    void whatDoesNotFitIntoMemoryIsRefusedAndWhatFitsIsAnsweredInPieces() throws Exception {
        var turn = AttributeProto.newBuilder()
                .setName("perm")
                .setType(AttributeProto.AttributeType.INTS)
                .addInts(0)
                .addInts(2)
                .addInts(1)
                .build();
        var file = graph().input("x", FLOAT, -1, -2, 4)
                .node("Transpose", List.of("x"), List.of("t"), turn)
                .node("MatMul", List.of("x", "t"), List.of("s"))
                .node("MatMul", List.of("s", "x"), List.of("y"))
                .output("y", FLOAT, -1, -2, 4)
                .in(folder);
        long most = 64 << 20;
        try (var model = OnnxPredictor.load(file, 1, OptionalLong.of(most))) {
            assertTrue(model.batches());
            int length = 1000;
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
            long before = resident();
            // Together they would take 400 MiB.
            var many = ask(model, "x", floats(new long[] {100, length, 4}, new float[100 * length * 4]));
            assertArrayEquals(new long[] {100, length, 4}, many.shape());
            long peak = status("VmHWM") - before;
            assertTrue(peak < 150, "a peak of " + peak + " MiB");
            var refusal = assertThrows(
                    RequestException.class,
                    () -> ask(model, "x", floats(new long[] {1, 40_000, 4}, new float[160_000])));
            assertEquals(Kind.TOO_LARGE, refusal.kind());
            assertTrue(
                    refusal.getMessage().startsWith("a sample of 160000 numbers takes about ")
                            && refusal.getMessage().contains("and there are 64 MiB for it"),
                    refusal.getMessage());
        }
    }

    /** MiB. */
    private static long resident() throws Exception {
        return status("VmRSS");
    }

    private static long status(String name) throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
                .findFirst()
                .orElseThrow();
    }

    /** DL4J's natives take most of a second to load, which a replica with ONNX Runtime hasn't. */
    @Test
    void nothingOfDl4jIsLoaded() throws Exception {
        var own = OnnxPredictor.class.getProtectionDomain().getCodeSource().getLocation();
        var alone = new URLClassLoader(new URL[] {own}, OnnxPredictor.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("org.nd4j.")
                        || name.startsWith("org.deeplearning4j.")
                        || name.startsWith("onnx.")) {
                    throw new AssertionError("loads " + name);
                }
                synchronized (getClassLoadingLock(name)) {
                    var loaded = findLoadedClass(name);
                    return loaded != null
                            ? loaded
                            : name.startsWith("dev.capstan.worker.") ? findClass(name) : super.loadClass(name, resolve);
                }
            }
        };
        try (alone) {
            var model = (AutoCloseable) alone.loadClass(OnnxPredictor.class.getName())
                    .getMethod("load", Path.class, int.class)
                    .invoke(null, product(), 1);
            assertSame(alone, model.getClass().getClassLoader());
            model.close();
        }
    }

    @Test
    void aClosedModelSaysSo() throws Exception {
        var model = OnnxPredictor.load(product(), 1);
        model.close();
        model.close();
        var right = floats(new long[] {1, 2}, 1, 2);
        var refusal =
                assertThrows(RequestException.class, () -> model.predict(Map.of("a", right, "b", right), Set.of("c")));
        assertEquals(Kind.UNAVAILABLE, refusal.kind());
    }

    private Path product() throws Exception {
        return graph().input("a", FLOAT, -1, 2)
                .input("b", FLOAT, -1, 2)
                .node("Mul", List.of("a", "b"), List.of("c"))
                .output("c", FLOAT, -1, 2)
                .in(folder);
    }

    private void loadFails(Path file, String message) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> OnnxPredictor.load(file, 1));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    private static void refused(OnnxPredictor model, Map<String, Tensor> inputs, String message) {
        var outputs = Set.of(model.outputs().getFirst().name());
        var refusal = assertThrows(RequestException.class, () -> model.predict(inputs, outputs));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
        assertEquals(Kind.INVALID, refusal.kind(), refusal.getMessage());
    }

    private static Tensor ask(OnnxPredictor model, String input, Tensor tensor) {
        return model.predict(Map.of(input, tensor), Set.of("y")).get("y");
    }

    static Tensor floats(long[] shape, float... values) {
        var data = ByteBuffer.allocateDirect(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return new Tensor(DataType.FP32, shape, data);
    }

    private static ByteBuffer texts(String... texts) {
        var encoded = Arrays.stream(texts)
                .map(each -> each.getBytes(StandardCharsets.UTF_8))
                .toList();
        var data = ByteBuffer.allocate(
                        encoded.stream().mapToInt(each -> 4 + each.length).sum())
                .order(ByteOrder.LITTLE_ENDIAN);
        encoded.forEach(each -> data.putInt(each.length).put(each));
        return data.flip();
    }
}
