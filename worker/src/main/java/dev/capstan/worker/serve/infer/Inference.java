package dev.capstan.worker.serve.infer;

import dev.capstan.worker.serve.DataType;
import dev.capstan.worker.serve.Interpreter.Answer;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import dev.capstan.worker.serve.Tensor;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.serve.batch.Call;
import dev.capstan.worker.serve.infer.Models.Loaded;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

/** Answers requests, in whichever form they came. */
public final class Inference {
    private final Meters meters;
    private final Executor heavy;

    /** @param heavy for what takes longer than an event loop may be held up: reading files, such as images */
    public Inference(Meters meters, Executor heavy) {
        this.meters = meters;
        this.heavy = heavy;
    }

    /**
     * Checks and computes.
     *
     * @param soon runs something on the caller's thread, when it has taken in what else has come
     * @return the answer or a {@link RequestException}, on the thread that computes
     * @throws RequestException at once, if the request isn't right or too many wait
     */
    public CompletableFuture<InferAnswer> infer(Loaded model, InferRequest request, Call call, Executor soon) {
        if (request.timeoutMicros() > 0) {
            call.within(Math.multiplyExact(Math.min(request.timeoutMicros(), Long.MAX_VALUE / 1000), 1000));
        }
        return (interpreted(model, request) ? classes(model, request, call) : tensors(model, request, call, soon))
                .thenApply(outputs -> answer(model, request, outputs));
    }

    private CompletableFuture<LinkedHashMap<String, Tensor>> tensors(
            Loaded model, InferRequest request, Call call, Executor soon) {
        var name = model.model().name();
        Check.inputs(request.inputs(), name, model.model().predictor());
        var wanted = Check.outputs(request.outputs(), name, model.outputs());
        return predicted(model, request.inputs(), wanted, call, soon).thenApply(outputs -> {
            var ordered = new LinkedHashMap<String, Tensor>();
            wanted.forEach(each -> ordered.put(each, outputs.get(each)));
            return ordered;
        });
    }

    private CompletableFuture<Map<String, Tensor>> predicted(
            Loaded model, Map<String, Tensor> inputs, Set<String> wanted, Call call, Executor soon) {
        return model.batcher().submit(inputs, wanted, call, soon).thenApply(outputs -> {
            outputs.values().forEach(each -> meters.nonFinite(model.model().name(), NonFinite.count(each)));
            return outputs;
        });
    }

    private static InferAnswer answer(Loaded model, InferRequest request, LinkedHashMap<String, Tensor> outputs) {
        return new InferAnswer(
                model.model().name(),
                model.model().version(),
                request.id(),
                Parameters.echoed(request.parameters()),
                outputs);
    }

    /** Whether what is sent are files rather than the model's own inputs. */
    private static boolean interpreted(Loaded model, InferRequest request) {
        var sample = request.inputs().get(FileAnswer.SAMPLE);
        return sample != null
                && sample.type() == DataType.BYTES
                && request.inputs().size() == 1
                && model.model().interpreter().isPresent()
                && model.inputs().stream().noneMatch(each -> each.name().equals(FileAnswer.SAMPLE));
    }

    private CompletableFuture<LinkedHashMap<String, Tensor>> classes(Loaded model, InferRequest request, Call call) {
        var sample = request.inputs().get(FileAnswer.SAMPLE);
        if (sample.shape().length != 1) {
            throw new RequestException(
                    Kind.INVALID,
                    "input \"sample\" has the shape " + Shapes.text(sample.shape())
                            + "; it must be of one dimension, a file an element");
        }
        Check.counted("input \"sample\"", sample);
        var wanted = Check.outputs(
                request.outputs(),
                model.model().name(),
                FileAnswer.outputs(model.model().interpreter().orElseThrow()));
        CompletableFuture<List<Answer>> all = CompletableFuture.completedFuture(List.of());
        for (var file : FileAnswer.files(sample.data())) {
            all = all.thenCombine(classify(model, file, call), FileAnswer::joined);
        }
        return all.thenApply(answers -> FileAnswer.tensors(answers, wanted));
    }

    /**
     * What a model says of a file.
     *
     * @return for each sample in it all classes, the likeliest first, or what is predicted; or a
     *     {@link RequestException}
     * @throws RequestException INVALID if nobody knows how the model reads files
     */
    public CompletableFuture<List<Answer>> classify(Loaded model, ByteBuffer file, Call call) {
        var interpreter = model.model()
                .interpreter()
                .orElseThrow(() -> new RequestException(
                        Kind.INVALID,
                        "the model " + model.model().name()
                                + " reads no files, as its artifact has no preprocessing.json; send its tensors: POST v2/models/"
                                + model.model().name() + "/infer"));
        var wanted = model.outputs().stream().map(TensorSpec::name).collect(Collectors.toSet());
        return CompletableFuture.supplyAsync(
                        () -> {
                            if (!call.wanted()) {
                                throw call.refusal();
                            }
                            var inputs = interpreter.inputs(file);
                            Check.inputs(
                                    inputs, model.model().name(), model.model().predictor());
                            return inputs;
                        },
                        heavy)
                .thenCompose(inputs -> predicted(model, inputs, wanted, call, Runnable::run))
                .thenApply(interpreter::answers);
    }
}
