package dev.capstan.worker;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Json;
import dev.capstan.worker.artifact.CompressedPublisher;
import dev.capstan.worker.artifact.CompressedPublisher.Served;
import dev.capstan.worker.artifact.Profile;
import dev.capstan.worker.compress.Archived;
import dev.capstan.worker.compress.Exported;
import dev.capstan.worker.compress.Loaded;
import dev.capstan.worker.compress.Measurable;
import dev.capstan.worker.compress.Measuring.Likeness;
import dev.capstan.worker.model.Network;

/**
 * What came out of a compression.
 *
 * @param network as pruning has left it; null if there is none
 * @param made in the form in which it was measured; null on all ranks but the leader, and so is what follows
 * @param likeness of its answers to those of the model in floats that it stands for
 * @param trained steps of all fine-tunings
 * @param found what was measured, and the verdict
 * @param instructions of the CPU that measured
 */
record Compressed(
        Network network, Measurable made, Likeness likeness, long trained, Compression found, String instructions) {

    /**
     * All that is published of it.
     *
     * @param loaded what it was made of
     */
    CompressedPublisher.Compressed published(Loaded loaded) {
        return new CompressedPublisher.Compressed(
                network,
                loaded.preprocessing(),
                served(),
                loaded.samples(),
                profile(loaded),
                trained,
                found,
                instructions,
                loaded.past());
    }

    private Served served() {
        return switch (made) {
            case Exported exported ->
                new Served(exported.file(), likeness.samples(), likeness.largestDifference(), null);
            case Archived archived -> new Served(null, 0, 0, archived.untranslatable());
        };
    }

    /** That of the data that the model was trained on, if it is known: drift is measured from there. */
    private static String profile(Loaded loaded) {
        if (loaded.past().profile() != null) {
            return loaded.past().profile();
        }
        return loaded.train() == null ? null : Json.write(Profile.of(loaded.train(), loaded.preprocessing(), () -> {}));
    }
}
