package dev.capstan.worker.model;

import dev.capstan.layers.VectorLayer;
import dev.capstan.worker.model.Structure.Part;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;

/** How wide layers are once outputs are taken away. They are set in clones of the configurations that networks use. */
final class Sizes {
    private final Map<String, Part> parts = new HashMap<>();
    private final List<BitSet> removed;

    Sizes(Structure structure, List<BitSet> removed) {
        structure.parts().forEach(each -> parts.put(each.layer(), each));
        // What isn't known keeps its size, and so does what feeds it.
        parts.keySet().removeAll(structure.unread().keySet());
        this.removed = removed;
    }

    /**
     * Gives a layer's configuration its sizes.
     *
     * @param reshaping before the layer; null if there is none
     */
    void set(String name, Layer layer, InputPreProcessor reshaping) {
        var part = parts.get(name);
        if (part == null) {
            return;
        }
        int in = part.in().kept(removed).length;
        switch (own(layer)) {
            case FeedForwardLayer feedForward -> {
                feedForward.setNIn(in);
                feedForward.setNOut(part.out().kept(removed).length);
            }
            case VectorLayer vectors -> vectors.setWidth(in);
            default -> {}
        }
        if (reshaping instanceof CnnToFeedForwardPreProcessor flat) {
            flat.setNumChannels(in / (flat.getInputHeight() * flat.getInputWidth()));
        }
    }

    /** The clone of a wrapper has what it wraps in common with the one that it was made of. */
    private static Layer own(Layer layer) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            wrapper.setUnderlying(wrapper.getUnderlying().clone());
            return wrapper.getUnderlying();
        }
        return layer;
    }
}
