package dev.capstan.worker.serve.rest;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** What a path asks for. */
sealed interface RestPath {
    record ServerLive() implements RestPath {}

    record ServerReady() implements RestPath {}

    record ServerMetadata() implements RestPath {}

    /** @param version null if the path names none; so in those that follow */
    record ModelMetadata(String model, String version) implements RestPath {}

    record ModelReady(String model, String version) implements RestPath {}

    record Infer(String model, String version) implements RestPath {}

    record Classify(String model, String version) implements RestPath {}

    record Index() implements RestPath {}

    record Load(String model) implements RestPath {}

    record Unload(String model) implements RestPath {}

    record Page() implements RestPath {}

    record Unknown() implements RestPath {}

    /** Where the page is, besides the root. */
    String PAGE = "/index.html";

    /** @param path as the client sent it, without the query */
    static RestPath of(String path) {
        if (path.equals("/") || path.equals(PAGE)) {
            return new Page();
        }
        try {
            return of(Arrays.stream(path.split("/"))
                    .skip(1)
                    // A plus is one: this is a path, not a form.
                    .map(each -> URLDecoder.decode(each.replace("+", "%2B"), StandardCharsets.UTF_8))
                    .toList());
        } catch (IllegalArgumentException e) {
            return new Unknown();
        }
    }

    private static RestPath of(List<String> parts) {
        if (parts.isEmpty() || !parts.getFirst().equals("v2")) {
            return new Unknown();
        }
        return switch (parts.size()) {
            case 1 -> new ServerMetadata();
            case 2 -> new Unknown();
            default ->
                switch (parts.get(1)) {
                    case "health" -> health(parts);
                    case "models" -> model(parts);
                    case "repository" -> repository(parts);
                    default -> new Unknown();
                };
        };
    }

    private static RestPath health(List<String> parts) {
        return switch (String.join("/", parts)) {
            case "v2/health/live" -> new ServerLive();
            case "v2/health/ready" -> new ServerReady();
            default -> new Unknown();
        };
    }

    private static RestPath model(List<String> parts) {
        var model = parts.get(2);
        boolean versioned = parts.size() > 4 && parts.get(3).equals("versions");
        var version = versioned ? parts.get(4) : null;
        var rest = parts.subList(versioned ? 5 : 3, parts.size());
        if (rest.isEmpty()) {
            return new ModelMetadata(model, version);
        }
        return rest.size() > 1
                ? new Unknown()
                : switch (rest.getFirst()) {
                    case "ready" -> new ModelReady(model, version);
                    case "infer" -> new Infer(model, version);
                    case "classify" -> new Classify(model, version);
                    default -> new Unknown();
                };
    }

    private static RestPath repository(List<String> parts) {
        if (parts.size() == 3 && parts.get(2).equals("index")) {
            return new Index();
        }
        if (parts.size() == 5 && parts.get(2).equals("models")) {
            return switch (parts.get(4)) {
                case "load" -> new Load(parts.get(3));
                case "unload" -> new Unload(parts.get(3));
                default -> new Unknown();
            };
        }
        return new Unknown();
    }
}
