package dev.capstan.controllers.kube;

import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the workers how far they are. Each job has a virtual thread of its own, so that one that can't be reached delays
 * nothing else, and reconciliation waits for none of them.
 */
public final class ProgressReader implements AutoCloseable {
    /** Key of the token in a job's secret. */
    static final String TOKEN = Path.of(Contract.TOKEN_FILE).getFileName().toString();

    private static final Logger LOG = LoggerFactory.getLogger(ProgressReader.class);
    private static final Duration DEADLINE = Duration.ofSeconds(1);
    /** Workers are tenants' programs: one that talks without end gets no more of our memory than this. */
    private static final long LONGEST_ANSWER = 64 * 1024;

    private final KubernetesClient client;
    private final Duration interval;
    private final int port;
    private final Meters meters;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(DEADLINE).build();
    private final Map<String, Follower> followers = new ConcurrentHashMap<>();
    private volatile Consumer<ResourceID> listener = job -> {};

    /** Asks each followed job's first worker once in an interval. */
    public ProgressReader(KubernetesClient client, Duration interval, Meters meters) {
        this(client, interval, Contract.HTTP_PORT, meters);
    }

    ProgressReader(KubernetesClient client, Duration interval, int port, Meters meters) {
        this.client = client;
        this.interval = interval;
        this.port = port;
        this.meters = meters;
    }

    private record Follower(Plan.Follow target, Thread thread, Report report) {}

    private static final class Report {
        private volatile Progress last;
    }

    /** Who is told of a job that has made progress. */
    public void onProgress(Consumer<ResourceID> newListener) {
        listener = newListener;
    }

    /** Follows a worker of a job, in place of any other that was followed for it. */
    public void follow(HasMetadata job, Plan.Follow target) {
        followers.compute(job.getMetadata().getUid(), (uid, current) -> {
            if (current != null && current.target().equals(target)) {
                return current;
            }
            if (current != null) {
                current.thread().interrupt();
            }
            var report = new Report();
            var name = ChildWriter.of(job);
            var thread = Thread.ofVirtual()
                    .name("progress " + name)
                    .unstarted(() -> ask(
                            job.getMetadata().getNamespace(), job.getMetadata().getName(), target, report));
            thread.start();
            return new Follower(target, thread, report);
        });
    }

    /** Stops following a job. */
    public void forget(String jobUid) {
        var follower = followers.remove(jobUid);
        if (follower != null) {
            follower.thread().interrupt();
        }
    }

    /** The last report of a job that is followed. */
    public Optional<Progress> latest(String jobUid) {
        return Optional.ofNullable(followers.get(jobUid)).map(follower -> follower.report().last);
    }

    @Override
    public void close() {
        followers.keySet().forEach(this::forget);
        http.shutdownNow();
    }

    private void ask(String namespace, String job, Plan.Follow target, Report report) {
        String token = null;
        boolean reached = true;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                token = token == null ? token(namespace, target.secret()) : token;
                var answer = ask(target, token);
                if (!answer.equals(report.last)) {
                    report.last = answer;
                    listener.accept(new ResourceID(job, namespace));
                }
                reached = true;
            } catch (IOException | RuntimeException e) {
                meters.unreachable();
                if (reached) {
                    LOG.debug("{}/{}: no progress from {}: {}", namespace, job, target.podIp(), e.toString());
                }
                reached = false;
            } catch (InterruptedException e) {
                return;
            }
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Progress ask(Plan.Follow target, String token) throws IOException, InterruptedException {
        var host = target.podIp().contains(":") ? "[" + target.podIp() + "]" : target.podIp();
        var request = HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + Contract.PROGRESS_PATH))
                .timeout(DEADLINE)
                .header("Authorization", "Bearer " + token)
                .GET()
                .build();
        var response = http.send(request, BodyHandlers.limiting(BodyHandlers.ofString(), LONGEST_ANSWER));
        if (response.statusCode() != 200) {
            throw new IOException("answered " + response.statusCode());
        }
        return Json.read(response.body(), Progress.class);
    }

    private String token(String namespace, String name) throws IOException {
        Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
        if (secret == null || secret.getData() == null || !secret.getData().containsKey(TOKEN)) {
            throw new IOException("no token in secret " + name);
        }
        return new String(Base64.getDecoder().decode(secret.getData().get(TOKEN)), StandardCharsets.US_ASCII);
    }
}
