package dev.capstan.worker.serve;

/**
 * What a model takes or gives.
 *
 * @param name of the input or output
 * @param type of its elements
 * @param shape along each dimension how many elements; -1 where the model leaves it open
 */
public record TensorSpec(String name, DataType type, long[] shape) {}
