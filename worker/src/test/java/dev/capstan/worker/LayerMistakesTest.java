package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import java.util.List;
import java.util.stream.Stream;

/** Layers that don't go with the data. */
class LayerMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        var output = new Layer.Output(4, "softmax", "mcxent");
        var convolution = new Layer.Convolution(2, 7, 1, Layer.Padding.VALID, "relu");
        return Stream.of(
                mistake(
                        "a convolution over rows",
                        Reason.InvalidJob,
                        (place, job) ->
                                place.with(place.rows("x,y,label\n1,2,0\n1,3,1\n", job), List.of(convolution, output)),
                        "model.layers[0] is a convolution, but it gets ",
                        "it needs images"),
                mistake(
                        "a kernel larger than the images",
                        Reason.InvalidJob,
                        (place, job) -> place.with(job, List.of(convolution, output)),
                        "model.layers[0].kernelSize is 7, but it gets ",
                        "take a kernel of at most 6"),
                mistake(
                        "an embedding of images",
                        Reason.InvalidJob,
                        (place, job) -> place.with(job, List.of(new Layer.Embedding(3), output)),
                        "model.layers[0] is an embedding, but it gets ",
                        "it needs words: data of format text"),
                mistake(
                        "an lstm over images",
                        Reason.InvalidJob,
                        (place, job) -> place.with(job, List.of(new Layer.Lstm(3, "tanh", false), output)),
                        "model.layers[0] is an lstm, but it gets "),
                mistake(
                        "a class without samples that is to be balanced",
                        Reason.InvalidData,
                        (place, job) -> place.rows(
                                "x,y,label\n1,2,0\n1,3,1\n1,4,3\n",
                                edit(job, "\"seed\" : 7", "\"classWeights\" : {\"balanced\": true}, \"seed\" : 7")),
                        "training.classWeights.balanced: class 2 (2) has no samples among the 3 to train on"),
                mistake(
                        "a weight too few",
                        Reason.InvalidJob,
                        (place, job) -> edit(
                                job,
                                "\"seed\" : 7",
                                "\"classWeights\" : {\"balanced\": false, \"values\": [1, 2, 3]}, \"seed\" : 7"),
                        "training.classWeights.values has 3 numbers, the model has 4 classes"));
    }
}
