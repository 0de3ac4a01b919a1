package dev.capstan.worker.serve.rest;

import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.RequestException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;

/**
 * A file of the page by which people ask the model.
 *
 * @param type its media type
 */
record Page(byte[] bytes, String type) {
    private static final String FOLDER = "/dev/capstan/worker/serve/ask/";
    private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_-]+\\.(html|js|css|svg|png)");

    /** @throws RequestException NOT_FOUND if there is none of that name */
    static Page of(String file) {
        var name = FILE.matcher(file);
        try (var in = name.matches() ? Page.class.getResourceAsStream(FOLDER + file) : null) {
            if (in == null) {
                throw new RequestException(Kind.NOT_FOUND, "there is no such page; the protocol's paths begin with v2");
            }
            return new Page(in.readAllBytes(), type(name.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String type(String ending) {
        return switch (ending) {
            case "html" -> "text/html; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> "image/png";
        };
    }
}
