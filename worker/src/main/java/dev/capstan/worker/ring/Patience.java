package dev.capstan.worker.ring;

import java.time.Duration;

/**
 * How long a worker waits for its peers.
 *
 * @param meeting until every peer is there
 * @param silence without a sign of life from a neighbour, which sends several within that time whatever it does
 * @param late until the slowest rank has come to an operation that all others wait in, though it gives signs of life
 */
public record Patience(Duration meeting, Duration silence, Duration late) {
    /** Long enough for images to be pulled on every node, and for a slow step. */
    public static final Patience DEFAULT =
            new Patience(Duration.ofMinutes(5), Duration.ofSeconds(30), Duration.ofMinutes(30));
}
