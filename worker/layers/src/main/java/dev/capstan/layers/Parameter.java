package dev.capstan.layers;

/**
 * A parameter of a layer.
 *
 * @param weight whether penalties on weights are for it
 * @param shape columns lie in a row, as those of DL4J's own layers do
 */
record Parameter(String name, boolean weight, long... shape) {
    long length() {
        long length = 1;
        for (long each : shape) {
            length *= each;
        }
        return length;
    }
}
