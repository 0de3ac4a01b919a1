package dev.capstan.worker.ring;

import java.time.Duration;

/**
 * How long a worker waits for its peers.
 *
 * @param meeting until every peer is there
 * @param silence without a sign of life from a neighbour while something is due from it; longer than any step takes
 */
public record Patience(Duration meeting, Duration silence) {
    /** Long enough for images to be pulled on every node, and for a slow step. */
    public static final Patience DEFAULT = new Patience(Duration.ofMinutes(5), Duration.ofSeconds(30));
}
