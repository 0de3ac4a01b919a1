package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.ServiceFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The router as a role of the worker. */
class RouteRoleTest {
    @TempDir
    Path folder;

    private Map<String, String> environment(String file) throws IOException {
        var environment = new HashMap<String, String>();
        environment.put(
                "CAPSTAN_SERVICE_FILE",
                Files.writeString(folder.resolve("service.json"), file).toString());
        environment.put(
                "CAPSTAN_TOKEN_FILE",
                Files.writeString(folder.resolve("token"), "s3cret").toString());
        environment.put("CAPSTAN_TERMINATION_MESSAGE", folder.resolve("end").toString());
        environment.put(Contract.GRACE, "20");
        for (var name : List.of("CAPSTAN_REST_PORT", "CAPSTAN_GRPC_PORT", "CAPSTAN_MANAGEMENT_PORT")) {
            try (var free = new ServerSocket(0)) {
                environment.put(name, Integer.toString(free.getLocalPort()));
            }
        }
        return environment;
    }

    private static String file(String token) {
        return Json.write(new ServiceFile(
                ServiceFile.VERSION,
                new ServiceFile.Service("ns", "digits", "uid", 1),
                List.of(),
                new ServiceFile.Batching(1, 0),
                new ServiceFile.Limits(1 << 20, 8, 10_000),
                new ServiceFile.Access(null, token, false),
                "nobody.invalid:8082"));
    }

    /** The exit code is the process's own: so it is one. */
    @Test
    void askedToStopItEndsWell() throws Exception {
        var environment = environment(file(null));
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-javaagent"))
                .toList());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), Contract.ROUTE));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        try (var http = HttpClient.newHttpClient()) {
            while (!ready(http, environment)) {
                assertTrue(process.isAlive(), () -> log());
                Thread.sleep(50);
            }
            assertEquals(200, told(http, environment, 1, "s3cret"));
            // The service's secret is another one by now.
            Files.writeString(folder.resolve("token"), "0ther");
            assertEquals(401, told(http, environment, 2, "s3cret"));
            assertEquals(200, told(http, environment, 2, "0ther"));
            process.destroy();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it ends");
            assertEquals(0, process.exitValue(), () -> log());
            assertEquals(
                    new Outcome(Reason.Succeeded, "asked to stop by SIGTERM; all requests are answered", null),
                    Json.read(Files.readString(folder.resolve("end")), Outcome.class));
        } finally {
            process.destroyForcibly();
        }
    }

    private static boolean ready(HttpClient http, Map<String, String> environment) throws InterruptedException {
        var uri = URI.create("http://127.0.0.1:" + environment.get("CAPSTAN_MANAGEMENT_PORT") + Contract.READY_PATH);
        try {
            return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether it takes replicas from who knows that token. */
    private static int told(HttpClient http, Map<String, String> environment, int version, String token)
            throws IOException, InterruptedException {
        var uri =
                URI.create("http://127.0.0.1:" + environment.get("CAPSTAN_MANAGEMENT_PORT") + Contract.ENDPOINTS_PATH);
        var request = HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + JobKeys.bearer(JobFile.VERSION, token.getBytes(), "uid", 1))
                .PUT(BodyPublishers.ofString(Json.write(new Endpoints(version, List.of(), "nobody"))))
                .build();
        return http.send(request, BodyHandlers.discarding()).statusCode();
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void whatIsWrongWithItsFilesIsSaid() throws Exception {
        assertEquals(
                "the service file " + folder.resolve("service.json")
                        + " is of version 7, this worker reads version 1; use the worker image that belongs to the operator",
                new Main(environment("{\"version\": 7}")).play(Contract.ROUTE).message());
        var missing = new Main(environment(file("/no/token"))).play(Contract.ROUTE);
        assertEquals(Reason.InvalidJob, missing.reason());
        assertTrue(
                missing.message().startsWith("the token of access.token can't be read from /no/token"),
                missing.message());
    }
}
