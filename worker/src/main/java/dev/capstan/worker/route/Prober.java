package dev.capstan.worker.route;

import dev.capstan.protocol.Contract;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;

/** Asks replicas whether they are ready: now and then, and at once when something speaks against it. */
final class Prober {
    /** Probes without an answer after which a replica counts as lost, not as slow. */
    private static final int LOST = 2;

    private static final int OK = 200;
    private static final long LONGEST_PAUSE_MILLIS = 2000;
    /** Between two probes of a replica, however much speaks against it. */
    private static final long SHORTEST_PAUSE_MILLIS = 50;

    private final Vertx vertx;
    private final Context context;
    private final Replicas replicas;
    private final Tuning tuning;
    private final int port;
    private final HttpClient http;
    /** Of this context alone. */
    private final Map<Replica, Probe> probes = new HashMap<>();

    /** @param context on whose thread everything here happens */
    Prober(Vertx vertx, Context context, Replicas replicas, Tuning tuning, int port) {
        this.vertx = vertx;
        this.context = context;
        this.replicas = replicas;
        this.tuning = tuning;
        this.port = port;
        http = Upstreams.client(
                vertx,
                new HttpClientOptions()
                        .setConnectTimeout((int) tuning.probeTimeout().toMillis())
                        .setTcpNoDelay(true),
                new PoolOptions().setHttp1MaxSize(1),
                connection -> {});
    }

    /** Probes a replica until it is one no more. */
    void follow(Replica replica) {
        context.runOnContext(
                nothing -> probes.computeIfAbsent(replica, Probe::new).at(Duration.ZERO));
    }

    /** Probes it at once; later, the more often it has failed right after a probe that found it ready. */
    void doubt(Replica replica) {
        context.runOnContext(nothing -> {
            var probe = probes.get(replica);
            if (probe != null) {
                probe.at(pause(replica.failuresInARow()));
            }
        });
    }

    /** Probes nothing any more. */
    void close() {
        context.runOnContext(nothing -> {
            probes.values().forEach(Probe::stop);
            probes.clear();
            http.close();
        });
    }

    /** Probes it no more. */
    void forget(Replica replica) {
        context.runOnContext(nothing -> {
            var probe = probes.remove(replica);
            if (probe != null) {
                probe.stop();
            }
        });
    }

    private static Duration pause(int failuresInARow) {
        return failuresInARow <= 1
                ? Duration.ZERO
                : Duration.ofMillis(Math.min(LONGEST_PAUSE_MILLIS, 25L << Math.min(failuresInARow, 16)));
    }

    private final class Probe {
        private final Replica replica;
        private final RequestOptions request;
        private long timer = -1;
        private long last = System.nanoTime() - 1_000_000 * SHORTEST_PAUSE_MILLIS;
        private boolean under;
        private boolean again;
        private int unanswered;

        Probe(Replica replica) {
            this.replica = replica;
            request = new RequestOptions()
                    .setServer(SocketAddress.inetSocketAddress(port, replica.address()))
                    .setHost(replica.host())
                    .setPort(port)
                    .setMethod(HttpMethod.GET)
                    .setURI(Contract.READY_PATH)
                    .setTimeout(tuning.probeTimeout().toMillis());
        }

        void at(Duration delay) {
            if (under) {
                again = true;
                return;
            }
            stop();
            long since = (System.nanoTime() - last) / 1_000_000;
            long wait = Math.max(delay.toMillis(), SHORTEST_PAUSE_MILLIS - since);
            if (wait <= 0) {
                send();
            } else {
                timer = vertx.setTimer(wait, id -> send());
            }
        }

        void stop() {
            if (timer >= 0) {
                vertx.cancelTimer(timer);
                timer = -1;
            }
        }

        private void send() {
            timer = -1;
            under = true;
            last = System.nanoTime();
            int failures = replica.failures();
            long began = System.nanoTime();
            http.request(request)
                    .compose(asked -> asked.send()
                            // A whole answer, so that the connection can be used again.
                            .compose(answer -> answer.end().map(answer)))
                    .map(HttpClientResponse::statusCode)
                    .onSuccess(code -> {
                        unanswered = 0;
                        if (code == OK) {
                            replicas.found(replica, failures);
                        } else {
                            replicas.notReady(replica, "it says so, by " + code);
                        }
                    })
                    .onFailure(cause -> silent(cause, began))
                    .onComplete(done -> next());
        }

        private void silent(Throwable cause, long began) {
            if (cause instanceof TimeoutException && replica.answeredSince(began)) {
                // Busy isn't dead: it answers requests.
                return;
            }
            unanswered++;
            if (unanswered >= LOST && !replica.answeredSince(began)) {
                replicas.lost(replica, "it doesn't answer any more: " + cause.getMessage());
            } else {
                replicas.notReady(replica, "a probe got no answer: " + cause.getMessage());
            }
        }

        private void next() {
            under = false;
            if (probes.get(replica) != this) {
                return;
            }
            if (again) {
                again = false;
                at(pause(replica.failuresInARow()));
            } else {
                long every = (replica.ready() ? tuning.probeReady() : tuning.probeOthers()).toMillis();
                // Several routers needn't ask at the same moments.
                at(Duration.ofMillis(
                        Math.max(1, every - ThreadLocalRandom.current().nextLong(every / 4 + 1))));
            }
        }
    }
}
