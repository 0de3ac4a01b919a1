package dev.capstan.worker.checkpoint;

import java.util.Map;

/**
 * Says which files a checkpoint consists of; without it, a checkpoint isn't complete.
 *
 * @param version of the layout, {@link Description#VERSION}
 * @param files {@code sha256:} and 64 hex digits over each file, by its name
 * @param created when, ISO 8601
 */
record Contents(int version, Map<String, String> files, String created) {}
