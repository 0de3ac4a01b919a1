package dev.capstan.worker.serve.grpc;

import com.google.protobuf.CodedInputStream;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.serve.infer.Identity;
import dev.capstan.worker.serve.infer.Models.Listed;
import dev.capstan.worker.serve.infer.Models.Loaded;
import dev.capstan.worker.serve.infer.Parameters;
import java.io.IOException;
import java.util.List;

/** The small messages. */
final class Messages {
    private Messages() {}

    /** Fields 1 and 2 of a request, both texts: empty where they aren't there. */
    record Texts(String first, String second) {
        static Texts read(CodedInputStream in) throws IOException {
            var first = "";
            var second = "";
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (tag) {
                    case 1 << 3 | 2 -> first = in.readStringRequireUtf8();
                    case 2 << 3 | 2 -> second = in.readStringRequireUtf8();
                    default -> in.skipField(tag);
                }
            }
            return new Texts(first, second);
        }

        /** The model's name: KServe has it in the first field, Triton behind the repository's. */
        String model() {
            return second.isEmpty() ? first : second;
        }
    }

    /**
     * The name in a {@code RepositoryModelLoadRequest}.
     *
     * @throws dev.capstan.worker.serve.RequestException INVALID if the client brings a model of its own
     */
    static String toLoad(CodedInputStream in) throws IOException {
        var first = "";
        var second = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | 2 -> first = in.readStringRequireUtf8();
                case 2 << 3 | 2 -> second = in.readStringRequireUtf8();
                case 3 << 3 | 2 -> throw Parameters.foreignModel();
                default -> in.skipField(tag);
            }
        }
        return new Texts(first, second).model();
    }

    /** Whether field 2 of a {@code RepositoryIndexRequest} asks for ready models alone. */
    static boolean readyOnly(CodedInputStream in) throws IOException {
        boolean ready = false;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == 2 << 3) {
                ready = in.readBool();
            } else {
                in.skipField(tag);
            }
        }
        return ready;
    }

    /** {@code ServerLiveResponse}, {@code ServerReadyResponse}, {@code ModelReadyResponse}. */
    static byte[] truth(boolean truth) {
        return Fields.message(out -> Fields.truth(out, 1, truth));
    }

    /** {@code HealthCheckResponse}: SERVING or NOT_SERVING. */
    static byte[] health(boolean ready) {
        return Fields.message(out -> out.writeEnum(1, ready ? 1 : 2));
    }

    static byte[] server(Identity identity) {
        return Fields.message(out -> {
            out.writeString(1, identity.name());
            out.writeString(2, identity.version());
            for (var each : identity.extensions()) {
                out.writeString(3, each);
            }
        });
    }

    static byte[] metadata(Loaded model) {
        return Fields.message(out -> {
            out.writeString(1, model.model().name());
            out.writeString(2, model.model().version());
            out.writeString(3, model.model().platform());
            for (var each : model.inputs()) {
                out.writeByteArray(4, tensor(each));
            }
            for (var each : model.outputs()) {
                out.writeByteArray(5, tensor(each));
            }
        });
    }

    private static byte[] tensor(TensorSpec spec) {
        return Fields.message(out -> {
            out.writeString(1, spec.name());
            out.writeString(2, spec.type().name());
            Fields.packed(out, 3, spec.shape());
        });
    }

    static byte[] index(List<Listed> models) {
        return Fields.message(out -> {
            for (var each : models) {
                out.writeByteArray(1, Fields.message(model -> {
                    Fields.string(model, 1, each.name());
                    Fields.string(model, 2, each.version());
                    Fields.string(model, 3, each.state());
                    Fields.string(model, 4, each.reason());
                }));
            }
        });
    }

    /** As KServe has it; Triton's message has no fields, and its clients pass these over. */
    static byte[] changed(String model, boolean loaded) {
        return Fields.message(out -> {
            Fields.string(out, 1, model);
            Fields.truth(out, 2, loaded);
        });
    }
}
