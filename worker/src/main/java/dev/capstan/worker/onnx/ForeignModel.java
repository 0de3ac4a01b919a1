package dev.capstan.worker.onnx;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.onnx.OnnxSession.Tensor;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;

/**
 * A model that another tool wrote, and that has been run here.
 *
 * @param model as it came
 * @param signature how it takes samples
 * @param classes how many it tells apart
 */
public record ForeignModel(ModelProto model, Signature signature, int classes) {
    private static final Set<String> OWN_DOMAINS = Set.of("", "ai.onnx", "ai.onnx.ml");

    /** The newest version of the format that ONNX Runtime reads. */
    private static final long NEWEST_FORMAT = 13;

    /** The license, by the name that ONNX' specification gives it among a model's metadata. */
    private static final String LICENSE = "model_license";

    /**
     * Looks at a model, and runs it on samples of zeros.
     *
     * @param shape what a sample is
     * @throws IllegalArgumentException if it can't be run on such samples; the sentence names input, output, node or
     *     operator, and says what would be right
     */
    public static ForeignModel of(ModelProto model, Shape shape) {
        if (model.getIrVersion() > NEWEST_FORMAT) {
            throw new IllegalArgumentException(
                    "it is of IR version " + model.getIrVersion() + "; ONNX Runtime reads up to " + NEWEST_FORMAT
                            + ": export it anew for that, or set model.ir_version with the onnx package");
        }
        var signature = SignatureReader.of(model, shape);
        try (var session = session(model)) {
            int classes = answers(session, signature, shape, 1);
            if (classes < 2) {
                throw new IllegalArgumentException("its output " + signature.output() + " has " + classes
                        + " number a sample; it must have one for each class, of which there are at least two");
            }
            return new ForeignModel(model, takesMore(session, signature, shape, classes), classes);
        }
    }

    /** Number of classes that a model says it tells apart; empty if it leaves that open. */
    public static OptionalInt classes(ModelProto model) {
        return SignatureReader.classes(model);
    }

    /** The model's license, as far as it tells; null if it doesn't. */
    public static String license(ModelProto model) {
        return model.getMetadataPropsList().stream()
                .filter(each ->
                        each.getKey().equals(LICENSE) && !each.getValue().isBlank())
                .map(each -> each.getValue().strip())
                .findFirst()
                .orElse(null);
    }

    /** Some models leave the number of samples open and have it fixed inside. */
    private static Signature takesMore(OnnxSession session, Signature signature, Shape shape, int classes) {
        if (signature.most() == 1) {
            return signature;
        }
        try {
            return answers(session, signature, shape, 2) == 2 * classes ? signature : signature.atMost(1);
        } catch (IllegalArgumentException e) {
            return signature.atMost(1);
        }
    }

    private static int answers(OnnxSession session, Signature signature, Shape shape, int count) {
        var dimensions = new long[signature.sample().length + 1];
        dimensions[0] = count;
        System.arraycopy(signature.sample(), 0, dimensions, 1, signature.sample().length);
        var values = new float[count * shape.inputs()];
        if (shape instanceof Shape.Tokens) {
            // A word that isn't known: models may have nothing to say to no word at all.
            Arrays.fill(values, 1);
        }
        return session.run(signature.input(), new Tensor(values, dimensions), signature.output())
                .values()
                .length;
    }

    private static OnnxSession session(ModelProto model) {
        try {
            return OnnxSession.of(model);
        } catch (IllegalArgumentException e) {
            var other = model.getGraph().getNodeList().stream()
                    .filter(each -> !OWN_DOMAINS.contains(each.getDomain()))
                    .findFirst()
                    .map(ForeignModel::custom)
                    .orElse("; it must consist of operators that ONNX has in the opset that it names");
            throw new IllegalArgumentException(e.getMessage() + other, e);
        }
    }

    private static String custom(NodeProto node) {
        return "; its node \"" + node.getName() + "\" is a " + node.getOpType() + " of the domain " + node.getDomain()
                + ", of which only ONNX Runtime's own operators can be run: export the model with ONNX' operators";
    }
}
