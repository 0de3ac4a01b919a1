package dev.capstan.worker.serve.grpc;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;

import com.google.protobuf.CodedInputStream;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.infer.InferRequest;
import dev.capstan.worker.serve.infer.InferRequest.RequestedOutput;
import dev.capstan.worker.serve.infer.Parameters;
import dev.capstan.worker.serve.infer.Shapes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a {@code ModelInferRequest}, field by field: tensors stay where they are in the message, and what is wrong or
 * too much is refused before more is made of it.
 */
final class InferReader {
    private static final int MOST = 1024;

    private String model = "";
    private String version = "";
    private String id = "";
    private final Map<String, Object> parameters = new LinkedHashMap<>();
    private final List<Input> inputs = new ArrayList<>();
    private final List<RequestedOutput> outputs = new ArrayList<>();
    private final List<ByteBuffer> raw = new ArrayList<>();

    private InferReader() {}

    /**
     * @param model which is asked; empty if the message names none
     * @param version of it; empty for any
     * @param raw whether tensors were sent as bytes, and are to be answered so
     */
    record Read(String model, String version, InferRequest request, boolean raw) {}

    /** @param contents null if the input has none */
    private record Input(String name, DataType type, long[] shape, ByteBuffer contents) {}

    /** @throws RequestException INVALID with what is wrong */
    static Read read(CodedInputStream in) throws IOException {
        var reader = new InferReader();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            reader.field(in, tag);
        }
        return reader.read();
    }

    private void field(CodedInputStream in, int tag) throws IOException {
        switch (tag) {
            case 1 << 3 | 2 -> model = in.readStringRequireUtf8();
            case 2 << 3 | 2 -> version = in.readStringRequireUtf8();
            case 3 << 3 | 2 -> id = in.readStringRequireUtf8();
            case 4 << 3 | 2 -> ParameterCodec.read(in, parameters);
            case 5 << 3 | 2 -> add(inputs, "inputs", input(in));
            case 6 << 3 | 2 -> add(outputs, "outputs", output(in));
            case 7 << 3 | 2 -> add(raw, "raw_input_contents", in.readByteBuffer());
            default -> in.skipField(tag);
        }
    }

    private static <T> void add(List<T> list, String field, T element) {
        if (list.size() == MOST) {
            throw new RequestException(INVALID, field + " has more than " + MOST + " elements");
        }
        list.add(element);
    }

    private Input input(CodedInputStream in) throws IOException {
        int end = in.pushLimit(in.readRawVarint32());
        var name = "";
        var type = "";
        var shape = new long[0];
        ByteBuffer contents = null;
        var own = new LinkedHashMap<String, Object>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | 2 -> name = in.readStringRequireUtf8();
                case 2 << 3 | 2 -> type = in.readStringRequireUtf8();
                case 3 << 3 -> shape = longer(shape, in.readInt64());
                case 3 << 3 | 2 -> shape = sizes(in, shape);
                case 4 << 3 | 2 -> ParameterCodec.read(in, own);
                case 5 << 3 | 2 -> contents = contents(name, contents, in.readByteBuffer());
                default -> in.skipField(tag);
            }
        }
        in.popLimit(end);
        Parameters.refuseForeign(own, quoted(name));
        return new Input(name, type(name, type), shape, contents);
    }

    private static ByteBuffer contents(String name, ByteBuffer before, ByteBuffer contents) {
        if (before != null) {
            throw new RequestException(INVALID, quoted(name) + " has contents twice");
        }
        return contents;
    }

    private static long[] sizes(CodedInputStream in, long[] before) throws IOException {
        int end = in.pushLimit(in.readRawVarint32());
        var shape = before;
        while (in.getBytesUntilLimit() > 0) {
            shape = longer(shape, in.readInt64());
        }
        in.popLimit(end);
        return shape;
    }

    private static long[] longer(long[] shape, long size) {
        if (shape.length == Shapes.MOST_DIMENSIONS) {
            throw new RequestException(INVALID, "a shape has more than " + Shapes.MOST_DIMENSIONS + " dimensions");
        }
        var longer = Arrays.copyOf(shape, shape.length + 1);
        longer[shape.length] = size;
        return longer;
    }

    private static DataType type(String name, String text) {
        for (var each : DataType.values()) {
            if (each.name().equals(text)) {
                return each;
            }
        }
        throw new RequestException(
                INVALID,
                quoted(name) + ": datatype is \"" + text + "\"; it must be one of "
                        + Arrays.toString(DataType.values()));
    }

    private static RequestedOutput output(CodedInputStream in) throws IOException {
        int end = in.pushLimit(in.readRawVarint32());
        var name = "";
        var own = new LinkedHashMap<String, Object>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | 2 -> name = in.readStringRequireUtf8();
                case 2 << 3 | 2 -> ParameterCodec.read(in, own);
                default -> in.skipField(tag);
            }
        }
        in.popLimit(end);
        Parameters.refuseForeign(own, "output \"" + name + '"');
        return new RequestedOutput(name, true);
    }

    private Read read() throws IOException {
        if (!raw.isEmpty() && raw.size() != inputs.size()) {
            throw new RequestException(
                    INVALID,
                    "there are " + inputs.size() + " inputs and " + raw.size()
                            + " raw_input_contents; there must be as many, or none");
        }
        var tensors = new LinkedHashMap<String, Tensor>();
        for (int each = 0; each < inputs.size(); each++) {
            var input = inputs.get(each);
            if (tensors.put(input.name, raw.isEmpty() ? typed(input) : raw(input, raw.get(each))) != null) {
                throw new RequestException(INVALID, quoted(input.name) + " is there twice");
            }
        }
        return new Read(
                model,
                version,
                new InferRequest(id, parameters, tensors, outputs, Parameters.timeout(parameters)),
                !raw.isEmpty());
    }

    private static Tensor raw(Input input, ByteBuffer data) {
        if (input.contents != null) {
            throw new RequestException(
                    INVALID, quoted(input.name) + " has contents beside raw_input_contents; only one may be");
        }
        return new Tensor(input.type, input.shape, data.order(ByteOrder.LITTLE_ENDIAN));
    }

    private static Tensor typed(Input input) throws IOException {
        var contents = input.contents == null ? ByteBuffer.allocate(0) : input.contents;
        var in = CodedInputStream.newInstance(contents);
        in.enableAliasing(true);
        return ContentsReader.read(in, contents.remaining(), quoted(input.name), input.type, input.shape);
    }

    private static String quoted(String name) {
        return "input \"" + (name.length() > 100 ? name.substring(0, 100) + "…" : name) + '"';
    }
}
