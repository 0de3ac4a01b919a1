package dev.capstan.worker.onnx;

/** A model that ONNX can't hold as DL4J computes it, or that this worker doesn't know how to write. */
public final class NotTranslatable extends Exception {
    /** @param message a sentence that names the layer and its kind, and says what isn't known of it */
    NotTranslatable(String message) {
        super(message);
    }

    /**
     * @param name the layer's
     * @param kind its class
     * @param why what isn't known of it, as the rest of a sentence
     */
    static NotTranslatable layer(String name, Object kind, String why) {
        return new NotTranslatable("layer " + name + ", a " + kind.getClass().getSimpleName() + ", " + why);
    }
}
