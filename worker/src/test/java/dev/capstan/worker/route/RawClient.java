package dev.capstan.worker.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;

/** A client that sends what no HTTP client would. */
final class RawClient implements AutoCloseable {
    private final Socket socket;

    RawClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(10_000);
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    /** What comes, up to and with this text. */
    String until(String text) throws IOException {
        var came = new ByteArrayOutputStream();
        while (!came.toString(ISO_8859_1).endsWith(text)) {
            int each = socket.getInputStream().read();
            if (each < 0) {
                throw new IOException("closed after: " + came.toString(ISO_8859_1));
            }
            came.write(each);
        }
        return came.toString(ISO_8859_1);
    }

    /** All that comes until the router closes the connection. */
    String rest() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
