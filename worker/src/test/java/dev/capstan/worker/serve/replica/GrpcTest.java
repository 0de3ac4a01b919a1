package dev.capstan.worker.serve.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Echo;
import dev.capstan.worker.serve.Predictor;
import io.grpc.CallOptions;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients get to see by gRPC: written and read by protobuf's and gRPC's own libraries. */
class GrpcTest {
    private static Server server;
    private static GrpcClient client;

    @BeforeAll
    static void start() {
        var models = new HashMap<String, Predictor>();
        for (var type : DataType.values()) {
            models.put(type.name(), Echo.of(type));
        }
        server = Server.of(Server.file(models, Server.ALONE, Server.LIMITS, Server.OPEN), models, null);
        client = GrpcClient.of(server.replica.ports().grpc());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static DynamicMessage.Builder set(DynamicMessage.Builder message, String field, Object value) {
        var which = message.getDescriptorForType().findFieldByName(field);
        return which.isRepeated() && !(value instanceof List)
                ? message.addRepeatedField(which, value)
                : message.setField(which, value);
    }

    private static Object get(Message message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    static DynamicMessage.Builder input(DataType type, List<Long> shape) {
        var input = Messages.of("InferInputTensor");
        set(input, "name", "x");
        set(input, "datatype", type.name());
        return set(input, "shape", shape);
    }

    static DynamicMessage.Builder request(DataType type) {
        var output = set(Messages.of("InferRequestedOutputTensor"), "name", "y").build();
        return set(set(Messages.of("ModelInferRequest"), "model_name", type.name()), "outputs", output);
    }

    private static DynamicMessage contents(String field, List<?> values) {
        return set(Messages.of("InferTensorContents"), field, values).build();
    }

    private static void typed(DataType type, String field, List<?> values) {
        var input = set(input(type, List.of(1L, (long) values.size())), "contents", contents(field, values));
        var answer = client.call("ModelInfer", set(request(type), "inputs", input.build()));
        assertEquals(type.name(), get(answer, "model_name"));
        assertEquals("7", get(answer, "model_version"));
        var output = (Message) ((List<?>) get(answer, "outputs")).getFirst();
        assertEquals(
                List.of("y", type.name(), List.of(1L, (long) values.size())),
                List.of(get(output, "name"), get(output, "datatype"), get(output, "shape")));
        assertEquals(values, get((Message) get(output, "contents"), field));
        assertEquals(List.of(), get(answer, "raw_output_contents"));
    }

    @Test
    void everyTypeIsExactAtItsEnds() {
        typed(DataType.BOOL, "bool_contents", List.of(true, false));
        typed(DataType.INT8, "int_contents", List.of(-128, 127));
        typed(DataType.INT16, "int_contents", List.of(-32768, 32767));
        typed(DataType.INT32, "int_contents", List.of(Integer.MIN_VALUE, Integer.MAX_VALUE));
        typed(DataType.INT64, "int64_contents", List.of(Long.MIN_VALUE, Long.MAX_VALUE, 9007199254740993L));
        typed(DataType.UINT8, "uint_contents", List.of(0, 255));
        typed(DataType.UINT16, "uint_contents", List.of(0, 65535));
        typed(DataType.UINT32, "uint_contents", List.of(0, -1));
        typed(DataType.UINT64, "uint64_contents", List.of(0L, -1L));
        typed(DataType.FP32, "fp32_contents", List.of(Float.NaN, Float.NEGATIVE_INFINITY, 0.1f));
        typed(DataType.FP64, "fp64_contents", List.of(Double.NaN, Double.MIN_VALUE, 0.1));
        typed(DataType.BYTES, "bytes_contents", List.of(ByteString.EMPTY, ByteString.copyFrom(new byte[] {(byte) 0xff, 0
        })));
    }

    @Test
    void healthIsToldAsGrpcAsksForIt() {
        assertEquals(1, get(client.call("HealthCheck"), "status"));
        var asked = Messages.of("HealthCheckRequest");
        assertEquals(
                1, get(client.call("HealthCheck", set(asked, "service", "inference.GRPCInferenceService")), "status"));
        var unknown = assertThrows(
                StatusRuntimeException.class, () -> client.call("HealthCheck", set(asked, "service", "other")));
        assertEquals(Code.NOT_FOUND, unknown.getStatus().getCode());
    }

    @Test
    void tensorsMayBeBytes() {
        for (var type : DataType.values()) {
            int size = type == DataType.BYTES ? 5 : type.size();
            var bytes = new byte[2 * size];
            bytes[0] = 1;
            if (type == DataType.BYTES) {
                bytes[5] = 1;
            }
            var request = request(type);
            set(request, "inputs", input(type, List.of(1L, 2L)).build());
            set(request, "raw_input_contents", ByteString.copyFrom(bytes));
            var answer = client.call("ModelInfer", request);
            assertEquals(List.of(ByteString.copyFrom(bytes)), get(answer, "raw_output_contents"), type.name());
        }
    }

    @Test
    void idAndParametersComeBack() {
        var request = request(DataType.INT8);
        set(request, "id", "mine");
        set(
                request,
                "inputs",
                set(input(DataType.INT8, List.of(0L, 3L)), "contents", contents("int_contents", List.of()))
                        .build());
        var values = List.of(
                set(Messages.of("InferParameter"), "bool_param", true),
                set(Messages.of("InferParameter"), "int64_param", -5L),
                set(Messages.of("InferParameter"), "string_param", "ä"),
                set(Messages.of("InferParameter"), "double_param", 0.5),
                set(Messages.of("InferParameter"), "uint64_param", -1L));
        for (int each = 0; each < values.size(); each++) {
            var entry = set(Messages.of("ParametersEntry"), "key", "p" + each);
            set(
                    request,
                    "parameters",
                    set(entry, "value", values.get(each).build()).build());
        }
        var answer = client.call("ModelInfer", request);
        assertEquals("mine", get(answer, "id"));
        assertEquals(
                get(request.build(), "parameters").toString(),
                get(answer, "parameters").toString());
    }

    private static String refused(Code code, String method, DynamicMessage.Builder request) {
        var refusal = assertThrows(StatusRuntimeException.class, () -> client.call(method, request));
        assertEquals(code, refusal.getStatus().getCode(), refusal.toString());
        return refusal.getStatus().getDescription();
    }

    @Test
    void aWrongRequestIsRefusedInWords() {
        var two = set(
                request(DataType.FP32),
                "inputs",
                input(DataType.FP32, List.of(1L, 2L)).build());
        assertEquals(
                "input \"x\": the shape [1,2] has 2 elements, the contents 0",
                refused(Code.INVALID_ARGUMENT, "ModelInfer", two));
        assertEquals(
                "input \"x\": the shape [1,2] of FP32 needs 8 bytes (2 elements), the data has 4 (1 elements)",
                refused(
                        Code.INVALID_ARGUMENT,
                        "ModelInfer",
                        set(two.clone(), "raw_input_contents", ByteString.copyFrom(new byte[4]))));
        assertEquals(
                "there are 1 inputs and 2 raw_input_contents; there must be as many, or none",
                refused(
                        Code.INVALID_ARGUMENT,
                        "ModelInfer",
                        set(two.clone(), "raw_input_contents", List.of(ByteString.EMPTY, ByteString.EMPTY))));
        assertEquals(
                "input \"x\": the contents have field 2 (int_contents), FP32 has its elements in fp32_contents",
                refused(
                        Code.INVALID_ARGUMENT,
                        "ModelInfer",
                        set(
                                request(DataType.FP32),
                                "inputs",
                                set(
                                                input(DataType.FP32, List.of(1L, 1L)),
                                                "contents",
                                                contents("int_contents", List.of(1)))
                                        .build())));
        assertEquals(
                "input \"x\": FP16 has no typed contents; send it as raw_input_contents",
                refused(
                        Code.INVALID_ARGUMENT,
                        "ModelInfer",
                        set(
                                request(DataType.FP16),
                                "inputs",
                                input(DataType.FP16, List.of(1L, 2L)).build())));
        assertEquals(
                "input \"x\": element 1 is 128; INT8 takes -128 to 127",
                refused(
                        Code.INVALID_ARGUMENT,
                        "ModelInfer",
                        set(
                                request(DataType.INT8),
                                "inputs",
                                set(
                                                input(DataType.INT8, List.of(1L, 2L)),
                                                "contents",
                                                contents("int_contents", List.of(1, 128)))
                                        .build())));
        assertEquals(
                "there is no model \"nöpe\"; this service serves BOOL, BYTES, FP16, FP32, FP64, INT16, INT32, INT64,"
                        + " INT8, UINT16, UINT32, UINT64, UINT8",
                refused(Code.NOT_FOUND, "ModelInfer", set(Messages.of("ModelInferRequest"), "model_name", "nöpe")));
        refused(
                Code.PERMISSION_DENIED,
                "RepositoryModelLoad",
                set(Messages.of("RepositoryModelLoadRequest"), "model_name", "INT8"));
        var large = set(request(DataType.BYTES), "raw_input_contents", ByteString.copyFrom(new byte[1 << 20]));
        refused(Code.RESOURCE_EXHAUSTED, "ModelInfer", large);
        assertThrows(
                StatusRuntimeException.class,
                () -> client.with(CallOptions.DEFAULT.withDeadlineAfter(0, TimeUnit.NANOSECONDS))
                        .call("ServerLive"));
    }

    @Test
    void serverAndModelsTellOfThemselves() {
        assertEquals(true, get(client.call("ServerLive"), "live"));
        assertEquals(true, get(client.call("ServerReady"), "ready"));
        var metadata = client.call("ServerMetadata");
        assertEquals(
                List.of("capstan", "1.2.3", List.of("binary_tensor_data")),
                List.of(get(metadata, "name"), get(metadata, "version"), get(metadata, "extensions")));
        assertEquals(
                true, get(client.call("ModelReady", set(Messages.of("ModelReadyRequest"), "name", "INT8")), "ready"));
        var model = client.call("ModelMetadata", set(Messages.of("ModelMetadataRequest"), "name", "INT8"));
        assertEquals("""
                name: "INT8"
                versions: "7"
                platform: "echo"
                inputs {
                  name: "x"
                  datatype: "INT8"
                  shape: -1
                  shape: -1
                }
                outputs {
                  name: "y"
                  datatype: "INT8"
                  shape: -1
                  shape: -1
                }
                outputs {
                  name: "count"
                  datatype: "INT8"
                  shape: -1
                  shape: -1
                }
                """, model.toString());
        // Messages may be packed.
        client.with(CallOptions.DEFAULT.withCompression("gzip"))
                .call("ModelMetadata", set(Messages.of("ModelMetadataRequest"), "name", "INT8"));
        var unknown = assertThrows(
                StatusRuntimeException.class,
                () -> io.grpc.stub.ClientCalls.blockingUnaryCall(
                        client.channel,
                        GrpcClient.method("ServerLive").toBuilder()
                                .setFullMethodName("inference.GRPCInferenceService/Nope")
                                .build(),
                        CallOptions.DEFAULT,
                        Messages.of("ServerLiveRequest").build()));
        assertEquals(Code.UNIMPLEMENTED, unknown.getStatus().getCode());
    }
}
