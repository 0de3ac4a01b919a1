package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobKeys;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Speaks with workers over HTTP, with a key of their job. Workers are tenants' programs: each gets a second for its
 * whole answer, and one that talks without end no more of our memory than a bound.
 */
public final class WorkerHttp implements AutoCloseable {
    /** Key of the token in a job's secret. */
    static final String TOKEN = Path.of(Contract.TOKEN_FILE).getFileName().toString();

    private static final Duration DEADLINE = Duration.ofSeconds(1);
    private static final long LONGEST_ANSWER = 64 * 1024;

    private final KubernetesClient client;
    private final int port;
    private final Tokens tokens = new Tokens();
    // Otherwise each connection would begin with an attempt to change to HTTP/2.
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(DEADLINE)
            .build();

    public WorkerHttp(KubernetesClient client) {
        this(client, Contract.HTTP_PORT);
    }

    /** For replicas and routers of services, at their port for management. */
    public static WorkerHttp ofServices(KubernetesClient client) {
        return new WorkerHttp(client, Contract.MANAGEMENT_PORT);
    }

    WorkerHttp(KubernetesClient client, int port) {
        this.client = client;
        this.port = port;
    }

    /** Those of all jobs whose workers were spoken with. */
    Tokens tokens() {
        return tokens;
    }

    /** Asks for something. */
    HttpResponse<String> get(Plan.Follow target, String bearer, String path) throws IOException, InterruptedException {
        return send(request(target, bearer, path).GET());
    }

    /** Asks for something that the worker may hold back for a while, until there is something to tell. */
    HttpResponse<String> hold(Plan.Follow target, String bearer, String path, Duration longest)
            throws IOException, InterruptedException {
        var deadline = longest.plus(DEADLINE);
        return send(request(target, bearer, path).timeout(deadline).GET(), deadline);
    }

    /** Asks to do something. */
    HttpResponse<String> post(Plan.Follow target, String bearer, String path) throws IOException, InterruptedException {
        return send(request(target, bearer, path).POST(BodyPublishers.noBody()));
    }

    /** Tells something, as JSON. */
    HttpResponse<String> put(Plan.Follow target, String bearer, String path, String json)
            throws IOException, InterruptedException {
        return send(request(target, bearer, path)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(json)));
    }

    /**
     * What a worker wants to be sent: a key that is derived from its job's token, for this use in this attempt alone.
     * Whoever else has got the worker's address learns nothing from it that would be worth knowing.
     *
     * @param uid the job's
     * @throws IOException when the job's secret isn't there, or has no token
     */
    String bearer(String namespace, String uid, Plan.Follow target) throws IOException {
        var secretName = target.secret();
        Secret secret =
                client.secrets().inNamespace(namespace).withName(secretName).get();
        if (secret == null || secret.getData() == null || !secret.getData().containsKey(TOKEN)) {
            throw new IOException("no token in secret " + secretName);
        }
        tokens.put(uid, secret.getData().get(TOKEN));
        var token = Base64.getDecoder().decode(secret.getData().get(TOKEN));
        return JobKeys.bearer(target.jobFile(), token, uid, target.attempt());
    }

    private HttpRequest.Builder request(Plan.Follow target, String bearer, String path) {
        var host = target.podIp().contains(":") ? "[" + target.podIp() + "]" : target.podIp();
        return HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + path))
                .timeout(DEADLINE)
                .header("Authorization", "Bearer " + bearer);
    }

    /** The request's own timeout ends with the answer's headers; a body that stalls is given up by us. */
    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return send(request, DEADLINE);
    }

    private HttpResponse<String> send(HttpRequest.Builder request, Duration deadline)
            throws IOException, InterruptedException {
        var answer = http.sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofString(), LONGEST_ANSWER));
        try {
            return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no whole answer within " + deadline.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
        } finally {
            // Of one that is complete nothing is left to cancel; of others the connection is closed.
            answer.cancel(true);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
