package dev.capstan.worker.serve.grpc;

import static dev.capstan.worker.serve.RequestException.Kind.INVALID;
import static dev.capstan.worker.serve.RequestException.Kind.NOT_FOUND;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.http.Body;
import dev.capstan.worker.serve.http.Exchange;
import dev.capstan.worker.serve.http.Site;
import dev.capstan.worker.serve.infer.Models.Loaded;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A call by gRPC: one message in, one out. */
final class GrpcExchange extends Exchange {
    private static final Pattern TIMEOUT = Pattern.compile("([0-9]{1,8})([HMSmun])");

    GrpcExchange(Site site, HttpServerRequest request) {
        super(site, request, "grpc");
    }

    void begin() {
        start(this::dispatch);
    }

    @Override
    protected long deadlineNanos() {
        var text = request.getHeader("grpc-timeout");
        if (text == null) {
            return 0;
        }
        var timeout = TIMEOUT.matcher(text);
        if (!timeout.matches()) {
            throw new RequestException(INVALID, "grpc-timeout is \"" + text + "\"; it must be such as 500m or 2S");
        }
        var unit = switch (timeout.group(2)) {
            case "H" -> TimeUnit.HOURS;
            case "M" -> TimeUnit.MINUTES;
            case "S" -> TimeUnit.SECONDS;
            case "m" -> TimeUnit.MILLISECONDS;
            case "u" -> TimeUnit.MICROSECONDS;
            default -> TimeUnit.NANOSECONDS;
        };
        return Math.max(1, unit.toNanos(Long.parseLong(timeout.group(1))));
    }

    private void dispatch() {
        var type = request.getHeader("Content-Type");
        if (type == null || !type.startsWith("application/grpc")) {
            response.setStatusCode(415).end("this port answers gRPC alone; REST is answered at another\n");
            end("415");
            return;
        }
        site.guard().check(request.getHeader("Authorization"));
        var path = request.path();
        var method = Method.of(path);
        if (method == null) {
            status("UNIMPLEMENTED", GrpcStatus.UNIMPLEMENTED, "there is no method " + path);
            return;
        }
        body(body -> answer(method, body));
    }

    private void answer(Method method, Body body) {
        switch (method) {
            case ModelInfer -> infer(body);
            case ServerLive -> reply(Messages.truth(true));
            case ServerReady -> reply(Messages.truth(site.ready().getAsBoolean()));
            case ServerMetadata -> reply(Messages.server(site.identity()));
            case ModelReady -> {
                var which = parsed(body, Messages.Texts::read);
                reply(Messages.truth(ready(which)));
            }
            case ModelMetadata -> {
                var which = parsed(body, Messages.Texts::read);
                reply(Messages.metadata(model(which.first(), which.second())));
            }
            case RepositoryIndex -> reply(Messages.index(site.models().index(parsed(body, Messages::readyOnly))));
            case RepositoryModelLoad -> {
                var name = parsed(body, Messages::toLoad);
                changed(name, true, () -> site.models().load(name));
            }
            case HealthCheck -> reply(health(parsed(body, Messages.Texts::read).first()));
            case RepositoryModelUnload -> {
                var name = parsed(body, Messages.Texts::read).model();
                changed(name, false, () -> site.models().unload(name));
            }
        }
    }

    /** @param service that is asked about; empty for all that there are */
    private byte[] health(String service) {
        if (!service.isEmpty() && !service.equals(Method.SERVICE)) {
            throw new RequestException(
                    NOT_FOUND, "there is no service \"" + service + "\"; " + Method.SERVICE + " is the one");
        }
        return Messages.health(site.ready().getAsBoolean());
    }

    private boolean ready(Messages.Texts which) {
        try {
            model(which.first(), which.second());
            return true;
        } catch (RequestException e) {
            if (e.kind() == RequestException.Kind.UNAVAILABLE) {
                return false;
            }
            throw e;
        }
    }

    private Loaded model(String name, String version) {
        var model = site.models().of(name, version);
        about(name);
        return model;
    }

    private interface Parsing<T> {
        T of(CodedInputStream in) throws IOException;
    }

    private <T> T parsed(Body body, Parsing<T> parsing) {
        try {
            return parsing.of(Frame.open(
                    body, request.getHeader("grpc-encoding"), site.limits().maxRequestBytes()));
        } catch (InvalidProtocolBufferException e) {
            throw new RequestException(INVALID, "the message can't be read: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void infer(Body body) {
        sized(body.length(), () -> parsed(body, InferReader::read), read -> {
            var model = model(read.model(), read.version());
            var answer = site.inference().infer(model, read.request(), call(), this::soon);
            if (read.request().timeoutMicros() > 0) {
                armAgain();
            }
            answer.whenComplete((outputs, failure) -> later(
                    outputs,
                    failure,
                    there -> sized(
                            there.bytes(),
                            () -> {
                                try {
                                    return InferWriter.write(there, read.raw());
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            },
                            this::reply)));
        });
    }

    private void changed(String name, boolean loaded, Runnable change) {
        site.vertx()
                .executeBlocking(
                        () -> {
                            change.run();
                            return null;
                        },
                        false)
                .onComplete(done -> later(null, done.cause(), there -> reply(Messages.changed(name, loaded))));
    }

    private void reply(byte[] message) {
        reply(List.of(ByteBuffer.wrap(message)));
    }

    private void reply(List<ByteBuffer> message) {
        response.putHeader("content-type", "application/grpc");
        response.putTrailer("grpc-status", "0");
        response.end(joined(Frame.around(message)));
        end("OK");
    }

    @Override
    protected void refuse(RequestException e) {
        if (e.kind() == RequestException.Kind.BUSY || e.kind() == RequestException.Kind.UNAVAILABLE) {
            // By which a client with a retry policy knows when.
            response.putHeader("grpc-retry-pushback-ms", "1000");
        }
        if (e.kind() == RequestException.Kind.ENCODING) {
            response.putHeader("grpc-accept-encoding", Body.ENCODINGS);
        }
        write(GrpcStatus.of(e.kind()), e.getMessage());
    }

    private void status(String code, int status, String message) {
        write(status, message);
        end(code);
    }

    private void write(int status, String message) {
        response.putHeader("content-type", "application/grpc");
        response.putHeader("grpc-status", Integer.toString(status));
        response.putHeader("grpc-message", GrpcStatus.encoded(message.getBytes(UTF_8)));
        response.end();
    }

    @Override
    protected String code(RequestException e) {
        return GrpcStatus.name(e.kind());
    }
}
