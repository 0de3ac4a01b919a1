package dev.capstan.worker.serve.http;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.outcome.Failure;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A port on which clients are answered, by HTTP/1.1 and HTTP/2, in plain text or by TLS. */
public final class Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int MOST_STREAMS = 4096;
    private static final int WINDOW = 1 << 20;
    private static final int CONNECTION_WINDOW = 16 << 20;
    /** Streams that clients give up within 30 s on a connection; a router's has all of its clients' on it. */
    private static final int MOST_RESETS = 100_000;

    private static final long MARGIN_SECONDS = 15;
    /** Bytes that the headers of a request may take, with what a router adds to those that it lets in. */
    public static final int HEADERS = 40 << 10;

    private final List<HttpServer> servers = new ArrayList<>();
    /** Null for plain text. */
    private final Certificates certificates;

    private Listener(Certificates certificates) {
        this.certificates = certificates;
    }

    /**
     * Listens.
     *
     * @param port 0 for any free one
     * @param loops event loops that share the port's connections
     * @throws Failure InvalidJob if certificate or key aren't right, WorkerError if the port is taken
     */
    public static Listener start(
            Vertx vertx, int port, int loops, ServiceFile file, Traffic traffic, Handler<HttpServerRequest> handler) {
        var tls = file.access().tls();
        var listener = new Listener(tls == null ? null : new Certificates(vertx, tls));
        var options = options(port, file.limits().timeoutMillis());
        if (tls != null) {
            options.setSsl(true).setUseAlpn(true).setKeyCertOptions(listener.certificates.options());
        }
        for (int loop = 0; loop < loops; loop++) {
            var server = vertx.createHttpServer(options)
                    .requestHandler(handler)
                    .connectionHandler(traffic::add)
                    .exceptionHandler(e -> LOG.debug("a connection failed", e));
            listener.servers.add(await(server.listen(), port));
            options.setPort(listener.port());
        }
        return listener;
    }

    static HttpServerOptions options(int port, long timeoutMillis) {
        return new HttpServerOptions()
                .setPort(port)
                // Whoever is silent for so long is cut off. It counts while a request is under way, too, so that it
                // has to be longer than any deadline.
                .setIdleTimeout((int) (Exchange.longest(timeoutMillis).toSeconds() + MARGIN_SECONDS))
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setMaxChunkSize(64 << 10)
                .setMaxHeaderSize(HEADERS)
                .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
                .setHttp2RstFloodMaxRstFramePerWindow(MOST_RESETS)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(MOST_STREAMS)
                        .setMaxHeaderListSize(HEADERS)
                        .setInitialWindowSize(WINDOW));
    }

    private static HttpServer await(Future<HttpServer> listening, int port) {
        try {
            return listening.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw new Failure(
                    Reason.WorkerError, "port " + port + " can't be listened on: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.WorkerError, "interrupted while port " + port + " was to be opened", e);
        }
    }

    /** The port. */
    public int port() {
        return servers.getFirst().actualPort();
    }

    /** Takes certificate and key anew if they have changed; connections that there are go on with the old ones. */
    public void renew() {
        if (certificates == null) {
            return;
        }
        try {
            if (certificates.renew()) {
                LOG.info("port {} has a new certificate", port());
            }
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("the new certificate of access.tls can't be used, the one before counts on: {}", e.toString());
        }
    }

    /** Cuts off what is still connected. */
    public Future<Void> close() {
        return Future.all(servers.stream().map(HttpServer::close).toList()).mapEmpty();
    }
}
