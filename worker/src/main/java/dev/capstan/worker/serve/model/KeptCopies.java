package dev.capstan.worker.serve.model;

import dev.capstan.worker.artifact.ArtifactSource;
import dev.capstan.worker.artifact.ServedArtifact;
import java.io.IOException;
import java.util.Set;

/**
 * Where a service keeps models by their digests, beside where they came from. Several replicas may keep one at the same
 * time, and those of an older revision may come after those of a newer.
 */
interface KeptCopies {
    /** Says beside each copy which revision wanted it last; a copy without it isn't whole. */
    String MARKER = "kept.json";

    /**
     * What lies in {@link #MARKER}.
     *
     * @param revision the newest that has wanted the copy: an older one, which knows less, doesn't delete it
     */
    record Marker(int revision) {}

    /** Name of a copy's folder. */
    static String name(String digest) {
        return digest.replace(':', '-');
    }

    /** As the user names places. */
    String uri();

    /** Where a kept copy is read. */
    ArtifactSource source(String digest) throws IOException;

    /**
     * Keeps a copy, unless there is one.
     *
     * @param origin where the artifact came from
     */
    void keep(ServedArtifact artifact, ArtifactSource origin, int revision) throws IOException;

    /** Deletes copies that this revision, and every older one, can do without. */
    void deleteOthers(Set<String> wanted, int revision) throws IOException;
}
