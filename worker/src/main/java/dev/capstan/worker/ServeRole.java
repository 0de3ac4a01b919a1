package dev.capstan.worker;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.outcome.TerminationMessage;
import dev.capstan.worker.serve.management.ManagementServer;
import dev.capstan.worker.serve.management.ManagementServer.Route;
import dev.capstan.worker.serve.model.ModelStore;
import dev.capstan.worker.serve.model.PeerFiles;
import dev.capstan.worker.serve.replica.Life;
import dev.capstan.worker.serve.replica.Replica;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests for a service's models until it is asked to stop. */
final class ServeRole implements Draining {
    private static final Logger LOG = LoggerFactory.getLogger(ServeRole.class);
    /** For how long clients may still come that haven't heard yet that they shouldn't. */
    private static final Duration LONGEST_NOTICE = Duration.ofSeconds(5);

    private static final int NOTICE_OF_GRACE = 4;

    private final Duration grace;
    private final Path terminationMessage;
    private Replica replica;
    /** Null while there is hope. */
    private volatile Failure failure;

    private ServeRole(Map<String, String> environment) {
        grace = Settings.grace(environment);
        terminationMessage = Settings.terminationMessage(environment);
    }

    /**
     * Starts the server; the model is loaded beside it.
     *
     * @throws Failure if the service file, the tokens or the certificate are wrong, or a port is taken
     */
    static ServeRole start(Map<String, String> environment) {
        return start(environment, ports(environment));
    }

    static ServeRole start(Map<String, String> environment, Replica.Ports ports) {
        var role = new ServeRole(environment);
        var path = Settings.serviceFile(environment);
        try {
            var file = ServiceFile.read(Files.readString(path));
            var token = new ServiceToken(Settings.tokenFile(environment));
            var store = new ModelStore(file, Settings.scratch(environment), token, environment);
            var life = new Life(
                    model -> {
                        var kept = store.keep(model);
                        return new Life.Keeping(kept.is(), kept.message());
                    },
                    role::failed);
            role.replica = Replica.start(
                    file,
                    store,
                    life,
                    ports,
                    token.bearer(file.service().uid()),
                    Versions.worker(),
                    List.of(new Route(Contract.MODEL_PATH + "/", false, request -> give(store.files(), request))));
            return role;
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "a file of the service can't be read: " + e, e);
        } catch (IllegalArgumentException e) {
            throw new Failure(Reason.WorkerError, "the service file " + path + " is " + e.getMessage(), e);
        }
    }

    private static Replica.Ports ports(Map<String, String> environment) {
        return new Replica.Ports(
                Settings.port(environment, "CAPSTAN_REST_PORT", Contract.REST_PORT),
                Settings.port(environment, "CAPSTAN_GRPC_PORT", Contract.GRPC_PORT),
                Settings.port(environment, "CAPSTAN_MANAGEMENT_PORT", Contract.MANAGEMENT_PORT));
    }

    /** A file of the model, to another replica. */
    private static void give(PeerFiles files, HttpServerRequest request) {
        if (!files.mayAsk(request.getHeader("Authorization"))) {
            ManagementServer.reply(request, 401, "text/plain", "the bearer of a replica is needed\n");
            return;
        }
        var file = files.file(request.path());
        if (file.isEmpty()) {
            ManagementServer.reply(request, 404, "text/plain", "no such file of a model that is served here\n");
            return;
        }
        request.response()
                .putHeader("Content-Type", "application/octet-stream")
                .sendFile(file.get().toString())
                .onFailure(e -> LOG.warn("{} could not be given to another replica: {}", file.get(), e.toString()));
    }

    /** Where the replica answers. */
    Replica.Ports ports() {
        return replica.ports();
    }

    /** The process stays, so that the operator can ask why. */
    private void failed(Failure reason) {
        failure = reason;
        try {
            TerminationMessage.write(terminationMessage, new Outcome(reason.reason(), reason.getMessage(), null));
        } catch (IOException e) {
            LOG.error("the failure could not be written to {}", terminationMessage, e);
        }
    }

    @Override
    public Outcome drain() {
        var notice = grace.dividedBy(NOTICE_OF_GRACE);
        var patience = Main.lessMargin(grace);
        LOG.info("asked to stop by SIGTERM; what has come is answered, within {} s", patience.toSeconds());
        int left = replica.drain(notice.compareTo(LONGEST_NOTICE) < 0 ? notice : LONGEST_NOTICE, patience);
        replica.close();
        if (failure != null) {
            return new Outcome(failure.reason(), failure.getMessage(), null);
        }
        return new Outcome(
                Reason.Succeeded,
                left == 0
                        ? "asked to stop by SIGTERM; all requests are answered"
                        : "asked to stop by SIGTERM; " + left + " requests weren't answered within "
                                + patience.toSeconds() + " s",
                null);
    }
}
