package dev.capstan.worker.storage;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.JobFile.S3;
import dev.capstan.worker.Fixtures;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * An S3 service of its own on the loopback interface: the gateway that {@code e2e/cluster/programs} builds, on a
 * folder.
 */
public final class ObjectServer implements AutoCloseable {
    /** Who may do everything. */
    public static final String ACCESS_KEY_ID = "capstan-test";

    public static final String SECRET_ACCESS_KEY = "a-secret-that-nobody-else-says";
    private static final String PROGRAM = "versitygw";

    private final Path folder;
    private final Path log;
    private final int port;
    private final Process process;

    private ObjectServer(Path folder, int port) throws IOException {
        this.folder = folder;
        this.port = port;
        log = folder.resolve("gateway.log");
        var builder = new ProcessBuilder(
                        program().toString(),
                        "--port",
                        "127.0.0.1:" + port,
                        "--health",
                        "/healthz",
                        "posix",
                        "--sidecar",
                        Files.createDirectories(folder.resolve("attributes")).toString(),
                        Files.createDirectories(folder.resolve("buckets")).toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("ROOT_ACCESS_KEY", ACCESS_KEY_ID);
        builder.environment().put("ROOT_SECRET_KEY", SECRET_ACCESS_KEY);
        process = builder.start();
    }

    /** Starts one, whose objects lie below the folder, and waits until it answers. */
    public static ObjectServer start(Path folder) throws IOException, InterruptedException {
        var server = new ObjectServer(folder, Fixtures.freePorts(1).getFirst());
        var request = HttpRequest.newBuilder(URI.create(server.endpoint() + "/healthz"))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            for (int tries = 0; ; tries++) {
                try {
                    if (client.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                        return server;
                    }
                } catch (IOException e) {
                    if (tries == 600 || !server.process.isAlive()) {
                        server.close();
                        throw new IllegalStateException("no S3 service: " + Files.readString(server.log), e);
                    }
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    private static Path program() {
        var cache = Optional.ofNullable(System.getenv("CAPSTAN_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "capstan"));
        var program = cache.resolve("programs/bin").resolve(PROGRAM);
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException(
                    PROGRAM + " is not in " + program.getParent() + ": run ./capstan test, which builds it");
        }
        return program;
    }

    /** Where it listens. */
    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** A client that may do everything. */
    public S3Client client() {
        return S3Client.builder()
                .region(Region.US_EAST_1)
                .endpointOverride(URI.create(endpoint()))
                .forcePathStyle(true)
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS_KEY_ID, SECRET_ACCESS_KEY)))
                .build();
    }

    /** Uploads all files of a folder, under the prefix. */
    public void upload(Path files, String bucket, String prefix) throws IOException {
        try (var client = client();
                var all = Files.walk(files)) {
            for (var file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
                client.putObject(
                        put -> put.bucket(bucket).key(prefix + files.relativize(file)), RequestBody.fromFile(file));
            }
        }
    }

    /** The file in which the service keeps an object. */
    Path file(String bucket, String key) {
        return folder.resolve("buckets").resolve(bucket).resolve(key);
    }

    /** A place at this service, with a secret's files in a folder of that name. */
    public Place place(String uri, Path secret) {
        return new Place(null, uri, new S3(endpoint(), "us-east-1", secret.toString()));
    }

    /** Writes a secret as a pod mounts it. */
    public static Path secret(Path folder, List<String> keyAndValue) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < keyAndValue.size(); i += 2) {
            Files.writeString(folder.resolve(keyAndValue.get(i)), keyAndValue.get(i + 1));
        }
        return folder;
    }

    /** What it said about its requests. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
