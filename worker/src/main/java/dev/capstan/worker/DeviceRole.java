package dev.capstan.worker;

import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.torch.DeviceCheck;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the device that the worker was given compute beside a CPU: for whoever sets up machines with GPUs. */
final class DeviceRole {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceRole.class);
    private static final double SECONDS = 3;

    private DeviceRole() {}

    /** @throws dev.capstan.worker.outcome.Failure WorkerError if the device computes something else */
    static Outcome run(Map<String, String> environment) {
        Native.load(environment);
        var device = DeviceCheck.run(SECONDS, LOG::info);
        return new Outcome(Reason.Succeeded, device + " computes what a CPU computes", null);
    }
}
