package dev.capstan.worker;

import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.job.JobReader;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads what a training or a compression would read and builds its model, without peers, before anything expensive
 * waits for it.
 */
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
        return switch (job.work()) {
            case Work.Train train -> {
                var loaded = Loading.of(train, job.peers().size(), environment);
                yield new Outcome(
                        Reason.Succeeded,
                        "the model fits the data: " + loaded.summary()
                                + loaded.warnings().stream().map("; "::concat).collect(Collectors.joining()),
                        null);
            }
            case Work.Compress compress -> {
                var loaded = CompressRole.load(job, compress, environment, true);
                yield new Outcome(Reason.Succeeded, "the model can be compressed: " + loaded.summary(), null);
            }
        };
    }
}
