package dev.capstan.worker.serve.ask;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page, in a browser, before a server that says what this test makes it say. */
class PageTest {
    private static final int SIDE = 28;

    @TempDir
    Path folder;

    private record Asked(String path, String type, byte[] body) {}

    private record Reply(int status, String text) {}

    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
    private volatile String token = "right";
    private volatile boolean lists = true;

    @Test
    void aPersonDrawsADigitDropsAFileTypesATextAndIsToldWhatIsWrong() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        var address = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        try (var browser = Browser.start(folder)) {
            browser.open(address);
            askedForAToken(browser);
            aDigit(browser);
            files(browser);
            whatIsWrong(browser);
            onAPhone(browser);
            lists = false;
            token = null;
            browser.open(address);
            textsOfAModelThatIsNamed(browser);
            rows(browser, address);
            assertEquals(
                    List.of(),
                    browser.complaints().stream()
                            // Answers that are refusals are in the browser's log, too.
                            .filter(each -> !each.startsWith("Failed to load resource"))
                            .toList());
            server.stop(0);
            browser.press("#ask-text");
            Browser.await(() -> browser.text("error").startsWith("The service can’t be reached"));
        } finally {
            server.stop(0);
        }
    }

    private static void askedForAToken(Browser browser) throws Exception {
        Browser.await(() -> browser.shows("secured"));
        assertEquals("The service asks for a token.", browser.text("error"));
        browser.type("token", "wrong");
        browser.press("#unlocking button");
        Browser.await(() -> browser.text("error").equals("This token isn’t the service’s."));
        browser.evaluate("document.getElementById('token').value = ''");
        browser.type("token", "right");
        browser.press("#unlocking button");
        Browser.await(() -> browser.shows("drawing"));
        assertFalse(browser.shows("secured"));
        assertEquals("", browser.text("error"));
        assertEquals("digits", browser.text("name"));
        assertTrue(browser.shows("choose") && browser.shows("filing") && !browser.shows("writing"));
    }

    /** Small, in a corner, by the edge: what comes is as MNIST's digits are. */
    private void aDigit(Browser browser) throws Exception {
        browser.press("#ask-drawing");
        Browser.await(() -> browser.text("error").equals("Nothing is drawn yet."));
        answers("{\"name\": \"1\", \"probability\": 0.9}, {\"name\": \"7\", \"probability\": 0.1}");
        browser.draw("canvas", new int[] {20, 20}, new int[] {24, 60}, new int[] {30, 110});
        var sent = sent();
        assertEquals("/v2/models/digits/classify", sent.path());
        assertEquals("image/png", sent.type());
        var digit = ImageIO.read(new ByteArrayInputStream(sent.body()));
        assertEquals(SIDE, digit.getWidth());
        assertEquals(SIDE, digit.getHeight());
        double mass = 0;
        double across = 0;
        double down = 0;
        int first = SIDE;
        int last = 0;
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int ink = digit.getRGB(x, y) & 0xff;
                mass += ink;
                across += ink * (x + 0.5);
                down += ink * (y + 0.5);
                if (ink > 64) {
                    first = Math.min(first, y);
                    last = Math.max(last, y);
                }
            }
        }
        assertEquals(SIDE / 2.0, across / mass, 0.75);
        assertEquals(SIDE / 2.0, down / mass, 0.75);
        assertEquals(20, last - first + 1, 1);
        Browser.await(() -> browser.text("answers").equals("1\t\t90.0 %\n7\t\t10.0 %"));
        assertEquals("0.9", browser.evaluate("document.querySelector('#answers progress').value"));
        browser.press("#clear");
        assertEquals("", browser.text("answers"));
    }

    private void files(Browser browser) throws Exception {
        assertFalse(browser.shows("preview"));
        var small = Files.createFile(folder.resolve("small.png"));
        ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_BYTE_GRAY), "png", small.toFile());
        answers("{\"name\": \"0\", \"probability\": 1}");
        browser.choose("file", small);
        assertArrayEquals(Files.readAllBytes(small), sent().body());
        assertTrue(browser.shows("preview"));
        Browser.await(() -> browser.text("answers").equals("0\t\t100.0 %"));
        var photo = Files.createFile(folder.resolve("photo.png"));
        ImageIO.write(new BufferedImage(5000, 1000, BufferedImage.TYPE_BYTE_GRAY), "png", photo.toFile());
        answers("{\"name\": \"0\", \"probability\": 1}");
        browser.choose("file", photo);
        var sent = ImageIO.read(new ByteArrayInputStream(sent().body()));
        assertEquals(2000, sent.getWidth());
        assertEquals(400, sent.getHeight());
        Browser.await(() -> browser.text("answers").equals("0\t\t100.0 %"));
    }

    private void whatIsWrong(Browser browser) throws Exception {
        var broken = Files.writeString(folder.resolve("broken.png"), "no image");
        replies.add(new Reply(400, "{\"error\": \"the file is <i>no</i> image\"}"));
        browser.choose("file", broken);
        assertEquals("no image", new String(sent().body(), StandardCharsets.UTF_8));
        Browser.await(() -> browser.text("error").equals("the file is <i>no</i> image"));
        assertEquals("", browser.text("answers"));
        Browser.await(() -> !browser.shows("preview"));
        for (var each : List.of(
                new Reply(429, "{\"error\": \"256 requests wait already\"}"),
                new Reply(413, ""),
                new Reply(502, "<html>Bad gateway</html>"),
                new Reply(200, "no JSON"))) {
            replies.add(each);
            browser.press("#ask-drawing");
            browser.draw("canvas", new int[] {50, 50}, new int[] {90, 90});
            sent();
            var expected = switch (each.status()) {
                case 429 -> "256 requests wait already (try again in 7 s)";
                case 413 -> "The file is larger than the service takes.";
                case 502 -> "The service answered with status 502.";
                default -> "The service answered with status 200, and not in JSON.";
            };
            Browser.await(() -> browser.text("error").equals(expected));
            browser.press("#clear");
        }
    }

    private static void onAPhone(Browser browser) throws Exception {
        browser.width(360);
        assertEquals("true", browser.evaluate("document.documentElement.scrollWidth <= 360"));
        assertEquals(
                "true",
                browser.evaluate("[...document.querySelectorAll('button')].filter(each => each.checkVisibility())"
                        + ".every(each => each.getBoundingClientRect().height >= 44)"));
        // Whatever a person uses has a name for those who don't see it.
        assertEquals(
                "true",
                browser.evaluate("[...document.querySelectorAll('input,select,textarea')].every(each =>"
                        + " each.labels.length === 1)"));
    }

    private void textsOfAModelThatIsNamed(Browser browser) throws Exception {
        Browser.await(() -> browser.shows("named"));
        browser.type("typed", "texts");
        browser.press("#naming button");
        Browser.await(() -> browser.shows("writing"));
        assertFalse(browser.shows("drawing"));
        answers("{\"name\": \"<b>good</b>\", \"probability\": 0.75}");
        browser.type("text", "żółw, two");
        browser.press("#ask-text");
        var sent = sent();
        assertEquals("text/plain", sent.type());
        assertEquals("żółw, two", new String(sent.body(), StandardCharsets.UTF_8));
        Browser.await(() -> browser.text("answers").equals("<b>good</b>\t\t75.0 %"));
    }

    private void rows(Browser browser, String address) throws Exception {
        browser.open(address + "?model=rows");
        Browser.await(() -> browser.shows("writing"));
        replies.add(new Reply(
                200,
                "{\"answers\": [{\"classes\": [{\"name\": \"a\", \"probability\": 1}]},"
                        + " {\"classes\": [{\"name\": \"b\", \"probability\": 1}]}]}"));
        browser.type("text", "1,2");
        browser.press("#ask-text");
        assertEquals("text/csv", sent().type());
        Browser.await(() -> browser.text("answers").startsWith("Row 1")
                && browser.text("answers").contains("Row 2"));
        replies.add(new Reply(
                200,
                "{\"answers\": [{\"predictions\": [{\"name\": \"<i>rent\", \"value\": 1234.5677},"
                        + " {\"name\": \"price\", \"value\": \"NaN\"}]}]}"));
        browser.press("#ask-text");
        assertEquals("text/csv", sent().type());
        Browser.await(() -> browser.text("answers").equals("<i>rent\t1234.57\nprice\tNaN"));
    }

    private void answers(String classes) {
        replies.add(new Reply(200, "{\"answers\": [{\"classes\": [" + classes + "]}]}"));
    }

    private Asked sent() throws InterruptedException {
        var sent = asked.poll(30, TimeUnit.SECONDS);
        assertTrue(sent != null, "nothing was asked");
        return sent;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            if (path.equals("/")) {
                try (var page = PageTest.class.getResourceAsStream("index.html")) {
                    exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                    send(exchange, 200, page.readAllBytes());
                }
                return;
            }
            var reply = reply(exchange, path);
            exchange.getResponseHeaders().set("Retry-After", "7");
            send(exchange, reply.status(), reply.text().getBytes(StandardCharsets.UTF_8));
        }
    }

    private Reply reply(HttpExchange exchange, String path) throws IOException {
        var sent = exchange.getRequestHeaders().getFirst("Authorization");
        if (token != null && !("Bearer " + token).equals(sent)) {
            return new Reply(401, "{\"error\": \"unknown\"}");
        }
        return switch (path) {
            case "/v2/repository/index" ->
                lists
                        ? new Reply(200, "[{\"name\": \"digits\"}, {\"name\": \"texts\"}]")
                        : new Reply(403, "{\"error\": \"not allowed\"}");
            case "/v2/models/digits" -> described("image/png\", \"image/jpeg", 784);
            case "/v2/models/texts" -> described("text/plain", 4);
            case "/v2/models/rows" -> described("text/csv", 2);
            default -> {
                asked.add(new Asked(
                        path,
                        exchange.getRequestHeaders().getFirst("Content-Type"),
                        exchange.getRequestBody().readAllBytes()));
                yield replies.remove();
            }
        };
    }

    private static Reply described(String types, int inputs) {
        return new Reply(
                200,
                "{\"versions\": [\"3\"], \"platform\": \"onnx_onnxv1\", \"media_types\": [\"" + types
                        + "\"], \"inputs\": [{\"shape\": [-1, " + inputs + "]}]}");
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }
}
