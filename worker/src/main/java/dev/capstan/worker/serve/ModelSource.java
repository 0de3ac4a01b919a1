package dev.capstan.worker.serve;

import dev.capstan.protocol.ServiceFile;

/** Where the models come from that a replica serves. */
public interface ModelSource {
    /**
     * Fetches, verifies and loads a model; blocks as long as that takes.
     *
     * @throws dev.capstan.worker.outcome.Failure with why it can't be, in words for the user; retryable where trying
     *     again may help
     */
    ServedModel load(ServiceFile.Model model);
}
