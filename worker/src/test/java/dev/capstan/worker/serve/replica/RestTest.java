package dev.capstan.worker.serve.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Echo;
import dev.capstan.worker.serve.Interpreter;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients get to see by REST. */
class RestTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static Server server;

    @BeforeAll
    static void start() {
        var models = new HashMap<String, Predictor>();
        for (var type : DataType.values()) {
            models.put(type.name(), Echo.of(type));
        }
        server = Server.of(Server.file(models, Server.ALONE, Server.LIMITS, Server.OPEN), models, new Lengths());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Reads texts: of each, its length; and says "long" or "short" of it. */
    private record Lengths() implements Interpreter {
        @Override
        public List<String> mediaTypes() {
            return List.of("text/plain");
        }

        @Override
        public Map<String, Tensor> inputs(ByteBuffer file) {
            if (file.remaining() == 0) {
                throw new RequestException(Kind.INVALID, "the text is empty");
            }
            var data = ByteBuffer.allocate(Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(file.remaining())
                    .flip();
            return Map.of("x", new Tensor(DataType.FP32, new long[] {1, 1}, data));
        }

        @Override
        public boolean predictsNumbers() {
            return false;
        }

        @Override
        public List<Answer> answers(Map<String, Tensor> outputs) {
            float length = outputs.get("y")
                    .data()
                    .duplicate()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getFloat();
            if (length > 100) {
                return List.of(
                        new Predictions(List.of(new Prediction("price", length), new Prediction("rent", -0.5f))));
            }
            var yes = new ClassProbability("long", length > 3 ? 0.75f : 0.25f);
            var no = new ClassProbability("short", length > 3 ? 0.25f : 0.75f);
            return List.of(new Classes(length > 3 ? List.of(yes, no) : List.of(no, yes)));
        }
    }

    private static String input(DataType type, String shape, String data) {
        return "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + type + "\",\"shape\":" + shape + ",\"data\":" + data
                + "}],\"outputs\":[{\"name\":\"y\"}]}";
    }

    private static void answers(DataType type, String data, String expected) throws Exception {
        int elements = JSON.readTree(expected).size();
        var answer = server.infer(type.name(), input(type, "[1," + elements + "]", data));
        assertEquals(200, answer.statusCode(), answer.body());
        // As text: a number that is read as a double has lost what this is about.
        assertEquals(
                "{\"model_name\":\"" + type + "\",\"model_version\":\"7\",\"outputs\":[{\"name\":\"y\",\"datatype\":\""
                        + type + "\",\"shape\":[1," + elements + "],\"data\":" + expected + "}]}",
                answer.body());
    }

    private static void refused(String model, String body, String message) throws Exception {
        var answer = server.infer(model, body);
        assertEquals(400, answer.statusCode(), answer.body());
        assertEquals(message, JSON.readTree(answer.body()).get("error").textValue());
    }

    @Test
    void everyTypeIsExactAtItsEnds() throws Exception {
        answers(DataType.BOOL, "[true,false,1,0]", "[true,false,true,false]");
        answers(DataType.INT8, "[-128,127]", "[-128,127]");
        answers(DataType.UINT8, "[0,255]", "[0,255]");
        answers(DataType.INT16, "[-32768,32767]", "[-32768,32767]");
        answers(DataType.UINT16, "[0,65535]", "[0,65535]");
        answers(DataType.INT32, "[-2147483648,2147483647]", "[-2147483648,2147483647]");
        answers(DataType.UINT32, "[0,4294967295]", "[0,4294967295]");
        answers(
                DataType.INT64,
                "[9007199254740993,-9223372036854775808,9223372036854775807,3.0]",
                "[9007199254740993,-9223372036854775808,9223372036854775807,3]");
        answers(DataType.UINT64, "[18446744073709551615,9007199254740993]", "[18446744073709551615,9007199254740993]");
        answers(DataType.FP16, "[65504,-1.5,6e-8,\"NaN\"]", "[65504.0,-1.5,5.9604645E-8,\"NaN\"]");
        answers(DataType.FP32, "[3.4028235e38,1.4e-45,0.1,16777217]", "[3.4028235E38,1.4E-45,0.1,1.6777216E7]");
        answers(DataType.FP64, "[1.7976931348623157e308,4.9e-324,0.1]", "[1.7976931348623157E308,4.9E-324,0.1]");
        answers(DataType.BYTES, "[\"\",\"ä€😀\",\"\\u0000\\\"\"]", "[\"\",\"ä€😀\",\"\\u0000\\\"\"]");
    }

    @Test
    void whatIsNoNumberIsAStringAsProtobufsJsonHasIt() throws Exception {
        answers(DataType.FP32, "[\"NaN\",\"Infinity\",\"-Infinity\"]", "[\"NaN\",\"Infinity\",\"-Infinity\"]");
        // Python's json.dumps writes these; they are read, and never written.
        answers(DataType.FP64, "[NaN,Infinity,-Infinity]", "[\"NaN\",\"Infinity\",\"-Infinity\"]");
        var metrics = server.send(server.management("/metrics")).body();
        assertTrue(metrics.contains("capstan_serving_nonfinite_values_total{model=\"FP64\"} 3.0"), metrics);
    }

    @Test
    void aWrongElementIsNamed() throws Exception {
        refused(
                "UINT8",
                input(DataType.UINT8, "[1,2]", "[1,256]"),
                "input \"x\": element 1 is 256; UINT8 takes whole numbers from 0 to 255");
        refused(
                "INT64",
                input(DataType.INT64, "[1,1]", "[9223372036854775808]"),
                "input \"x\": element 0 is 9223372036854775808; INT64 takes whole numbers from -9223372036854775808 to"
                        + " 9223372036854775807");
        refused(
                "INT32",
                input(DataType.INT32, "[1,1]", "[1.5]"),
                "input \"x\": element 0 is 1.5; INT32 takes whole numbers from -2147483648 to 2147483647");
        refused(
                "FP32",
                input(DataType.FP32, "[1,1]", "[1e39]"),
                "input \"x\": element 0 is 1e39; FP32 takes numbers from -3.4028235e38 to 3.4028235e38");
        refused(
                "FP16",
                input(DataType.FP16, "[1,1]", "[65520]"),
                "input \"x\": element 0 is 65520; FP16 takes numbers from -65504 to 65504");
        refused(
                "FP32",
                input(DataType.FP32, "[1,1]", "[null]"),
                "input \"x\": element 0 is null; FP32 takes numbers, \"NaN\", \"Infinity\" and \"-Infinity\"");
        refused("BYTES", input(DataType.BYTES, "[1,1]", "[1]"), "input \"x\": element 0 is 1; BYTES takes strings");
        refused("BOOL", input(DataType.BOOL, "[1,1]", "[2]"), "input \"x\": element 0 is 2; BOOL takes true and false");
    }

    @Test
    void shapesAreCheckedBeforeAnythingIsComputed() throws Exception {
        refused(
                "FP32",
                input(DataType.FP32, "[2,2]", "[1,2,3]"),
                "input \"x\": the shape [2,2] has 4 elements, the data 3");
        refused(
                "FP32",
                input(DataType.FP32, "[2,2]", "[[1,2],[3]]"),
                "input \"x\": the data has an array of 1 at depth 2, which the shape [2,2] doesn't; it must be one array"
                        + " of all elements, or arrays in arrays of these sizes");
        refused(
                "FP32",
                input(DataType.FP32, "[4]", "[1,2,3,4]"),
                "input \"x\" has the shape [4]; the model takes [-1,-1], where -1 is any size");
        refused(
                "FP32",
                input(DataType.FP32, "[1,-1]", "[1]"),
                "input \"x\": the shape [1,-1] has a size of -1; sizes are 0 or more");
        // A claim that would be 16 GiB: neither taken at its word nor multiplied into something small.
        refused(
                "FP32",
                input(DataType.FP32, "[65536,65536]", "[1]"),
                "input \"x\": the shape [65536,65536] has more elements than the 2147483647 that a tensor may have");
        refused(
                "FP32",
                input(DataType.FP32, "[1,2000000000]", "[1]"),
                "input \"x\": the shape [1,2000000000] has 2000000000 elements, the data 1");
        refused("FP32", input(DataType.FP64, "[1,1]", "[1]"), "input \"x\" is of FP64; the model takes FP32");
        refused("FP32", "{\"inputs\":[]}", "input \"x\" is missing; the model FP32 takes \"x\" FP32 [-1,-1]");
        var x = "{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[1]}";
        refused("FP32", "{\"inputs\":[" + x + "," + x + "]}", "input \"x\" is there twice");
        refused(
                "FP32",
                "{\"inputs\":[" + x + "," + x.replace("\"x\"", "\"z\"") + "]}",
                "input \"z\" is none of the model FP32, which takes \"x\" FP32 [-1,-1]");
        refused(
                "FP32",
                "{\"inputs\":[" + x + "],\"outputs\":[{\"name\":\"q\"}]}",
                "output \"q\" is none of the model FP32, which gives \"y\" FP32 [-1,-1], \"count\" FP32 [-1,-1]");
        refused(
                "FP32",
                "{\"inputs\":[" + x + "],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"classification\":3}}]}",
                "output \"y\": the parameter classification isn't offered; ask for the output itself, or send the file"
                        + " as BYTES input \"sample\" and get \"classes\" and \"probabilities\"");
        refused(
                "FP32",
                "{\"inputs\":[" + x.replace("FP32", "BF16") + "]}",
                "input \"x\": datatype is \"BF16\"; it must be one of " + Arrays.toString(DataType.values()));
        refused("FP32", "[".repeat(5000), "the body must be a JSON object with inputs");
        var deep = server.infer("FP32", input(DataType.FP32, "[1,1]", "[".repeat(5000)));
        assertEquals(400, deep.statusCode(), deep.body());
    }

    @Test
    void elementsMayBeNestedAndFieldsInAnyOrder() throws Exception {
        var answer = server.infer(
                "INT32",
                "{\"outputs\":[{\"name\":\"y\"}],\"inputs\":[{\"data\":[[1,2],[3,4]],\"shape\":[2,2],\"name\":\"x\","
                        + "\"datatype\":\"INT32\"}],\"id\":\"a\\\"b\",\"parameters\":{\"mine\":[]}}");
        assertEquals(400, answer.statusCode(), answer.body());
        answer = server.infer(
                "INT32",
                "{\"outputs\":[{\"name\":\"y\"}],\"inputs\":[{\"data\":[[1,2],[3,4]],\"shape\":[2,2],\"name\":\"x\","
                        + "\"datatype\":\"INT32\"}],\"id\":\"a\\\"b\",\"parameters\":{\"mine\":9007199254740993,"
                        + "\"timeout\":1000000,\"yes\":true}}");
        assertEquals(
                "{\"model_name\":\"INT32\",\"model_version\":\"7\",\"id\":\"a\\\"b\",\"parameters\":{\"mine\":"
                        + "9007199254740993,\"yes\":true},\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT32\","
                        + "\"shape\":[2,2],\"data\":[1,2,3,4]}]}",
                answer.body());
        assertEquals(
                200, server.infer("FP32", input(DataType.FP32, "[0,3]", "[]")).statusCode());
        assertEquals(
                200,
                server.infer("FP32", input(DataType.FP32, "[2,0]", "[[],[]]")).statusCode());
    }

    /** Which of the two is meant nobody knows, and whoever let the request pass may have read the other one. */
    @Test
    void nothingMayBeSaidTwice() throws Exception {
        var right = "{\"id\":\"a\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT8\",\"shape\":[1,2],\"data\":[1,2]}]}";
        assertEquals(200, server.infer("INT8", right).statusCode());
        for (var twice : List.of(
                right.replace("{\"id\"", "{\"id\":\"b\",\"id\""),
                right.replace("]}]}", "]}],\"inputs\":[]}"),
                right.replace("\"shape\"", "\"shape\":[2,1],\"shape\""),
                right.replace("[1,2]}", "[1,2],\"shape\":[2,1]}"),
                right.replace("\"name\"", "\"name\":\"y\",\"name\""),
                right.replace("[1,2]}", "[1,2],\"parameters\":{\"p\":1,\"p\":2}}"))) {
            var answer = server.infer("INT8", twice);
            assertEquals(400, answer.statusCode(), twice);
            assertTrue(answer.body().contains("Duplicate field"), answer.body());
        }
    }

    @Test
    void tensorsMayFollowTheJson() throws Exception {
        var two = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(Float.NaN)
                .putFloat(2)
                .array();
        var head = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":"
                + "{\"binary_data_size\":8}}],\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"y\"},"
                + "{\"name\":\"count\",\"parameters\":{\"binary_data\":false}}]}";
        var answer = server.binary("FP32", head, two);
        assertEquals(200, answer.statusCode(), new String(answer.body(), UTF_8));
        int length = Integer.parseInt(
                answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
        assertEquals(
                "{\"model_name\":\"FP32\",\"model_version\":\"7\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\","
                        + "\"shape\":[1,2],\"parameters\":{\"binary_data_size\":8}},{\"name\":\"count\",\"datatype\":"
                        + "\"FP32\",\"shape\":[1,2],\"data\":[1.0,1.0]}]}",
                new String(answer.body(), 0, length, UTF_8));
        assertArrayEquals(two, Arrays.copyOfRange(answer.body(), length, answer.body().length));

        assertEquals(
                "input \"x\": binary_data_size is 8, 7 bytes are left in the body",
                error(server.binary("FP32", head, Arrays.copyOf(two, 7))));
        assertEquals(
                "1 bytes follow the last tensor; the inputs' binary_data_size must add up to what follows the JSON",
                error(server.binary("FP32", head, Arrays.copyOf(two, 9))));
        assertEquals(
                "input \"x\": the shape [1,1] of FP32 needs 4 bytes (1 elements), the data has 8 (2 elements)",
                error(server.binary("FP32", head.replace("[1,2]", "[1,1]"), two)));
        refused(
                "FP32",
                head,
                "input \"x\" has binary_data_size, but the header Inference-Header-Content-Length is missing, which tells"
                        + " where the JSON ends");
        assertEquals(
                "input \"x\": element 0 of BYTES isn't whole; each is four bytes with its length, little-endian, and then"
                        + " as many bytes",
                error(server.binary("BYTES", head.replace("FP32", "BYTES"), new byte[] {9, 0, 0, 0, 1, 2, 3, 4})));

        var raw = server.binary("FP32", "", two);
        assertEquals(200, raw.statusCode(), new String(raw.body(), UTF_8));
        assertEquals(
                16
                        + Integer.parseInt(raw.headers()
                                .firstValue("Inference-Header-Content-Length")
                                .orElseThrow()),
                raw.body().length);
    }

    private static String error(HttpResponse<byte[]> answer) throws Exception {
        assertEquals(400, answer.statusCode());
        return JSON.readTree(answer.body()).get("error").textValue();
    }

    @Test
    void filesAreClassified() throws Exception {
        var direct = server.post("/v2/models/FP32/classify", "hello");
        assertEquals(
                "{\"model_name\":\"FP32\",\"model_version\":\"7\",\"answers\":[{\"classes\":[{\"name\":\"long\","
                        + "\"probability\":0.75},{\"name\":\"short\",\"probability\":0.25}]}]}",
                direct.body());
        var tensors = server.infer(
                "FP32",
                "{\"inputs\":[{\"name\":\"sample\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"ab\",\"hello\"]}]}");
        assertEquals(
                "{\"model_name\":\"FP32\",\"model_version\":\"7\",\"outputs\":[{\"name\":\"classes\",\"datatype\":"
                        + "\"BYTES\",\"shape\":[2,2],\"data\":[\"short\",\"long\",\"long\",\"short\"]},{\"name\":"
                        + "\"probabilities\",\"datatype\":\"FP32\",\"shape\":[2,2],\"data\":[0.75,0.25,0.75,0.25]}]}",
                tensors.body());
        refused(
                "FP32",
                "{\"inputs\":[{\"name\":\"sample\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"\"]}]}",
                "the text is empty");
        assertEquals(400, server.post("/v2/models/FP32/classify", "").statusCode());
        var form = server.send(server.rest("/v2/models/FP32/classify")
                .header("Content-Type", "multipart/form-data; boundary=x")
                .POST(BodyPublishers.ofString(
                        "--x\r\nContent-Disposition: form-data; name=file\r\n\r\nhello\r\n--x--\r\n")));
        assertEquals(400, form.statusCode());
        assertEquals(
                "{\"error\":\"the body is a form, multipart/form-data; it must be the file itself, as curl sends it by"
                        + " --data-binary @FILE\"}",
                form.body());
        assertEquals(
                "{\"model_name\":\"FP32\",\"model_version\":\"7\",\"answers\":[{\"predictions\":[{\"name\":\"price\","
                        + "\"value\":200.0},{\"name\":\"rent\",\"value\":-0.5}]}]}",
                server.post("/v2/models/FP32/classify", "x".repeat(200)).body());
    }

    @Test
    void bodiesMayBePacked() throws Exception {
        var body = input(DataType.INT8, "[1,1000]", "[" + "7,".repeat(999) + "7]");
        var gzip = new ByteArrayOutputStream();
        try (var packing = new GZIPOutputStream(gzip)) {
            packing.write(body.getBytes(UTF_8));
        }
        var answer = server.sendBytes(server.rest("/v2/models/INT8/infer")
                .header("Content-Encoding", "gzip")
                .header("Accept-Encoding", "br, gzip;q=0.5")
                .POST(BodyPublishers.ofByteArray(gzip.toByteArray())));
        assertEquals("gzip", answer.headers().firstValue("Content-Encoding").orElseThrow());
        var unpacked = new String(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes(), UTF_8);
        assertEquals(server.infer("INT8", body).body(), unpacked);

        var deflate = new ByteArrayOutputStream();
        try (var packing = new DeflaterOutputStream(deflate)) {
            packing.write(body.getBytes(UTF_8));
        }
        assertEquals(
                unpacked,
                server.send(server.rest("/v2/models/INT8/infer")
                                .header("Content-Encoding", "deflate")
                                .POST(BodyPublishers.ofByteArray(deflate.toByteArray())))
                        .body());
        var wrong = server.send(server.rest("/v2/models/INT8/infer")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString(body)));
        assertEquals(400, wrong.statusCode());
        assertEquals("{\"error\":\"the body isn't gzip: Not in GZIP format\"}", wrong.body());
        var unknown = server.send(server.rest("/v2/models/INT8/infer")
                .header("Content-Encoding", "br")
                .POST(BodyPublishers.ofString(body)));
        assertEquals(415, unknown.statusCode());
        assertEquals(
                "gzip, deflate", unknown.headers().firstValue("Accept-Encoding").orElseThrow());
        assertEquals("{\"error\":\"the body is packed as br; gzip, deflate and identity are read\"}", unknown.body());
        var bomb = new ByteArrayOutputStream();
        try (var packing = new GZIPOutputStream(bomb)) {
            packing.write(new byte[(int) Server.LIMITS.maxRequestBytes() + 1]);
        }
        var large = server.send(server.rest("/v2/models/INT8/infer")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(bomb.toByteArray())));
        assertEquals(413, large.statusCode(), large.body());
    }

    @Test
    void pathsAndMethodsAreToldApart() {
        assertEquals("{\"live\":true}", server.get("/v2/health/live").body());
        assertEquals("{\"ready\":true}", server.get("/v2/health/ready").body());
        assertEquals(
                "{\"name\":\"capstan\",\"version\":\"1.2.3\",\"extensions\":[\"binary_tensor_data\"]}",
                server.get("/v2").body());
        assertEquals(server.get("/v2").body(), server.get("/v2/").body());
        assertEquals(
                "{\"name\":\"INT8\",\"versions\":[\"7\"],\"platform\":\"echo\",\"inputs\":[{\"name\":\"x\",\"datatype\":"
                        + "\"INT8\",\"shape\":[-1,-1]}],\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT8\",\"shape\":[-1,-1]},"
                        + "{\"name\":\"count\",\"datatype\":\"INT8\",\"shape\":[-1,-1]}],\"media_types\":[\"text/plain\"]}",
                server.get("/v2/models/INT8").body());
        assertEquals(
                "{\"name\":\"INT8\",\"ready\":true}",
                server.get("/v2/models/INT8/versions/7/ready").body());
        assertEquals(
                "{\"error\":\"the model INT8 has no version \\\"8\\\"; version 7 is served\"}",
                server.get("/v2/models/INT8/versions/8").body());
        for (var path : List.of(
                "/v3",
                "/v2/x",
                "/v2/models",
                "/v2/models/INT8/x",
                "/v2/models/INT8/versions",
                "/v2/models/nope",
                "/index.htm")) {
            assertEquals(404, server.get(path).statusCode(), path);
        }
        var wrong = server.get("/v2/models/INT8/infer");
        assertEquals(405, wrong.statusCode());
        assertEquals("POST, OPTIONS", wrong.headers().firstValue("Allow").orElseThrow());
        var options = server.send(server.rest("/v2/models/INT8").method("OPTIONS", BodyPublishers.noBody()));
        assertEquals(204, options.statusCode());
        assertEquals("GET, HEAD, OPTIONS", options.headers().firstValue("Allow").orElseThrow());
        var head = server.send(server.rest("/v2/health/live").method("HEAD", BodyPublishers.noBody()));
        assertEquals(200, head.statusCode());
        assertEquals("13", head.headers().firstValue("Content-Length").orElseThrow());
        var page = server.get("/");
        assertEquals(302, page.statusCode());
        assertEquals("/?model=BOOL", page.headers().firstValue("Location").orElseThrow());
        page = server.get("/?model=BOOL");
        assertEquals(200, page.statusCode());
        assertTrue(page.headers().firstValue("Content-Security-Policy").isPresent());
        var index = server.post("/v2/repository/index", "");
        assertEquals(403, index.statusCode());
        assertTrue(index.body().contains("access.modelRepository"), index.body());
        assertEquals(403, server.post("/v2/repository/models/INT8/unload", "").statusCode());
    }
}
