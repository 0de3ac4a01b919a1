package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.storage.ObjectServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that have to read for longer than a peer that doesn't come at all is waited for. */
class SlowRankTest {
    /** A workplace's workers wait for a second. */
    private static final Duration LONG = Duration.ofSeconds(4);

    @TempDir
    Path folder;

    /** Rank 0 alone reads the test data, from a service that says after a while that it has none. */
    @Test
    void aPeerThatReadsForLongIsWaitedFor() throws Exception {
        var place = new Workplace(folder);
        var service = slow();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var job = withTest(
                    Fixtures.job(folder, "uid-1", 1, 2, 1),
                    "http://localhost:" + service.getAddress().getPort());
            var workers = List.of(place.worker(job, 0), place.worker(job, 1));
            for (var worker : workers.stream()
                    .map(each -> threads.submit(() -> each.play(Contract.TRAIN)))
                    .toList()) {
                Outcome outcome = worker.get();
                assertEquals(Reason.InvalidData, outcome.reason(), outcome.message());
                assertTrue(outcome.message().contains("data.test"), outcome.message());
            }
        } finally {
            service.stop(0);
        }
    }

    @Test
    void sigtermWhileARankReadsEndsItAtOnce() throws Exception {
        Fixtures.writeIdx(folder.resolve("train"), Fixtures.images(61, 5));
        var service = slow();
        var job = withTest(
                Fixtures.job(folder, "uid-1", 1, 2, 1),
                "http://localhost:" + service.getAddress().getPort());
        var scratch = Map.of("CAPSTAN_SCRATCH", folder.toString());
        try (var reader = WorkerProcess.start(folder, job, 0, scratch);
                var peer = WorkerProcess.start(folder, job, 1, scratch)) {
            reader.await(progress -> progress.stage() == Progress.Stage.LOADING);
            reader.terminate();
            assertEquals(new Outcome(Reason.Terminated, "asked to stop by SIGTERM", null), reader.outcome());
            // It reads the same, and ends by whichever it hears of first.
            assertTrue(
                    Set.of(Reason.PeerLost, Reason.InvalidData)
                            .contains(peer.outcome().reason()),
                    peer.outcome().message());
        } finally {
            service.stop(0);
        }
    }

    private static HttpServer slow() throws IOException {
        var service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            try (exchange) {
                Thread.sleep(LONG);
                exchange.sendResponseHeaders(404, -1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        service.start();
        return service;
    }

    private String withTest(JobFile job, String endpoint) throws IOException {
        var secret = ObjectServer.secret(folder.resolve("secret"), List.of("accessKeyId", "a", "secretAccessKey", "s"));
        var s3 = new JobFile.S3(endpoint, "us-east-1", secret.toString());
        var test = new JobFile.Dataset(
                new JobFile.Place(null, "s3://data/test", s3), JobFile.Dataset.Format.IDX, null, null, null);
        return Json.write(Fixtures.with(
                job,
                job.train().model(),
                new JobFile.Data(job.train().data().train(), test),
                job.train().training()));
    }
}
