package dev.capstan.protocol;

/**
 * How long what gets nowhere is waited for, in seconds, each at least 1.
 *
 * @param silence a peer that gives no sign of life for so long is lost; workers give several within that time
 * @param late a peer that lives, but hasn't come for so long to what all others wait for, hangs; longer than any step
 * @param storage storage that hasn't let its worker get on for so long is taken for unavailable
 * @param regroup a worker that has lost a peer while it trains keeps its state and waits so long for another
 *     {@link Membership}, with which it can go on; null if nobody will send one, so that it ends at once
 */
public record Timeouts(int silence, int late, int storage, Integer regroup) {
    /** Half a minute for a peer, half an hour for a step, ten minutes for storage, and no other membership. */
    public static final Timeouts DEFAULT = new Timeouts(30, 1800, 600);

    /** Of a gang that is never re-formed. */
    public Timeouts(int silence, int late, int storage) {
        this(silence, late, storage, null);
    }
}
