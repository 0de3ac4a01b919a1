package dev.capstan.worker.serve.replica;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.util.List;

/**
 * The protocol's messages as its definition has them, for protobuf's own library: what the server writes and reads by
 * hand is read and written by that.
 */
final class Messages {
    private static final FileDescriptor FILE = file();

    private Messages() {}

    static DynamicMessage.Builder of(String name) {
        return DynamicMessage.newBuilder(type(name));
    }

    static Descriptor type(String name) {
        return FILE.findMessageTypeByName(name);
    }

    private static FileDescriptor file() {
        var file = FileDescriptorProto.newBuilder()
                .setName("inference.proto")
                .setPackage("inference")
                .setSyntax("proto3")
                .addMessageType(message("HealthCheckRequest", text("service", 1)))
                .addMessageType(message("HealthCheckResponse", one("status", 1, Type.TYPE_INT32)))
                .addMessageType(message("ServerLiveRequest"))
                .addMessageType(message("ServerLiveResponse", one("live", 1, Type.TYPE_BOOL)))
                .addMessageType(message("ServerReadyRequest"))
                .addMessageType(message("ServerReadyResponse", one("ready", 1, Type.TYPE_BOOL)))
                .addMessageType(message("ModelReadyRequest", text("name", 1), text("version", 2)))
                .addMessageType(message("ModelReadyResponse", one("ready", 1, Type.TYPE_BOOL)))
                .addMessageType(message("ServerMetadataRequest"))
                .addMessageType(message(
                        "ServerMetadataResponse",
                        text("name", 1),
                        text("version", 2),
                        many("extensions", 3, Type.TYPE_STRING)))
                .addMessageType(message("ModelMetadataRequest", text("name", 1), text("version", 2)))
                .addMessageType(message(
                        "TensorMetadata", text("name", 1), text("datatype", 2), many("shape", 3, Type.TYPE_INT64)))
                .addMessageType(message(
                        "ModelMetadataResponse",
                        text("name", 1),
                        many("versions", 2, Type.TYPE_STRING),
                        text("platform", 3),
                        messages("inputs", 4, "TensorMetadata"),
                        messages("outputs", 5, "TensorMetadata")))
                .addMessageType(message(
                        "InferParameter",
                        one("bool_param", 1, Type.TYPE_BOOL),
                        one("int64_param", 2, Type.TYPE_INT64),
                        text("string_param", 3),
                        one("double_param", 4, Type.TYPE_DOUBLE),
                        one("uint64_param", 5, Type.TYPE_UINT64)))
                .addMessageType(message(
                        "ParametersEntry",
                        text("key", 1),
                        messages("value", 2, "InferParameter").toBuilder()
                                .setLabel(Label.LABEL_OPTIONAL)
                                .build()))
                .addMessageType(message(
                        "InferTensorContents",
                        many("bool_contents", 1, Type.TYPE_BOOL),
                        many("int_contents", 2, Type.TYPE_INT32),
                        many("int64_contents", 3, Type.TYPE_INT64),
                        many("uint_contents", 4, Type.TYPE_UINT32),
                        many("uint64_contents", 5, Type.TYPE_UINT64),
                        many("fp32_contents", 6, Type.TYPE_FLOAT),
                        many("fp64_contents", 7, Type.TYPE_DOUBLE),
                        many("bytes_contents", 8, Type.TYPE_BYTES)))
                .addMessageType(tensor("InferInputTensor"))
                .addMessageType(tensor("InferOutputTensor"))
                .addMessageType(message(
                        "InferRequestedOutputTensor", text("name", 1), messages("parameters", 2, "ParametersEntry")))
                .addMessageType(message(
                        "ModelInferRequest",
                        text("model_name", 1),
                        text("model_version", 2),
                        text("id", 3),
                        messages("parameters", 4, "ParametersEntry"),
                        messages("inputs", 5, "InferInputTensor"),
                        messages("outputs", 6, "InferRequestedOutputTensor"),
                        many("raw_input_contents", 7, Type.TYPE_BYTES)))
                .addMessageType(message(
                        "ModelInferResponse",
                        text("model_name", 1),
                        text("model_version", 2),
                        text("id", 3),
                        messages("parameters", 4, "ParametersEntry"),
                        messages("outputs", 5, "InferOutputTensor"),
                        many("raw_output_contents", 6, Type.TYPE_BYTES)))
                .addMessageType(
                        message("RepositoryIndexRequest", text("repository_name", 1), one("ready", 2, Type.TYPE_BOOL)))
                .addMessageType(
                        message("ModelIndex", text("name", 1), text("version", 2), text("state", 3), text("reason", 4)))
                .addMessageType(message("RepositoryIndexResponse", messages("models", 1, "ModelIndex")))
                // As Triton has it; KServe's names the model in the first field.
                .addMessageType(
                        message("RepositoryModelLoadRequest", text("repository_name", 1), text("model_name", 2)))
                .addMessageType(message("RepositoryModelUnloadRequest", text("model_name", 1)))
                .addMessageType(message(
                        "RepositoryModelLoadResponse", text("model_name", 1), one("isLoaded", 2, Type.TYPE_BOOL)))
                .addMessageType(message(
                        "RepositoryModelUnloadResponse", text("model_name", 1), one("isUnloaded", 2, Type.TYPE_BOOL)))
                .build();
        try {
            return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
        } catch (DescriptorValidationException e) {
            throw new AssertionError(e);
        }
    }

    private static DescriptorProto tensor(String name) {
        return message(
                name,
                text("name", 1),
                text("datatype", 2),
                many("shape", 3, Type.TYPE_INT64),
                messages("parameters", 4, "ParametersEntry"),
                messages("contents", 5, "InferTensorContents").toBuilder()
                        .setLabel(Label.LABEL_OPTIONAL)
                        .build());
    }

    private static DescriptorProto message(String name, FieldDescriptorProto... fields) {
        return DescriptorProto.newBuilder()
                .setName(name)
                .addAllField(List.of(fields))
                .build();
    }

    private static FieldDescriptorProto text(String name, int number) {
        return one(name, number, Type.TYPE_STRING);
    }

    private static FieldDescriptorProto one(String name, int number, Type type) {
        return field(name, number, type, Label.LABEL_OPTIONAL).build();
    }

    private static FieldDescriptorProto many(String name, int number, Type type) {
        return field(name, number, type, Label.LABEL_REPEATED).build();
    }

    private static FieldDescriptorProto messages(String name, int number, String type) {
        return field(name, number, Type.TYPE_MESSAGE, Label.LABEL_REPEATED)
                .setTypeName(".inference." + type)
                .build();
    }

    private static FieldDescriptorProto.Builder field(String name, int number, Type type, Label label) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(label);
    }
}
