package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.route.Ports;
import dev.capstan.worker.route.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;

/** Passes requests on to the replicas of a service until it is asked to stop. */
final class RouteRole implements Draining {
    private final Router router;
    private final Duration patience;

    private RouteRole(Router router, Duration patience) {
        this.router = router;
        this.patience = patience;
    }

    /**
     * Starts the router.
     *
     * @throws Failure if the service file, the token or the certificate are wrong, or a port is taken
     */
    static RouteRole start(Map<String, String> environment) {
        var listen = new Ports(
                Settings.port(environment, "CAPSTAN_REST_PORT", Contract.REST_PORT),
                Settings.port(environment, "CAPSTAN_GRPC_PORT", Contract.GRPC_PORT),
                Settings.port(environment, "CAPSTAN_MANAGEMENT_PORT", Contract.MANAGEMENT_PORT));
        return start(environment, listen, Ports.CONTRACT);
    }

    /** @param replicas where these listen */
    static RouteRole start(Map<String, String> environment, Ports listen, Ports replicas) {
        var path = Settings.serviceFile(environment);
        try {
            var file = ServiceFile.read(Files.readString(path));
            var bearer = new ServiceToken(Settings.tokenFile(environment))
                    .bearer(file.service().uid());
            return new RouteRole(
                    Router.start(file, bearer, listen, replicas), Main.lessMargin(Settings.grace(environment)));
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "a file of the service can't be read: " + e, e);
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.WorkerError, "the service file " + path + " is " + e.getMessage(), e);
        }
    }

    /** Where the router answers. */
    Ports ports() {
        return router.ports();
    }

    @Override
    public Outcome drain() {
        int left = router.drain(patience);
        router.close();
        return new Outcome(
                Reason.Succeeded,
                left == 0
                        ? "asked to stop by SIGTERM; all requests are answered"
                        : "asked to stop by SIGTERM; " + left + " requests weren't answered within "
                                + patience.toSeconds() + " s",
                null);
    }
}
