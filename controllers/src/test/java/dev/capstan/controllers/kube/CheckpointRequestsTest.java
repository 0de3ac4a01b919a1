package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test plays the worker. */
class CheckpointRequestsTest {
    private static final Plan.Follow WORKER = new Plan.Follow(1, "127.0.0.1", "a-peers", JobFile.VERSION);

    private static ApiServer api;

    private final BlockingQueue<JobRef> told = new LinkedBlockingQueue<>();
    /** What the worker was asked, and what it answered. */
    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();

    private volatile int answer = 200;
    private volatile boolean there = true;
    private TrainingJob job;
    private HttpServer worker;
    private WorkerHttp http;
    private CheckpointRequests requests;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @BeforeEach
    void startWorker() throws IOException {
        var namespace = api.newNamespace("requests");
        job = Jobs.mnist(namespace, "a", 1);
        job.getMetadata().setUid("uid-" + namespace);
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
        worker.createContext(Contract.CHECKPOINT_PATH, exchange -> {
            var token = exchange.getRequestHeaders().getFirst("Authorization");
            int code = answer;
            // First: whoever has the answer may count on it.
            asked.add("%s %s: %d".formatted(exchange.getRequestMethod(), token, code));
            exchange.sendResponseHeaders(code, -1);
            exchange.close();
        });
        worker.start();
        http = new WorkerHttp(api.client(), worker.getAddress().getPort());
        requests = new CheckpointRequests(http, Duration.ofMillis(50));
        requests.onDone(told::add);
        requests.askOnly(uid -> there);
    }

    @AfterEach
    void stop() {
        requests.close();
        http.close();
        worker.stop(0);
    }

    @Test
    void aRequestIsRepeatedUntilItIsDoneAndNotAfterwards() throws InterruptedException {
        answer = 409;
        requests.ask(job, WORKER, "one");
        assertEquals("POST Bearer %s: 409".formatted(bearer()), asked.poll(10, TimeUnit.SECONDS));
        assertNotNull(asked.poll(10, TimeUnit.SECONDS), "again");
        assertEquals(Optional.empty(), done());
        answer = 202;
        assertNotNull(asked.poll(10, TimeUnit.SECONDS));
        asked.clear();
        assertNotNull(asked.poll(10, TimeUnit.SECONDS), "a worker that has heard it has made none yet");
        assertEquals(Optional.empty(), done());
        answer = 200;
        assertEquals(JobRef.of(job), told.poll(10, TimeUnit.SECONDS));
        assertEquals(Optional.of("one"), done());
        asked.clear();
        requests.ask(job, WORKER, "one");
        Thread.sleep(300);
        assertEquals(0, asked.size(), "each text once");
        requests.ask(job, WORKER, "two");
        assertEquals(JobRef.of(job), told.poll(10, TimeUnit.SECONDS));
        assertEquals(Optional.of("two"), done());
    }

    @Test
    void aWorkerOfTheReleaseBeforeIsTrustedToMakeIt() throws InterruptedException {
        answer = 202;
        requests.ask(job, new Plan.Follow(1, "127.0.0.1", "a-peers", JobFile.VERSION_BEFORE), "one");
        assertEquals("POST Bearer open-sesame: 202", asked.poll(10, TimeUnit.SECONDS));
        assertEquals(JobRef.of(job), told.poll(10, TimeUnit.SECONDS));
        assertEquals(Optional.of("one"), done());
    }

    @Test
    void aRequestThatIsForgottenIsRepeatedNoMore() throws InterruptedException {
        answer = 409;
        requests.ask(job, WORKER, "one");
        assertNotNull(asked.poll(10, TimeUnit.SECONDS));
        requests.forget(job.getMetadata().getUid());
        answer = 202;
        Thread.sleep(300);
        assertEquals(0, told.size());
        assertEquals(Optional.empty(), done());
    }

    @Test
    void ofAJobThatIsGoneNothingIsAsked() throws InterruptedException {
        there = false;
        requests.ask(job, WORKER, "one");
        Thread.sleep(300);
        assertEquals(0, asked.size());
    }

    private String bearer() {
        var token = "open-sesame".getBytes(StandardCharsets.US_ASCII);
        return JobKeys.bearer(JobFile.VERSION, token, job.getMetadata().getUid(), 1);
    }

    private Optional<String> done() {
        return requests.done(job.getMetadata().getUid());
    }
}
