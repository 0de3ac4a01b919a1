package dev.capstan.bench.serving;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.route.Ports;
import dev.capstan.worker.route.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A router beside its replica on one machine, where both can't have the ports that operator and worker agreed on. Its
 * arguments: the service file, the token, three ports of its own and three of the replica's.
 */
final class RouterProcess {
    private RouterProcess() {}

    public static void main(String[] arguments) throws IOException {
        var file = ServiceFile.read(Files.readString(Path.of(arguments[0])));
        var bearer = JobKeys.bearer(
                JobFile.VERSION,
                Files.readAllBytes(Path.of(arguments[1])),
                file.service().uid(),
                1);
        Router.start(file, () -> bearer, ports(arguments, 2), ports(arguments, 5));
    }

    private static Ports ports(String[] arguments, int from) {
        return new Ports(
                Integer.parseInt(arguments[from]),
                Integer.parseInt(arguments[from + 1]),
                Integer.parseInt(arguments[from + 2]));
    }
}
