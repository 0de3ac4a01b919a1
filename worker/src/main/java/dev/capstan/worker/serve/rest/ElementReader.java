package dev.capstan.worker.serve.rest;

import static com.fasterxml.jackson.core.JsonToken.VALUE_FALSE;
import static com.fasterxml.jackson.core.JsonToken.VALUE_NUMBER_FLOAT;
import static com.fasterxml.jackson.core.JsonToken.VALUE_NUMBER_INT;
import static com.fasterxml.jackson.core.JsonToken.VALUE_STRING;
import static com.fasterxml.jackson.core.JsonToken.VALUE_TRUE;
import static dev.capstan.worker.serve.RequestException.Kind.INVALID;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Puts elements of a tensor, as JSON has them, one after another into memory: never as objects. */
final class ElementReader {
    private static final float MOST_FP16 = 65504;
    /** Beyond it, doubles aren't every whole number any more. */
    private static final double EXACT = 1L << 53;

    private final String input;
    private final DataType type;
    private ByteBuffer data;
    private long elements;

    /** @param bytes that are likely needed */
    ElementReader(String input, DataType type, int bytes) {
        this.input = input;
        this.type = type;
        data = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    long elements() {
        return elements;
    }

    ByteBuffer data() {
        return data.flip();
    }

    /** Takes the parser's token as the next element. */
    void read(JsonParser json, JsonToken token) throws IOException {
        switch (type) {
            case FP32 -> {
                float value = floating(json, token);
                room(Float.BYTES).putFloat(value);
            }
            case FP64 -> {
                double value = doubled(json, token);
                room(Double.BYTES).putDouble(value);
            }
            case FP16 -> {
                float value = floating(json, token);
                if (Math.abs(value) > MOST_FP16
                        && Float.isFinite(value)
                        && Float.isInfinite(Float.float16ToFloat(Float.floatToFloat16(value)))) {
                    throw wrong(json, "numbers from -65504 to 65504");
                }
                room(Short.BYTES).putShort(Float.floatToFloat16(value));
            }
            case INT8 -> room(1).put((byte) whole(json, token, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> room(1).put((byte) whole(json, token, 0, 0xff));
            case INT16 -> room(Short.BYTES).putShort((short) whole(json, token, Short.MIN_VALUE, Short.MAX_VALUE));
            case UINT16 -> room(Short.BYTES).putShort((short) whole(json, token, 0, 0xffff));
            case INT32 -> room(Integer.BYTES).putInt((int) whole(json, token, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case UINT32 -> room(Integer.BYTES).putInt((int) whole(json, token, 0, 0xffff_ffffL));
            case INT64 -> room(Long.BYTES).putLong(whole(json, token, Long.MIN_VALUE, Long.MAX_VALUE));
            case UINT64 -> room(Long.BYTES).putLong(unsigned(json, token));
            case BOOL -> room(1).put(truth(json, token));
            case BYTES -> text(json, token);
        }
        elements++;
    }

    private float floating(JsonParser json, JsonToken token) throws IOException {
        if (token == VALUE_NUMBER_FLOAT || token == VALUE_NUMBER_INT) {
            float value = json.getFloatValue();
            if (Float.isInfinite(value) && !json.isNaN()) {
                throw wrong(json, "numbers from -3.4028235e38 to 3.4028235e38");
            }
            return value;
        }
        return (float) notFinite(json, token);
    }

    private double doubled(JsonParser json, JsonToken token) throws IOException {
        if (token == VALUE_NUMBER_FLOAT || token == VALUE_NUMBER_INT) {
            double value = json.getDoubleValue();
            if (Double.isInfinite(value) && !json.isNaN()) {
                throw wrong(json, "numbers from -1.7976931348623157e308 to 1.7976931348623157e308");
            }
            return value;
        }
        return notFinite(json, token);
    }

    /** As protobuf's JSON has what isn't a number; so answers have it too. */
    private double notFinite(JsonParser json, JsonToken token) throws IOException {
        return switch (token == VALUE_STRING ? json.getText() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw wrong(json, "numbers, \"NaN\", \"Infinity\" and \"-Infinity\"");
        };
    }

    private long whole(JsonParser json, JsonToken token, long least, long most) throws IOException {
        long value;
        if (token == VALUE_NUMBER_INT && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            value = json.getLongValue();
        } else if (token == VALUE_NUMBER_FLOAT && exact(json.getDoubleValue())) {
            value = (long) json.getDoubleValue();
        } else {
            throw wrong(json, "whole numbers from " + least + " to " + most);
        }
        if (value < least || value > most) {
            throw wrong(json, "whole numbers from " + least + " to " + most);
        }
        return value;
    }

    /** 3.0 is a whole number to clients whose language has no other ones. */
    private static boolean exact(double value) {
        return Math.rint(value) == value && Math.abs(value) <= EXACT;
    }

    private long unsigned(JsonParser json, JsonToken token) throws IOException {
        if (token == VALUE_NUMBER_INT && json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            BigInteger value = json.getBigIntegerValue();
            if (value.signum() > 0 && value.bitLength() <= Long.SIZE) {
                return value.longValue();
            }
            throw wrong(json, "whole numbers from 0 to 18446744073709551615");
        }
        return whole(json, token, 0, Long.MAX_VALUE);
    }

    private byte truth(JsonParser json, JsonToken token) throws IOException {
        if (token == VALUE_TRUE || token == VALUE_FALSE) {
            return (byte) (token == VALUE_TRUE ? 1 : 0);
        }
        if (token == VALUE_NUMBER_INT && json.getNumberType() == JsonParser.NumberType.INT) {
            int value = json.getIntValue();
            if (value == 0 || value == 1) {
                return (byte) value;
            }
        }
        throw wrong(json, "true and false");
    }

    private void text(JsonParser json, JsonToken token) throws IOException {
        if (token != VALUE_STRING) {
            throw wrong(json, "strings");
        }
        var bytes = json.getText().getBytes(UTF_8);
        room(Integer.BYTES + bytes.length).putInt(bytes.length).put(bytes);
    }

    private ByteBuffer room(int bytes) {
        if (data.remaining() < bytes) {
            long needed = (long) data.position() + bytes;
            if (needed > Integer.MAX_VALUE - 8) {
                throw new RequestException(INVALID, input + " has more than 2 GiB");
            }
            int grown = (int) Math.min(Integer.MAX_VALUE - 8, Math.max(needed, 2L * data.capacity()));
            data = ByteBuffer.allocate(grown).order(ByteOrder.LITTLE_ENDIAN).put(data.flip());
        }
        return data;
    }

    private RequestException wrong(JsonParser json, String right) throws IOException {
        var text = String.valueOf(json.getText());
        return new RequestException(
                INVALID,
                input + ": element " + elements + " is " + (text.length() > 40 ? text.substring(0, 40) + "…" : text)
                        + "; " + type + " takes " + right);
    }
}
