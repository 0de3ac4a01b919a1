package dev.capstan.worker.checkpoint;

import dev.capstan.protocol.Json;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.artifact.FileDigest;
import java.time.Clock;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Says which files a checkpoint consists of; without it, a checkpoint isn't complete.
 *
 * @param version of the layout, {@link Description#VERSION}
 * @param files {@code sha256:} and 64 hex digits over each file, by its name
 * @param created when, ISO 8601
 */
record Contents(int version, Map<String, String> files, String created) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    static Contents of(Map<String, String> files, Clock clock) {
        return new Contents(Description.VERSION, files, clock.instant().toString());
    }

    /**
     * What a text says.
     *
     * @throws IllegalArgumentException if it isn't what this code writes, or lacks what every checkpoint has
     */
    static Contents read(String text) {
        var contents = Json.read(text, Contents.class);
        if (contents.version() != Description.VERSION || contents.files() == null) {
            throw new IllegalArgumentException("its version is " + contents.version() + ", not " + Description.VERSION);
        }
        if (!contents.files().containsKey(Checkpoint.DESCRIPTION)) {
            throw new IllegalArgumentException(
                    "its " + Checkpoint.CONTENTS + " doesn't name " + Checkpoint.DESCRIPTION);
        }
        for (var name : contents.files().keySet()) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "its " + Checkpoint.CONTENTS + " names " + name + ", which is no name of a file of its own");
            }
        }
        return contents;
    }

    /** @throws IllegalArgumentException if that isn't the digest that the file was written with */
    void check(String name, String digest) {
        if (!digest.equals(files.get(name))) {
            throw new IllegalArgumentException(name + " is not as it was written");
        }
    }

    /**
     * The checkpoint as the operator tells of it.
     *
     * @param text from which this was read
     */
    Progress.Checkpoint shown(long step, String uri, String text) {
        return new Progress.Checkpoint(step, uri, FileDigest.of(text), created);
    }
}
