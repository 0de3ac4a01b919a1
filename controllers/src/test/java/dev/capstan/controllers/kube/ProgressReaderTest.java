package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test plays the worker. */
class ProgressReaderTest {
    private static final Progress HALF_WAY =
            new Progress(1, Progress.Stage.TRAINING, 3, 5, 50, 100, 0.5, 1000, 7, null, null);

    private static ApiServer api;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BlockingQueue<JobRef> told = new LinkedBlockingQueue<>();
    /** The UIDs of the jobs that are there. */
    private final Set<String> there = ConcurrentHashMap.newKeySet();

    private String namespace;
    private TrainingJob job;
    private HttpServer worker;
    private WorkerHttp http;
    private ProgressReader reader;
    private volatile String answer = Json.write(HALF_WAY);
    private volatile Duration pause = Duration.ZERO;
    /** Version of the job file that the worker was told by, and what it wants to be sent. */
    private int jobFile = JobFile.VERSION;

    private volatile String bearer;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @BeforeEach
    void startWorker() throws IOException {
        namespace = api.newNamespace("progress");
        job = Jobs.mnist(namespace, "a", 1);
        job.getMetadata().setUid("uid-" + namespace);
        there.add(job.getMetadata().getUid());
        bearer = JobKeys.bearer(
                JobFile.VERSION,
                "open-sesame".getBytes(StandardCharsets.US_ASCII),
                job.getMetadata().getUid(),
                1);
        api.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("a-peers")
                        .endMetadata()
                        .withStringData(Map.of("token", "open-sesame"))
                        .build())
                .create();
        worker = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        worker.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        worker.createContext(Contract.PROGRESS_PATH, exchange -> {
            boolean known =
                    ("Bearer " + bearer).equals(exchange.getRequestHeaders().getFirst("Authorization"));
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            var body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(known ? 200 : 401, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        worker.start();
        http = new WorkerHttp(api.client(), worker.getAddress().getPort());
        reader = new ProgressReader(http, Duration.ofMillis(50), new Meters(registry));
        reader.onProgress(told::add);
        reader.followOnly(there::contains);
    }

    @AfterEach
    void stop() {
        reader.close();
        http.close();
        worker.stop(0);
    }

    @Test
    void readsWhatTheWorkerSaysAndTellsWhenItIsNews() throws InterruptedException {
        reader.follow(job, follow("127.0.0.1"));
        assertEquals(new JobRef("TrainingJob", namespace, "a"), told.poll(10, TimeUnit.SECONDS));
        assertEquals(Optional.of(HALF_WAY), reader.latest(job.getMetadata().getUid()));
        Thread.sleep(300);
        assertEquals(0, told.size(), "the same again is no news");
        answer = Json.write(new Progress(1, Progress.Stage.TRAINING, 4, 5, 60, 100, 0.4, 1000, 6, null, null));
        assertEquals(new JobRef("TrainingJob", namespace, "a"), told.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void aWorkerThatCannotBeReachedDelaysNoOther() throws InterruptedException {
        var silent = Jobs.mnist(namespace, "silent", 1);
        silent.getMetadata().setUid("uid-silent-" + namespace);
        there.add(silent.getMetadata().getUid());
        // An address of the documentation's network: nobody answers, not even by a refusal.
        reader.follow(silent, follow("192.0.2.1"));
        reader.follow(job, follow("127.0.0.1"));
        assertEquals(new JobRef("TrainingJob", namespace, "a"), told.poll(10, TimeUnit.SECONDS));
        assertEquals(Optional.empty(), reader.latest(silent.getMetadata().getUid()));
    }

    @Test
    void aWorkerThatIsSlowOrTalksNonsenseIsAskedAgain() throws InterruptedException {
        pause = Duration.ofSeconds(2);
        reader.follow(job, follow("127.0.0.1"));
        awaitUnreachable();
        pause = Duration.ZERO;
        answer = "{\"attempt\": \"nonsense\"}";
        awaitUnreachable();
        answer = "x".repeat(100_000);
        awaitUnreachable();
        answer = Json.write(HALF_WAY);
        assertEquals(new JobRef("TrainingJob", namespace, "a"), told.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void aWorkerThatBeganBeforeAnUpgradeIsSentTheToken() throws InterruptedException {
        jobFile = JobFile.VERSION_BEFORE;
        bearer = "open-sesame";
        reader.follow(job, follow("127.0.0.1"));
        assertEquals(JobRef.of(job), told.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void aJobThatIsForgottenIsAskedNoMore() throws InterruptedException {
        reader.follow(job, follow("127.0.0.1"));
        told.poll(10, TimeUnit.SECONDS);
        reader.forget(job.getMetadata().getUid());
        answer = Json.write(new Progress(1, Progress.Stage.DONE, 5, 5, 100, 100, 0.4, 1000, 0, null, null));
        Thread.sleep(300);
        assertEquals(0, told.size());
        assertTrue(reader.latest(job.getMetadata().getUid()).isEmpty());
    }

    @Test
    void aJobThatIsGoneIsNotFollowedByAPassThatWasUnderWay() throws InterruptedException {
        there.remove(job.getMetadata().getUid());
        reader.follow(job, follow("127.0.0.1"));
        Thread.sleep(300);
        assertEquals(0, told.size());
        assertTrue(reader.latest(job.getMetadata().getUid()).isEmpty());
    }

    private void awaitUnreachable() throws InterruptedException {
        var counter = registry.counter("capstan.progress.unreachable");
        double before = counter.count();
        for (int i = 0; i < 200 && counter.count() < before + 2; i++) {
            Thread.sleep(50);
        }
        assertTrue(counter.count() >= before + 2, "asked again and again");
    }

    private Plan.Follow follow(String ip) {
        return new Plan.Follow(1, ip, "a-peers", jobFile);
    }
}
