package dev.capstan.worker.serve.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Chromium without a window, driven by its DevTools protocol as a person's hands would. */
final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
    private final AtomicInteger last = new AtomicInteger();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final WebSocket socket;

    private Browser(Path folder) throws Exception {
        process = new ProcessBuilder(
                        program(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--no-proxy-server",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("browser.log").toFile())
                .start();
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(page(folder)), new Listener())
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        call("Page.enable", Map.of());
        call("Log.enable", Map.of());
        call("Runtime.enable", Map.of());
    }

    /** @param folder for its profile and its log */
    static Browser start(Path folder) throws Exception {
        return new Browser(folder);
    }

    private static String program() {
        for (var each : List.of("chromium", "chromium-browser", "google-chrome")) {
            for (var folder : System.getenv("PATH").split(":")) {
                if (Files.isExecutable(Path.of(folder, each))) {
                    return each;
                }
            }
        }
        throw new IllegalStateException(
                "no chromium on PATH: run ./capstan test, which installs it, or your package manager");
    }

    private String page(Path folder) throws Exception {
        var port = folder.resolve("profile/DevToolsActivePort");
        await(() -> Files.exists(port) && Files.readAllLines(port).size() > 1);
        var list = HttpRequest.newBuilder(URI.create(
                        "http://127.0.0.1:" + Files.readAllLines(port).getFirst() + "/json/list"))
                .build();
        for (var target :
                JSON.readTree(client.send(list, BodyHandlers.ofString()).body())) {
            if (target.get("type").textValue().equals("page")) {
                return target.get("webSocketDebuggerUrl").textValue();
            }
        }
        throw new IllegalStateException("the browser has no page");
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                take(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private void take(String text) {
        try {
            var message = JSON.readTree(text);
            if (message.has("id")) {
                calls.remove(message.get("id").intValue()).complete(message);
            } else if (message.path("method").asText().equals("Log.entryAdded")) {
                complaints.add(message.at("/params/entry/text").asText());
            } else if (message.path("method").asText().equals("Runtime.exceptionThrown")) {
                complaints.add(message.at("/params/exceptionDetails").toString());
            }
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
        int id = last.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        calls.put(id, answer);
        ObjectNode call = JSON.createObjectNode().put("id", id).put("method", method);
        call.set("params", JSON.valueToTree(parameters));
        socket.sendText(JSON.writeValueAsString(call), true);
        var message = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (message.has("error")) {
            throw new IllegalStateException(method + ": " + message.get("error"));
        }
        return message.get("result");
    }

    void open(String address) throws Exception {
        call("Page.navigate", Map.of("url", address));
        await(() -> evaluate("location.href + document.readyState").equals(address + "complete"));
    }

    /** What an expression is, as a text. */
    String evaluate(String expression) throws Exception {
        var result = call("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
        }
        return result.at("/result/value").asText();
    }

    /** What an element of that id shows; empty if it is hidden. */
    String text(String id) throws Exception {
        return evaluate(
                "document.getElementById('%1$s').checkVisibility() ? document.getElementById('%1$s').innerText : ''"
                        .formatted(id));
    }

    boolean shows(String id) throws Exception {
        return evaluate("document.getElementById('" + id + "').checkVisibility()")
                .equals("true");
    }

    void type(String id, String text) throws Exception {
        evaluate("document.getElementById('" + id + "').focus()");
        call("Input.insertText", Map.of("text", text));
    }

    void press(String selector) throws Exception {
        evaluate("document.querySelector('" + selector + "').click()");
    }

    void choose(String id, Path file) throws Exception {
        int root = call("DOM.getDocument", Map.of()).at("/root/nodeId").intValue();
        int node = call("DOM.querySelector", Map.of("nodeId", root, "selector", "#" + id))
                .get("nodeId")
                .intValue();
        call("DOM.setFileInputFiles", Map.of("nodeId", node, "files", List.of(file.toString())));
    }

    /** Draws a line through points of an element, which count from its corner. */
    void draw(String id, int[]... points) throws Exception {
        evaluate("document.getElementById('" + id + "').scrollIntoView()");
        var box = "document.getElementById('" + id + "').getBoundingClientRect()";
        double left = Double.parseDouble(evaluate(box + ".left"));
        double top = Double.parseDouble(evaluate(box + ".top"));
        for (int i = 0; i < points.length; i++) {
            mouse(i == 0 ? "mousePressed" : "mouseMoved", left + points[i][0], top + points[i][1]);
        }
        mouse("mouseReleased", left + points[points.length - 1][0], top + points[points.length - 1][1]);
    }

    private void mouse(String type, double x, double y) throws Exception {
        call(
                "Input.dispatchMouseEvent",
                Map.of("type", type, "x", x, "y", y, "button", "left", "buttons", 1, "clickCount", 1));
    }

    void width(int pixels) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", pixels, "height", 800, "deviceScaleFactor", 2, "mobile", true));
    }

    /** A picture of the page, as PNG. */
    byte[] picture() throws Exception {
        return call("Page.captureScreenshot", Map.of()).get("data").binaryValue();
    }

    /** What the browser itself has complained of. */
    List<String> complaints() {
        return complaints;
    }

    /** What a person would wait for. */
    interface Condition {
        boolean isMet() throws Exception;
    }

    static void await(Condition condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.isMet()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + PATIENCE);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    @Override
    public void close() throws Exception {
        socket.abort();
        client.close();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
    }
}
