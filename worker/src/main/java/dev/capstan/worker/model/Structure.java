package dev.capstan.worker.model;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a network's flattened parameters mean: the tensors of each layer, and to which layer's outputs their rows and
 * columns belong. Whoever takes an output away finds here all that goes with it.
 *
 * @param parts layers with parameters or with a width of their own, each before all that it feeds
 * @param units groups of outputs, by which an {@link Axis} counts
 * @param unread layers whose parameters mean nothing here, and why, by name
 */
public record Structure(List<Part> parts, List<Units> units, Map<String, String> unread) {
    /** What a tensor is to its layer. */
    public enum Role {
        /** Multiplied with what the layer gets. */
        WEIGHT,
        /** Looked up by what the layer gets: a row for each word. */
        LOOKUP,
        /** Added, or a factor of its own for each output: bias, and batch normalization's gamma and beta. */
        VECTOR,
        /** Batch normalization's running mean and variance. */
        STATISTIC,
        /** Nobody here knows. */
        UNKNOWN
    }

    /**
     * The outputs of a layer, one by one: neurons, channels, numbers in an LSTM's state or in a word's vector. Layers
     * whose outputs are added to one another have theirs in common.
     *
     * @param layers whose they are
     * @param noun what one of them is called, in the plural
     * @param count how many there are
     * @param fixed why none can be taken away, to follow the layer's name; null if they can
     */
    public record Units(List<String> layers, String noun, int count, String fixed) {}

    /**
     * What the indices along a dimension stand for.
     *
     * @param units into {@link Structure#units}, for each index; -1 where it stands for none that can be taken away
     * @param places which of these units, for each index
     */
    public record Axis(int[] units, int[] places) {
        /** As many indices that stand for nothing that can be taken away. */
        static Axis free(long length) {
            var none = new int[Math.toIntExact(length)];
            Arrays.fill(none, -1);
            return new Axis(none, none);
        }

        /** Number of indices. */
        public int length() {
            return units.length;
        }

        /** Whether what the index stands for is among those taken away. */
        public boolean removed(int index, List<BitSet> removed) {
            return units[index] >= 0 && removed.get(units[index]).get(places[index]);
        }

        /** The indices that are left. */
        int[] kept(List<BitSet> removed) {
            return IntStream.range(0, length())
                    .filter(i -> !removed(i, removed))
                    .toArray();
        }
    }

    /**
     * A tensor among the flattened parameters, without gaps.
     *
     * @param name as its layer calls it
     * @param offset of its first number
     * @param strides numbers from one index to the next, by dimension
     * @param axes by dimension
     * @param in the dimension over which products are summed; -1 if there is none
     * @param out the dimension of the layer's outputs
     */
    public record Tensor(String name, Role role, int offset, int[] strides, List<Axis> axes, int in, int out) {
        /** How many numbers it has. */
        public int length() {
            return axes.stream().mapToInt(Axis::length).reduce(1, Math::multiplyExact);
        }
    }

    /**
     * A layer.
     *
     * @param layer its name
     * @param in what it gets
     * @param out what it gives
     */
    public record Part(String layer, Axis in, Axis out, List<Tensor> tensors) {}
}
