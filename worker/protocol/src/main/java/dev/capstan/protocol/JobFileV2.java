package dev.capstan.protocol;

import java.util.List;

/**
 * The job file as it was before it could carry any work but a training. An attempt that began before the operator was
 * upgraded has one until it ends, and a worker of today's image may be told by it.
 */
record JobFileV2(
        int version,
        JobFile.Job job,
        JobFile.Model model,
        JobFile.Data data,
        Training training,
        JobFile.Checkpoints checkpoints,
        List<String> peers,
        JobFile.Output output) {
    /** The same in today's terms; its version still tells what it was. */
    JobFile today() {
        return new JobFile(
                version, job, new Work.Train(model, data, training), checkpoints, peers, output, Timeouts.DEFAULT);
    }
}
