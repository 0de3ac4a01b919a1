package dev.capstan.worker.serve.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.Interpreter.Classes;
import dev.capstan.worker.serve.Interpreter.Predictions;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.serve.infer.Identity;
import dev.capstan.worker.serve.infer.Models.Listed;
import dev.capstan.worker.serve.infer.Models.Loaded;
import java.io.IOException;
import java.util.List;

/** What is answered as JSON beside tensors. */
final class Documents {
    private static final int SMALL = 512;

    private Documents() {}

    static byte[] error(String message) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeStringField("error", message);
            json.writeEndObject();
        });
    }

    static byte[] empty() {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeEndObject();
        });
    }

    /** @param name of what is true or isn't: {@code live} or {@code ready} */
    static byte[] truth(String name, boolean truth) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeBooleanField(name, truth);
            json.writeEndObject();
        });
    }

    static byte[] modelReady(Loaded model) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeStringField("name", model.model().name());
            json.writeBooleanField("ready", true);
            json.writeEndObject();
        });
    }

    static byte[] server(Identity identity) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeStringField("name", identity.name());
            json.writeStringField("version", identity.version());
            json.writeArrayFieldStart("extensions");
            for (var each : identity.extensions()) {
                json.writeString(each);
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    static byte[] metadata(Loaded model) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeStringField("name", model.model().name());
            json.writeArrayFieldStart("versions");
            json.writeString(model.model().version());
            json.writeEndArray();
            json.writeStringField("platform", model.model().platform());
            tensors(json, "inputs", model.inputs());
            tensors(json, "outputs", model.outputs());
            if (model.model().interpreter().isPresent()) {
                // Not the protocol's: which files may be sent to classify.
                json.writeArrayFieldStart("media_types");
                for (var each : model.model().interpreter().get().mediaTypes()) {
                    json.writeString(each);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    private static void tensors(JsonGenerator json, String field, List<TensorSpec> specs) throws IOException {
        json.writeArrayFieldStart(field);
        for (var each : specs) {
            json.writeStartObject();
            json.writeStringField("name", each.name());
            json.writeStringField("datatype", each.type().name());
            json.writeFieldName("shape");
            json.writeArray(each.shape(), 0, each.shape().length);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static byte[] index(List<Listed> models) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartArray();
            for (var each : models) {
                json.writeStartObject();
                json.writeStringField("name", each.name());
                json.writeStringField("version", each.version());
                json.writeStringField("state", each.state());
                json.writeStringField("reason", each.reason());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    static byte[] answers(Loaded model, List<Answer> answers) {
        return JsonFormat.write(SMALL, json -> {
            json.writeStartObject();
            json.writeStringField("model_name", model.model().name());
            json.writeStringField("model_version", model.model().version());
            json.writeArrayFieldStart("answers");
            for (var answer : answers) {
                json.writeStartObject();
                switch (answer) {
                    case Classes(var classes) -> {
                        json.writeArrayFieldStart("classes");
                        for (var each : classes) {
                            named(json, each.name(), "probability", each.probability());
                        }
                    }
                    case Predictions(var predictions) -> {
                        json.writeArrayFieldStart("predictions");
                        for (var each : predictions) {
                            named(json, each.name(), "value", each.value());
                        }
                    }
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void named(JsonGenerator json, String name, String field, float number) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name);
        json.writeFieldName(field);
        if (Float.isFinite(number)) {
            json.writeNumber(number);
        } else {
            json.writeString(Float.toString(number));
        }
        json.writeEndObject();
    }
}
