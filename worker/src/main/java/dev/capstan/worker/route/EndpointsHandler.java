package dev.capstan.worker.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.Json;
import dev.capstan.worker.serve.management.ManagementServer;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;

/** Hears from the operator who the replicas are. */
final class EndpointsHandler implements Handler<HttpServerRequest> {
    /** Room for a thousand replicas and more. */
    private static final int LONGEST = 1024 * 1024;

    private final Replicas replicas;

    EndpointsHandler(Replicas replicas) {
        this.replicas = replicas;
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (!request.method().equals(HttpMethod.PUT)) {
            request.response().putHeader("Allow", "PUT");
            reply(request, 405, "text/plain", "only PUT is answered here\n");
            return;
        }
        var body = Buffer.buffer();
        request.handler(part -> {
            if (body.length() + part.length() <= LONGEST) {
                body.appendBuffer(part);
            } else if (!request.response().ended()) {
                reply(request, 413, "text/plain", "a list of replicas has at most " + LONGEST + " bytes\n");
            }
        });
        request.endHandler(end -> {
            if (!request.response().ended()) {
                take(request, body.toString(UTF_8));
            }
        });
    }

    private void take(HttpServerRequest request, String text) {
        try {
            var endpoints = checked(Json.read(text, Endpoints.class));
            long version = replicas.tell(endpoints);
            reply(
                    request,
                    version == endpoints.version() ? 200 : 409,
                    "application/json",
                    Json.write(new Endpoints.Known(version)));
        } catch (IllegalArgumentException e) {
            reply(request, 400, "text/plain", e.getMessage() + "\n");
        }
    }

    private static Endpoints checked(Endpoints endpoints) {
        if (endpoints == null || endpoints.replicas() == null) {
            throw new IllegalArgumentException("replicas is missing; it must be a list, empty if there are none");
        }
        for (var replica : endpoints.replicas()) {
            if (replica == null || replica.address() == null) {
                throw new IllegalArgumentException("a replica has no address; it must be the pod's IP address");
            }
            try {
                InetAddress.ofLiteral(replica.address());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "a replica's address is \"" + replica.address() + "\"; it must be the pod's IP address", e);
            }
        }
        return endpoints;
    }

    private static void reply(HttpServerRequest request, int status, String type, String text) {
        ManagementServer.reply(request, status, type, text);
    }
}
