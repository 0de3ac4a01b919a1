package dev.capstan.worker.serve.http;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * The certificate and key of {@code access.tls}, which are renewed while the server runs: connections that come later
 * have the new ones. A server of Vert.x 4.5 can be given others, but takes no connection while it changes to them, and
 * none any more if they turn out to be wrong; so it keeps its key manager, and that one's keys change.
 */
public final class Certificates {
    private final Vertx vertx;
    private final Path folder;
    private final RenewedKeys keys;
    private Pair latest;

    private record Pair(Buffer certificate, Buffer key) {}

    /** @throws Failure InvalidJob if they can't be read, or aren't a certificate and its key */
    public Certificates(Vertx vertx, String folder) {
        this.vertx = vertx;
        this.folder = Path.of(folder);
        try {
            latest = read();
            keys = new RenewedKeys(checked(latest));
        } catch (IOException | GeneralSecurityException e) {
            throw new Failure(
                    Reason.InvalidJob,
                    "access.tls needs tls.crt and tls.key, PEM, a certificate and its key; in " + folder + ": " + e,
                    e);
        }
    }

    private Pair read() throws IOException {
        return new Pair(
                Buffer.buffer(Files.readAllBytes(folder.resolve("tls.crt"))),
                Buffer.buffer(Files.readAllBytes(folder.resolve("tls.key"))));
    }

    private X509ExtendedKeyManager checked(Pair pair) throws GeneralSecurityException {
        try {
            var options = new PemKeyCertOptions().setCertValue(pair.certificate).setKeyValue(pair.key);
            for (var each : options.getKeyManagerFactory(vertx).getKeyManagers()) {
                if (each instanceof X509ExtendedKeyManager manager) {
                    check(manager);
                    return manager;
                }
            }
            throw new GeneralSecurityException("no X.509 certificate");
        } catch (GeneralSecurityException e) {
            throw e;
        } catch (Exception e) {
            throw new GeneralSecurityException(e.getMessage(), e);
        }
    }

    /** They are two files: one may be read before the folder is exchanged, and one behind. */
    private static void check(X509ExtendedKeyManager manager) throws GeneralSecurityException {
        for (var type : new String[] {"RSA", "EC", "EdDSA"}) {
            var aliases = manager.getServerAliases(type, null);
            if (aliases != null && aliases.length > 0) {
                var certificate = manager.getCertificateChain(aliases[0])[0];
                if (!belong(manager.getPrivateKey(aliases[0]), certificate.getPublicKey(), type)) {
                    throw new GeneralSecurityException("tls.key isn't the key of tls.crt");
                }
                return;
            }
        }
        throw new GeneralSecurityException("the key is neither RSA nor EC nor EdDSA");
    }

    private static boolean belong(PrivateKey key, PublicKey certified, String type) throws GeneralSecurityException {
        var signature = Signature.getInstance(
                switch (type) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "EdDSA";
                });
        signature.initSign(key);
        var signed = signature.sign();
        signature.initVerify(certified);
        return signature.verify(signed);
    }

    /** As a server takes them, once. */
    public KeyCertOptions options() {
        return KeyCertOptions.wrap(keys);
    }

    /**
     * Takes those that have come since the last look.
     *
     * @return whether there were any
     * @throws IOException if they can't be read
     * @throws GeneralSecurityException if they aren't a certificate and its key
     */
    public synchronized boolean renew() throws IOException, GeneralSecurityException {
        var now = read();
        if (now.equals(latest)) {
            return false;
        }
        keys.take(checked(now));
        latest = now;
        return true;
    }
}
