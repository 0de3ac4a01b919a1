package dev.capstan.worker.compress.prune;

import dev.capstan.worker.step.Mask;
import java.util.BitSet;
import java.util.List;

/**
 * What is to be taken away from a network.
 *
 * @param mask the weights that become 0; if whole units go, all that makes one and all that takes it up, so that the
 *     network answers as if they were gone
 * @param removed units that go, by the network's structure; empty if only single weights do
 * @param shares of each layer that loses something or could
 * @param whole layers that lose nothing, and why
 */
public record Choice(Mask mask, List<BitSet> removed, List<Share> shares, List<Whole> whole) {
    /**
     * @param layer its name
     * @param noun what is counted, in the plural
     * @param removed how many go
     * @param of how many there were
     */
    public record Share(String layer, String noun, int removed, int of) {}

    /**
     * @param layer its name
     * @param reason in words that follow the name
     */
    public record Whole(String layer, String reason) {}
}
