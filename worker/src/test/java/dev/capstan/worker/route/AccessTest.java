package dev.capstan.worker.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.outcome.Failure;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may ask, and by TLS; both may change while the router runs. */
class AccessTest {
    @TempDir
    Path folder;

    private Path token;

    @BeforeEach
    void write() throws IOException {
        token = folder.resolve("token");
        Files.writeString(token, "sesame\n");
        certificate("one");
    }

    private void certificate(String name) throws IOException {
        copy(name + ".crt", "tls.crt");
        copy(name + ".key", "tls.key");
    }

    private void copy(String from, String to) throws IOException {
        try (var file = getClass().getResourceAsStream(from)) {
            Files.copy(file, folder.resolve(to), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Test
    void aKeyOfAnotherCertificateIsRefusedAtOnce() throws Exception {
        copy("two.key", "tls.key");
        var file = Site.file(1000, 8, 10_000, folder.toString(), null);
        var failure = assertThrows(Failure.class, () -> Site.of(1, file, 1500));
        assertTrue(failure.getMessage().contains("tls.key isn't the key of tls.crt"), failure.getMessage());
    }

    @Test
    void theTokenIsWantedForAllButThePage() throws Exception {
        try (var site = Site.of(1, Site.file(1000, 8, 10_000, null, token.toString()), 1500);
                var grpc = new GrpcClient(site.router.ports().grpc())) {
            var refused = site.send(site.infer("{}"));
            assertEquals(401, refused.statusCode());
            assertEquals(
                    "Bearer", refused.headers().firstValue("www-authenticate").orElse(""));
            assertEquals(401, ask(site, "salami"));
            var call = assertThrows(StatusRuntimeException.class, () -> grpc.call("ModelInfer", new byte[1], 10_000));
            assertEquals(Status.Code.UNAUTHENTICATED, call.getStatus().getCode());
            assertEquals(200, site.send(site.rest("/")).statusCode());
            assertEquals(200, site.send(site.rest("/index.html")).statusCode());
            assertEquals(2, site.replicas.getFirst().asked.get());
            assertEquals(200, ask(site, "sesame"));
            Files.writeString(token, "poppy\n");
            while (ask(site, "poppy") != 200) {
                Thread.sleep(20);
            }
            assertEquals(401, ask(site, "sesame"));
        }
    }

    private static int ask(Site site, String sent) throws Exception {
        return site.send(site.infer("{}").header("Authorization", "Bearer " + sent))
                .statusCode();
    }

    @Test
    void byTlsBothVersionsOfHttpAreSpokenAndANewCertificateIsTaken() throws Exception {
        try (var site = Site.of(1, Site.file(1000, 8, 10_000, folder.toString(), null), 1500)) {
            assertEquals(
                    HttpClient.Version.HTTP_1_1,
                    secure(site, "one", HttpClient.Version.HTTP_1_1).version());
            var answer = secure(site, "one", HttpClient.Version.HTTP_2);
            assertEquals(HttpClient.Version.HTTP_2, answer.version());
            assertEquals(200, answer.statusCode());
            assertEquals("127.0.0.11", answer.headers().firstValue("by").orElse(""));
            certificate("two");
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (true) {
                try {
                    secure(site, "two", HttpClient.Version.HTTP_2);
                    break;
                } catch (IOException e) {
                    assertTrue(System.nanoTime() < deadline, e.toString());
                }
            }
            // One that isn't right changes nothing: another's key, or none at all.
            for (var wrong : new String[] {"one", "none"}) {
                if (wrong.equals("none")) {
                    Files.writeString(folder.resolve("tls.crt"), "no certificate");
                } else {
                    copy("one.crt", "tls.crt");
                }
                for (int i = 0; i < 3; i++) {
                    assertEquals(
                            200, secure(site, "two", HttpClient.Version.HTTP_2).statusCode(), wrong);
                    Thread.sleep(150);
                }
            }
        }
    }

    /** Asks on a connection of its own, trusting that certificate alone. */
    private static HttpResponse<String> secure(Site site, String name, HttpClient.Version version) throws Exception {
        var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var file = AccessTest.class.getResourceAsStream(name + ".crt")) {
            trusted.setCertificateEntry(
                    "it", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (var http =
                HttpClient.newBuilder().sslContext(context).version(version).build()) {
            var uri = URI.create("https://127.0.0.1:" + site.router.ports().rest() + "/v2");
            return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        }
    }
}
