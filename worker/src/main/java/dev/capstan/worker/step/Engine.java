package dev.capstan.worker.step;

/** The parts of a step that know how a model is computed. */
public interface Engine {
    /** What computes. */
    Stage stage();

    /** What updates the stage's parameters by its gradient. */
    Optimizer optimizer();

    /** What the model itself asks of its weights, such as a largest norm. */
    Weights constraints();
}
