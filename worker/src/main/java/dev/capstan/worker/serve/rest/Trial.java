package dev.capstan.worker.serve.rest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.capstan.worker.serve.infer.Models.Loaded;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Asks a model over this replica's own port what it has answered already, before any client may: what HTTP, JSON and
 * TLS are made of is loaded by then, and what is hot in it begins to be compiled. The first client would wait for that.
 */
public final class Trial {
    private static final int TIMES = 40;
    /** Less counts: on a slow machine, or of a slow model. */
    private static final long MOST_NANOS = 200_000_000;
    /** Of the inputs, for what is longer takes longer to write than it is worth. */
    private static final long MOST_BYTES = 16 << 10;

    private static final int TIMEOUT_MILLIS = 10_000;
    private static final String LENGTH = "content-length:";

    private final Loaded model;
    private final int port;
    private final String authorization;

    /**
     * @param port of this process, for REST
     * @param authorization header to send; null for none
     */
    public Trial(Loaded model, int port, String authorization) {
        this.model = model;
        this.port = port;
        this.authorization = authorization;
    }

    /**
     * Asks some times.
     *
     * @throws IOException if no answer comes
     * @throws GeneralSecurityException if there is no TLS here
     */
    public void run(boolean tls) throws IOException, GeneralSecurityException {
        var inputs = model.warmup().inputs();
        if (inputs.values().stream().mapToLong(each -> each.data().remaining()).sum() > MOST_BYTES) {
            return;
        }
        var requests = List.of(request(Set.of()), request(inputs.keySet()));
        long end = System.nanoTime() + MOST_NANOS;
        try (var socket = connected(tls)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            var in = new BufferedInputStream(socket.getInputStream());
            for (int time = 0; time < TIMES && System.nanoTime() < end; time++) {
                socket.getOutputStream().write(requests.get(time % requests.size()));
                answer(in);
            }
        }
    }

    private Socket connected(boolean tls) throws IOException, GeneralSecurityException {
        var here = InetAddress.getLoopbackAddress();
        if (!tls) {
            return new Socket(here, port);
        }
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Ourselves()}, null);
        return context.getSocketFactory().createSocket(here, port);
    }

    /** @param binary inputs that follow the JSON as bytes */
    private byte[] request(Set<String> binary) throws IOException {
        var json = InferWriter.request(model.warmup().inputs(), binary);
        var body = new ByteArrayOutputStream();
        body.writeBytes(json);
        model.warmup().inputs().forEach((name, tensor) -> {
            if (binary.contains(name)) {
                var bytes = new byte[tensor.data().remaining()];
                tensor.data().duplicate().get(bytes);
                body.writeBytes(bytes);
            }
        });
        var lines = Stream.of(
                "POST /v2/models/" + model.model().name() + "/infer HTTP/1.1",
                "Host: localhost",
                "Content-Length: " + body.size(),
                binary.isEmpty() ? null : InferBody.JSON_LENGTH + ": " + json.length,
                authorization == null ? null : "Authorization: " + authorization,
                "");
        var request = new ByteArrayOutputStream();
        lines.filter(line -> line != null).forEach(line -> request.writeBytes((line + "\r\n").getBytes(ISO_8859_1)));
        body.writeTo(request);
        return request.toByteArray();
    }

    /** Reads an answer, whatever it says. */
    private static void answer(InputStream in) throws IOException {
        int length = 0;
        for (var line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.startsWith(LENGTH)) {
                length = Integer.parseInt(line.substring(LENGTH.length()).strip());
            }
        }
        in.skipNBytes(length);
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection was closed");
            }
            line.append((char) next);
        }
        return line.toString().strip().toLowerCase(Locale.ROOT);
    }

    /** The port is this process's own: there is nobody else to be told from. */
    private static final class Ourselves implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
