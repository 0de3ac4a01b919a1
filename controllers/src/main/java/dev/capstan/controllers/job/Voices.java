package dev.capstan.controllers.job;

import dev.capstan.protocol.Events;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the workers of a gang say of how they are, on requests that are held open to each of them.
 *
 * @param heard by rank, of those that have answered once, or could not be reached
 * @param spares the same of those that stand by, by pod
 * @param refusal why a worker can't go on in the term that it was told of; empty if none has said so
 */
public record Voices(Map<Integer, Heard> heard, Map<String, Heard> spares, Optional<String> refusal) {
    /** Nobody has said anything. */
    public static final Voices NONE = new Voices(Map.of(), Map.of(), Optional.empty());

    /**
     * What a worker has said.
     *
     * @param pod its pod
     * @param reached whether it answers; else nothing is to be expected of it
     * @param events all that it has told
     * @param at when the last of them was heard
     */
    public record Heard(String pod, boolean reached, Optional<Events> events, Instant at) {
        /** Whether it has said that it ends. */
        boolean hasEnded() {
            return hasTold(Events.Kind.ENDED);
        }

        /** Whether it has said that it leaves the others, since it was asked to stop and they weren't. */
        boolean hasLeft() {
            return hasTold(Events.Kind.LEFT);
        }

        private boolean hasTold(Events.Kind kind) {
            return events.stream().flatMap(told -> told.events().stream()).anyMatch(event -> event.kind() == kind);
        }
    }

    /** What the worker of a rank has said, if it is in that very pod. */
    Optional<Heard> of(int rank, String pod) {
        return Optional.ofNullable(heard.get(rank)).filter(voice -> voice.pod().equals(pod));
    }

    /** Whether the spare in a pod answers, and has loaded all that it needs. */
    boolean standsBy(String pod) {
        return Optional.ofNullable(spares.get(pod))
                .filter(Heard::reached)
                .flatMap(Heard::events)
                .filter(Events::recoverable)
                .isPresent();
    }

    /** Whether any of them has told anything. */
    boolean any() {
        return all().findAny().isPresent();
    }

    /** Whether any of them could go on in another term, if a peer was lost. */
    boolean anyRecoverable() {
        return all().anyMatch(Events::recoverable);
    }

    /** What happened to any of them in a term. */
    Stream<Events.Event> in(int term, Events.Kind kind) {
        return all().flatMap(events -> events.events().stream())
                .filter(event -> event.term() == term && event.kind() == kind);
    }

    private Stream<Events> all() {
        return heard.values().stream().flatMap(voice -> voice.events().stream());
    }
}
