package dev.capstan.worker.ring;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Encrypts what one end of a connection sends, or decrypts what it receives (AES-GCM, NIST SP 800-38D). Messages are
 * numbered, and the number goes into the seal: one that is changed, made up, left out, repeated or moved is noticed.
 * Each connection has a key of its own and messages in one direction only, so no number comes twice with a key.
 *
 * <p>AES-GCM is the fastest of what the JDK has: the compiler makes it AES and carry-less multiply instructions,
 * several times as fast as HMAC-SHA256. To authenticate alone, which is the same with nothing encrypted (GMAC), takes
 * 0.8 of its time: the JDK copies what isn't encrypted twice. It works on arrays; over buffers outside of the heap it
 * is slower.
 */
final class Encryption implements Seal {
    private static final int TAG = 16;
    private static final int IV = 12;

    private final Cipher cipher;
    private final SecretKey key;
    private final int mode;
    private long number;

    /** As long as the longest message so far needs. */
    private byte[] plain = {};

    private byte[] sealed = {};
    /** What sockets take: memory outside of the heap. */
    private ByteBuffer wire = ByteBuffer.allocate(0);

    private Encryption(SecretKey key, int mode) {
        this.key = key;
        this.mode = mode;
        try {
            cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform has AES/GCM", e);
        }
    }

    static Encryption ofSender(SecretKey key) {
        return new Encryption(key, Cipher.ENCRYPT_MODE);
    }

    static Encryption ofReceiver(SecretKey key) {
        return new Encryption(key, Cipher.DECRYPT_MODE);
    }

    @Override
    public int tag() {
        return TAG;
    }

    @Override
    public boolean clear() {
        return false;
    }

    @Override
    public ByteBuffer seal(byte[] header, ByteBuffer payload) {
        int length = payload.remaining();
        makeRoom(length);
        if (wire.capacity() < length + TAG) {
            wire = ByteBuffer.allocateDirect(length + TAG);
        }
        payload.get(payload.position(), plain, 0, length);
        try {
            next(header);
            cipher.doFinal(plain, 0, length, sealed, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a message could not be sealed", e);
        }
        return wire.clear().put(sealed, 0, length + TAG).flip();
    }

    @Override
    public ByteBuffer open(byte[] header, ByteBuffer from) throws IOException {
        int length = from.limit() - TAG;
        makeRoom(length);
        from.get(0, sealed, 0, length + TAG);
        try {
            next(header);
            cipher.doFinal(sealed, 0, length + TAG, plain, 0);
        } catch (AEADBadTagException e) {
            throw new ProtocolException("sent a message whose seal is broken: somebody in between has changed it");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a message could not be opened", e);
        }
        return ByteBuffer.wrap(plain, 0, length);
    }

    private void makeRoom(int length) {
        if (sealed.length < length + TAG) {
            plain = new byte[length];
            sealed = new byte[length + TAG];
        }
    }

    private void next(byte[] header) throws GeneralSecurityException {
        var iv = ByteBuffer.allocate(IV).putLong(IV - Long.BYTES, number++).array();
        cipher.init(mode, key, new GCMParameterSpec(TAG * Byte.SIZE, iv));
        cipher.updateAAD(header);
    }
}
