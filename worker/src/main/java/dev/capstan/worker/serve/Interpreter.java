package dev.capstan.worker.serve;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Turns what people have, such as an image file, into what a model takes, and what it gives into classes, or into
 * numbers with names: by the {@code preprocessing.json} that the model was trained with.
 */
public interface Interpreter {
    /**
     * Media types that it reads, the likeliest first, such as {@code image/png}, {@code text/plain} or
     * {@code text/csv}.
     */
    List<String> mediaTypes();

    /**
     * The model's inputs for a file.
     *
     * @param file an image, a text, or rows of CSV: one sample or several
     * @throws RequestException INVALID with what is wrong with it
     */
    Map<String, Tensor> inputs(ByteBuffer file);

    /** What the model's outputs say of each sample, in their order; all of one kind. */
    List<Answer> answers(Map<String, Tensor> outputs);

    /** Whether answers are {@link Predictions}, and not {@link Classes}. */
    boolean predictsNumbers();

    /** What a model says of a sample. */
    sealed interface Answer {}

    /** @param classes all of them, the likeliest first */
    record Classes(List<ClassProbability> classes) implements Answer {}

    /** @param predictions in the order of the model's outputs */
    record Predictions(List<Prediction> predictions) implements Answer {}

    /**
     * @param name of what is predicted
     * @param value in the unit of the data that the model was trained on
     */
    record Prediction(String name, float value) {}

    /**
     * @param name of the class
     * @param probability from 0 to 1
     */
    record ClassProbability(String name, float probability) {}
}
