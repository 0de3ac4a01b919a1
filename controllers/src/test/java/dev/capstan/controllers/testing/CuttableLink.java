package dev.capstan.controllers.testing;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A link to the API server that can be cut, so that requests fail, or deafened, so that they arrive and answers don't.
 */
public final class CuttableLink implements AutoCloseable {
    private final ServerSocket door;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Config config;
    private volatile boolean cut;
    private volatile boolean deaf;

    /** A link whose clients soon notice that it was cut or deafened. */
    public CuttableLink(ApiServer api) throws IOException {
        this(api, Duration.ofSeconds(2), Duration.ofSeconds(1));
    }

    /**
     * @param request how long clients wait for an answer
     * @param connection how long clients wait for a connection
     */
    public CuttableLink(ApiServer api, Duration request, Duration connection) throws IOException {
        config = Config.fromKubeconfig(api.kubeconfig().toFile());
        target = URI.create(config.getMasterUrl()).getPort();
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        config.setMasterUrl("https://127.0.0.1:" + door.getLocalPort() + "/");
        config.setRequestTimeout((int) request.toMillis());
        config.setConnectionTimeout((int) connection.toMillis());
        config.setRequestRetryBackoffLimit(0);
        Thread.ofVirtual().start(this::accept);
    }

    /** A client over this link. */
    public KubernetesClient client() {
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** From now on nothing gets through. */
    public void cut() {
        cut = true;
        hangUp();
    }

    /** From now on requests arrive, and no answer comes back. */
    public void deafen() {
        deaf = true;
    }

    /** All is well again, on new connections. */
    public void mend() {
        cut = false;
        deaf = false;
        hangUp();
    }

    private void hangUp() {
        sockets.forEach(CuttableLink::close);
        sockets.clear();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                var client = door.accept();
                if (cut) {
                    close(client);
                    continue;
                }
                var server = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(client);
                sockets.add(server);
                Thread.ofVirtual().start(() -> copy(client, server, false));
                Thread.ofVirtual().start(() -> copy(server, client, true));
            } catch (IOException e) {
                // The door was closed, or the server is away: the client sees a connection that ends.
            }
        }
    }

    private void copy(Socket from, Socket to, boolean answers) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            var buffer = new byte[16384];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!(answers && deaf)) {
                    out.write(buffer, 0, read);
                    out.flush();
                }
            }
        } catch (IOException e) {
            // One side has hung up; so does the other.
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed, then.
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        hangUp();
    }
}
