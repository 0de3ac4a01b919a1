package dev.capstan.crds.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.validation.RandomObjects;
import dev.capstan.crds.validation.Schema;

/** Jobs about half of which are valid. */
public final class RandomJobs {
    private static final Schema SCHEMA = Schema.of("trainingjobs");

    private RandomJobs() {}

    /** @param section where the job differs from a valid one, such as status, spec or spec.workers */
    public static ObjectNode job(long seed, String section) {
        return RandomObjects.object(seed, SCHEMA, Jobs.examples(), section);
    }
}
