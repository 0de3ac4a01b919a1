package dev.capstan.worker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.JobFile.S3;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;

/**
 * Gives the answers that it was told, one after the other: those that no service here gives when a test wants it to.
 */
final class ScriptedService implements AutoCloseable {
    private final HttpServer server;
    private final Queue<Answer> answers;
    private final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());

    /**
     * @param body XML, or empty
     * @param tag the header {@code ETag}; null for none
     */
    record Answer(int status, String body, String tag) {
        static Answer of(int status, String body) {
            return new Answer(status, body, null);
        }

        static Answer error(int status, String code, String message) {
            return of(status, "<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>");
        }
    }

    /**
     * @param line method and path, with the query
     * @param headers by their names in lower case
     */
    record Asked(String line, TreeMap<String, String> headers) {}

    ScriptedService(Answer... answers) throws IOException {
        this.answers = new ArrayDeque<>(List.of(answers));
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            var headers = new TreeMap<String, String>();
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(), values.getFirst()));
            asked.add(new Asked(exchange.getRequestMethod() + " " + exchange.getRequestURI(), headers));
            var answer = this.answers.size() > 1 ? this.answers.remove() : this.answers.peek();
            var body = answer.body().getBytes(UTF_8);
            if (answer.tag() != null) {
                exchange.getResponseHeaders().add("ETag", '"' + answer.tag() + '"');
            }
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    S3 reachedWith(Path secret) {
        return new S3(endpoint(), "us-east-1", secret.toString());
    }

    /** What it was asked so far. */
    List<Asked> asked() {
        return List.copyOf(asked);
    }

    List<String> lines() {
        return asked().stream().map(Asked::line).toList();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
