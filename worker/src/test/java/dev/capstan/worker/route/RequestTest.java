package dev.capstan.worker.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Requests and answers on their way: what is passed on as it is, what is changed, and what is refused. */
class RequestTest {
    private static final String INFER = "POST /v2/models/digits/infer HTTP/1.1\r\nHost: digits.example.org\r\n";

    @Test
    void headersOfTheConnectionStayThereAndAllOthersArePassedOn() throws Exception {
        try (var site = Site.of(1);
                var client = new RawClient(site.router.ports().rest())) {
            var seen = new AtomicReference<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = asked -> {
                seen.set(asked);
                asked.request()
                        .response()
                        .putHeader("content-encoding", "gzip")
                        .putHeader("keep-alive", "timeout=1")
                        .putHeader("connection", "x-own, keep-alive")
                        .putHeader("x-own", "hop")
                        .putHeader("inference-header-content-length", "12")
                        .end(Buffer.buffer("\u001f\u008b as it is"));
            };
            client.send(
                    INFER + "Connection: x-hop, keep-alive\r\nX-Hop: 1\r\nProxy-Authorization: x\r\nTE: gzip\r\n"
                            + "Upgrade: websocket\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                            + "Authorization: Bearer t\r\nAccept-Encoding: gzip\r\nContent-Encoding: gzip\r\n"
                            + "Inference-Header-Content-Length: 2\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 4\r\n\r\n{}..");
            var head = client.until("\r\n\r\n");
            var body = client.until("as it is");
            assertTrue(head.startsWith("HTTP/1.1 200 OK\r\n"), head);
            assertTrue(head.contains("inference-header-content-length: 12\r\n"), head);
            assertTrue(head.contains("content-encoding: gzip\r\n"), head);
            assertFalse(head.contains("x-own") || head.contains("keep-alive"), head);
            assertTrue(body.endsWith("as it is"), "packed bodies are left as they are: " + body);
            var headers = seen.get().request().headers();
            for (var hop :
                    List.of("connection", "x-hop", "proxy-authorization", "te", "upgrade", "transfer-encoding")) {
                assertNull(headers.get(hop), hop);
            }
            assertEquals("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", headers.get("traceparent"));
            assertEquals("Bearer t", headers.get("authorization"));
            assertEquals("gzip", headers.get("content-encoding"));
            assertEquals("2", headers.get("inference-header-content-length"));
            assertEquals("192.0.2.1, 127.0.0.1", headers.get("x-forwarded-for"));
            assertEquals("http", headers.get("x-forwarded-proto"));
            assertEquals("digits.example.org", headers.get("host"));
            assertEquals("digits.example.org", headers.get("x-forwarded-host"));
            assertEquals("4", headers.get("content-length"));
            assertEquals("{}..", seen.get().body().toString());
        }
    }

    @Test
    void whereABodyEndsIsNeverInDoubt() throws Exception {
        try (var site = Site.of(1, Site.file(100, 8, 10_000, null, null), 1 << 20)) {
            int port = site.router.ports().rest();
            var bad = List.of(
                    "Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}..",
                    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    "Content-Length: -1\r\n\r\n",
                    "Content-Length: 4x\r\n\r\n{}..",
                    "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
                    "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                    "Content-Length : 4\r\n\r\n{}..");
            for (var each : bad) {
                try (var client = new RawClient(port)) {
                    // What is smuggled behind it mustn't be taken for a request.
                    client.send(INFER + each + "GET /v2/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
                    var answer = client.rest();
                    // In the midst of a body the connection is closed without words.
                    assertTrue(
                            answer.startsWith("HTTP/1.1 400 ") || each.contains("zz") && answer.isEmpty(),
                            each + answer);
                    assertEquals(answer.indexOf("HTTP/1.1"), answer.lastIndexOf("HTTP/1.1"), each);
                }
            }
            assertEquals(0, site.replicas.getFirst().asked.get());

            try (var client = new RawClient(port)) {
                client.send(INFER + "Content-Length: 101\r\n\r\n");
                var answer = client.rest();
                assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
                assertTrue(
                        answer.endsWith(
                                "{\"error\":\"the request has 101 bytes; the most is 100 (limits.maxRequestBytes)\"}"),
                        answer);
            }
            try (var client = new RawClient(port)) {
                client.send(INFER + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + "x".repeat(64) + "\r\n40\r\n"
                        + "x".repeat(64) + "\r\n");
                assertTrue(client.rest().startsWith("HTTP/1.1 413 "));
            }
            try (var client = new RawClient(port)) {
                client.send(INFER + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
                assertEquals("HTTP/1.1 100 Continue\r\n\r\n", client.until("\r\n\r\n"));
                assertTrue(client.send("{}..").until("{}..").startsWith("HTTP/1.1 200 OK"));
                // The connection goes on.
                client.send(INFER + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1\r\n.\r\n0\r\n\r\n");
                assertTrue(client.until("{}.").startsWith("HTTP/1.1 200 OK"));
                client.send("HEAD /v2 HTTP/1.1\r\nHost: x\r\n\r\n");
                assertTrue(client.until("\r\n\r\n").startsWith("HTTP/1.1 200 OK"));
            }
            try (var http = HttpClient.newHttpClient()) {
                // Java's own client asks for HTTP/2 with its first request's body.
                var answer = http.send(site.infer("x".repeat(99)).build(), BodyHandlers.ofString());
                assertEquals(HttpClient.Version.HTTP_2, answer.version());
                assertEquals("x".repeat(99), answer.body());
            }
            try (var client = new RawClient(port)) {
                client.send("GET /v2 HTTP/1.0\r\n\r\n");
                assertTrue(
                        client.rest().startsWith("HTTP/1.0 200 OK"),
                        "an old client is answered, and its connection closed");
            }
            try (var client = new RawClient(port)) {
                client.send("GET v2 HTTP/1.1\r\nHost: x\r\n\r\n");
                assertTrue(client.until("begin with /\"}").startsWith("HTTP/1.1 400 "));
                client.send("GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n");
                assertTrue(
                        client.until("\r\n\r\n").startsWith("HTTP/1.1 200 OK"),
                        "without a body the connection goes on");
            }
            try (var client = new RawClient(port)) {
                client.send(INFER + "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
                assertTrue(client.rest().startsWith("HTTP/1.1 413 "), "it isn't asked for what is refused");
            }
            site.until(() -> site.router.buffered().taken() == 0
                    && site.router.inFlight().get() == 0);
        }
    }

    @Test
    void bodiesTakeNoMoreMemoryThanThereIsForThem() throws Exception {
        try (var site = Site.of(1, Site.file(1000, 8, 10_000, null, null), 1500)) {
            var held = new AtomicReference<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = held::set;
            var first = CompletableFuture.supplyAsync(() -> {
                try {
                    return site.send(site.infer("x".repeat(1000)));
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            site.until(() -> held.get() != null);
            var second = site.send(site.infer("x".repeat(1000)));
            assertEquals(429, second.statusCode());
            assertEquals("1", second.headers().firstValue("retry-after").orElse(""));
            assertEquals(
                    "{\"error\":\"bodies of requests take 1000 bytes here, of at most 1500; try again\"}",
                    second.body());
            held.get().answer(Buffer.buffer("well"));
            assertEquals("well", first.get(10, TimeUnit.SECONDS).body());
            site.until(() -> site.router.buffered().taken() == 0);
        }
    }

    @Test
    void aSlowClientIsWaitedForAtTheReplicaAndOneThatGoesIsNot() throws Exception {
        try (var site = Site.of(1)) {
            var written = new AtomicLong();
            var closed = new AtomicLong();
            var part = Buffer.buffer(new byte[64 * 1024]);
            site.replicas.getFirst().behaviour = asked -> {
                var response = asked.request().response().setChunked(true);
                response.closeHandler(gone -> closed.incrementAndGet());
                response.exceptionHandler(gone -> {});
                asked.by().vertx().setPeriodic(1, id -> {
                    if (response.closed()) {
                        asked.by().vertx().cancelTimer(id);
                    } else if (!response.writeQueueFull()) {
                        response.write(part);
                        written.addAndGet(part.length());
                    }
                });
            };
            try (var client = new RawClient(site.router.ports().rest())) {
                client.send("GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n");
                // Until the buffers of all sockets in between are full.
                long before;
                do {
                    before = written.get();
                    Thread.sleep(300);
                } while (written.get() > before || before == 0);
                assertTrue(written.get() < 100 << 20, "the router doesn't hoard: " + written.get());
                assertEquals(0, closed.get());
            }
            // It is gone.
            site.until(() -> closed.get() == 1
                    && site.router.inFlight().get() == 0
                    && site.router.replicas().outstanding() == 0);

            var asked = new AtomicReference<FakeReplica.Asked>();
            site.replicas.getFirst().behaviour = each -> {
                each.request().response().closeHandler(gone -> closed.incrementAndGet());
                each.request().response().exceptionHandler(gone -> {});
                asked.set(each);
            };
            try (var client = new RawClient(site.router.ports().rest())) {
                client.send(INFER + "Content-Length: 2\r\n\r\n{}");
                site.until(() -> asked.get() != null);
            }
            site.until(() -> closed.get() == 2 && site.router.inFlight().get() == 0);
            assertEquals(1, site.router.replicas().readyCount(), "that says nothing against the replica");
        }
    }
}
