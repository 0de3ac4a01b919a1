package dev.capstan.worker;

import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.job.JobReader;
import java.util.Map;

/** Reads what a training would read and builds its model, without peers, before anything expensive waits for it. */
final class CheckRole {
    private CheckRole() {}

    /**
     * Reads and checks job file, model and every sample.
     *
     * @return what was found
     * @throws dev.capstan.worker.outcome.Failure what a training would fail with
     */
    static Outcome run(Map<String, String> environment) {
        var job = JobReader.read(Settings.jobFile(environment));
        var loaded = Loading.of(job, environment, true);
        return new Outcome(Reason.Succeeded, "the model fits the data: " + loaded.summary(), null);
    }
}
