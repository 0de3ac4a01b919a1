package dev.capstan.worker.serve.rest;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.infer.InferAnswer;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** Writes tensors as JSON; those that are wanted as bytes are named there and follow it. */
final class InferWriter {
    private InferWriter() {}

    /** @param binary outputs that follow as bytes */
    static byte[] write(InferAnswer answer, Set<String> binary) {
        long likely = 256;
        for (var each : answer.outputs().entrySet()) {
            likely += binary.contains(each.getKey())
                    ? 128
                    : 128 + 3L * each.getValue().data().remaining();
        }
        return JsonFormat.write((int) Math.min(likely, 1 << 20), json -> write(json, answer, binary));
    }

    private static void write(JsonGenerator json, InferAnswer answer, Set<String> binary) throws IOException {
        json.writeStartObject();
        json.writeStringField("model_name", answer.model());
        json.writeStringField("model_version", answer.version());
        if (!answer.id().isEmpty()) {
            json.writeStringField("id", answer.id());
        }
        if (!answer.parameters().isEmpty()) {
            json.writeObjectFieldStart("parameters");
            parameters(json, answer.parameters());
            json.writeEndObject();
        }
        json.writeArrayFieldStart("outputs");
        for (var each : answer.outputs().entrySet()) {
            tensor(json, each.getKey(), each.getValue(), binary.contains(each.getKey()));
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** The JSON of a request. */
    static byte[] request(Map<String, Tensor> inputs, Set<String> binary) {
        return JsonFormat.write(1024, json -> {
            json.writeStartObject();
            json.writeArrayFieldStart("inputs");
            for (var each : inputs.entrySet()) {
                tensor(json, each.getKey(), each.getValue(), binary.contains(each.getKey()));
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void parameters(JsonGenerator json, Map<String, Object> parameters) throws IOException {
        for (var each : parameters.entrySet()) {
            json.writeFieldName(each.getKey());
            switch (each.getValue()) {
                case Boolean truth -> json.writeBoolean(truth);
                case Long number -> json.writeNumber(number);
                case BigInteger number -> json.writeNumber(number);
                case Double number -> number(json, number);
                case Object text -> json.writeString(text.toString());
            }
        }
    }

    private static void tensor(JsonGenerator json, String name, Tensor tensor, boolean binary) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name);
        json.writeStringField("datatype", tensor.type().name());
        json.writeArrayFieldStart("shape");
        for (long each : tensor.shape()) {
            json.writeNumber(each);
        }
        json.writeEndArray();
        if (binary) {
            json.writeObjectFieldStart("parameters");
            json.writeNumberField("binary_data_size", tensor.data().remaining());
            json.writeEndObject();
        } else {
            json.writeArrayFieldStart("data");
            elements(json, name, tensor.type(), tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN));
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void elements(JsonGenerator json, String name, DataType type, ByteBuffer data) throws IOException {
        while (data.hasRemaining()) {
            switch (type) {
                case FP32 -> number(json, data.getFloat());
                case FP64 -> number(json, data.getDouble());
                case FP16 -> number(json, Float.float16ToFloat(data.getShort()));
                case INT8 -> json.writeNumber(data.get());
                case UINT8 -> json.writeNumber(data.get() & 0xff);
                case INT16 -> json.writeNumber(data.getShort());
                case UINT16 -> json.writeNumber(data.getShort() & 0xffff);
                case INT32 -> json.writeNumber(data.getInt());
                case UINT32 -> json.writeNumber(data.getInt() & 0xffff_ffffL);
                case INT64 -> json.writeNumber(data.getLong());
                case UINT64 -> unsigned(json, data.getLong());
                case BOOL -> json.writeBoolean(data.get() != 0);
                case BYTES -> json.writeString(text(name, data));
            }
        }
    }

    /** JSON has no other numbers than finite ones: as protobuf's JSON mapping has it, what isn't one is a string. */
    private static void number(JsonGenerator json, float value) throws IOException {
        if (Float.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeString(Float.toString(value));
        }
    }

    private static void number(JsonGenerator json, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeString(Double.toString(value));
        }
    }

    private static void unsigned(JsonGenerator json, long value) throws IOException {
        if (value >= 0) {
            json.writeNumber(value);
        } else {
            json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
        }
    }

    private static String text(String name, ByteBuffer data) {
        int length = data.getInt();
        var bytes = data.slice(data.position(), length);
        data.position(data.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new RequestException(
                    INVALID,
                    "output \"" + name + "\" has bytes that are no text in UTF-8, which JSON can't have; ask for it by"
                            + " the parameter binary_data, or by gRPC",
                    e);
        }
    }
}
