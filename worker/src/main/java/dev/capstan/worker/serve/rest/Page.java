package dev.capstan.worker.serve.rest;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** The page by which people ask the model: one file, with its script and style in it. */
final class Page {
    static final Map<String, String> HEADERS = Map.of(
            "Content-Type",
            "text/html; charset=utf-8",
            "Cache-Control",
            "no-cache",
            "X-Content-Type-Options",
            "nosniff",
            "Content-Security-Policy",
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src blob:"
                    + " data:; frame-ancestors 'none'");

    private static final String FILE = "/dev/capstan/worker/serve/ask/index.html";

    private Page() {}

    /** @throws RequestException NOT_FOUND if this worker has none */
    static byte[] read() {
        try (var in = Page.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new RequestException(Kind.NOT_FOUND, "there is no page here; the protocol's paths begin with v2");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
