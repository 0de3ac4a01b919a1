package dev.capstan.worker.serve.model;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.From;
import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.protocol.Training;
import dev.capstan.worker.artifact.ServedArtifact;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.EarlierModel;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.NetworkAnswering;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Predictor;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.storage.Fetched;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A network that DL4J computes; it takes samples by rows and gives classes by rows, under the names that the same model
 * has as ONNX. DL4J's networks keep what they compute in themselves, so one is asked at a time.
 */
final class Dl4jPredictor implements Predictor {
    /** As the samples of a request are computed together at most, see {@link OnnxPredictor#AT_ONCE}. */
    private static final int AT_ONCE = OnnxPredictor.AT_ONCE;

    /** It isn't trained, and keeps the optimizer that it brings. */
    private static final Training NONE = new Training(1, 1, null, null, 0, 0, null, 0, null, null, 0);

    private final NetworkAnswering network;
    private final Shape shape;
    private final List<TensorSpec> inputs;
    private final List<TensorSpec> outputs;
    private boolean closed;

    private Dl4jPredictor(NetworkAnswering network, Shape shape) {
        this.network = network;
        this.shape = shape;
        inputs = List.of(new TensorSpec("input", DataType.FP32, new long[] {-1, shape.inputs()}));
        outputs = List.of(new TensorSpec(
                "output", DataType.FP32, new long[] {-1, network.network().classes()}));
    }

    /**
     * Loads the network of an artifact, and asks it about a sample of zeros.
     *
     * @throws Failure InvalidData or InvalidJob if it can't be; the sentence says why
     */
    static Dl4jPredictor load(ServiceFile.Model model, ServedArtifact artifact, Map<String, String> environment) {
        var uri = model.from().place().uri();
        if (artifact.archive() == null) {
            throw invalid(uri, "has no model.zip of DL4J's; serve it with spec.model.runtime: onnx");
        }
        var preprocessing = artifact.preprocessing()
                .orElseThrow(() -> invalid(
                        uri,
                        "is a bare model of DL4J's, which doesn't say what a sample is; lay a preprocessing.json with"
                                + " shape and classes beside it, as the artifact of a TrainingJob has one"));
        var from = new From(new Place(artifact.folder().toString(), uri, null), artifact.digest());
        var jar = model.jar() == null
                ? null
                : new Place(
                        Fetched.path("model.jar", model.jar(), artifact.folder())
                                .toString(),
                        model.jar().uri(),
                        null);
        Native.load(environment);
        try (var earlier = EarlierModel.open(from)) {
            var loaded = of(new JobFile.Model(null, null, from, jar), earlier, preprocessing);
            loaded.answer(new float[preprocessing.shape().inputs()], 1);
            return loaded;
        }
    }

    private static Dl4jPredictor of(JobFile.Model model, EarlierModel earlier, Preprocessing preprocessing) {
        return new Dl4jPredictor(
                new NetworkAnswering(Networks.create(model, earlier, NONE, preprocessing, null)),
                preprocessing.shape());
    }

    private static Failure invalid(String uri, String problem) {
        return new Failure(Reason.InvalidData, "model.from: " + uri + " " + problem);
    }

    @Override
    public List<TensorSpec> inputs() {
        return inputs;
    }

    @Override
    public List<TensorSpec> outputs() {
        return outputs;
    }

    @Override
    public boolean batches() {
        return true;
    }

    @Override
    public Map<String, Tensor> predict(Map<String, Tensor> given, Set<String> wanted) {
        Request.check(inputs, outputs, true, given, wanted);
        if (wanted.isEmpty()) {
            return Map.of();
        }
        long samples = given.get("input").shape()[0];
        return samples <= AT_ONCE ? run(given) : Pieces.of(given, samples, AT_ONCE, this::run);
    }

    private Map<String, Tensor> run(Map<String, Tensor> given) {
        var tensor = given.get("input");
        int rows = (int) tensor.shape()[0];
        var values = new float[rows * shape.inputs()];
        tensor.data().slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        checkWords(values);
        var numbers = rows == 0 ? new float[0] : answer(values, rows);
        var data = ByteBuffer.allocate(Float.BYTES * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(numbers);
        return Map.of(
                "output",
                new Tensor(DataType.FP32, new long[] {rows, outputs.getFirst().shape()[1]}, data));
    }

    /** DL4J looks words up without asking whether there is such a one. */
    private void checkWords(float[] values) {
        if (shape instanceof Shape.Tokens(int length, int vocabulary)) {
            for (int i = 0; i < values.length; i++) {
                if (!(values[i] >= 0 && values[i] < vocabulary && values[i] == Math.rint(values[i]))) {
                    throw new RequestException(
                            Kind.INVALID,
                            "input input: element " + i + " is " + values[i] + "; words are whole numbers from 0 to "
                                    + (vocabulary - 1));
                }
            }
        }
    }

    private synchronized float[] answer(float[] values, int rows) {
        if (closed) {
            throw new RequestException(Kind.UNAVAILABLE, "the model is no longer served here");
        }
        var which = IntStream.range(0, rows).toArray();
        return network.question(new Rows(shape, values), which).answer();
    }

    /** The rows of a request, as networks take samples. */
    private record Rows(Shape shape, float[] values) implements Samples {
        @Override
        public int size() {
            return values.length / inputs();
        }

        @Override
        public int label(int sample) {
            return 0;
        }

        /** Of a text, without the zeros that fill it up. */
        @Override
        public int length(int sample) {
            int length = inputs();
            while (shape instanceof Shape.Tokens && length > 1 && values[sample * inputs() + length - 1] == 0) {
                length--;
            }
            return length;
        }

        @Override
        public void copyInputs(int sample, float[] target, int offset) {
            System.arraycopy(values, sample * inputs(), target, offset, inputs());
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        network.close();
    }
}
