package dev.capstan.worker.ring;

import dev.capstan.protocol.Wire;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Both ends of a new connection prove that they know the attempt's key, without sending it: each answers the other's
 * random challenge with an HMAC-SHA256 (RFC 2104) over job, term, ranks and both challenges. From the challenges comes
 * the key of what is sent afterwards.
 *
 * <pre>
 *   dialler  hello: magic, from, to, size, term, challenge
 *   listener challenge, proof
 *   dialler  proof
 *   listener welcome
 * </pre>
 *
 * The proofs of the two ends differ by a word, so that neither can be sent back as the other's.
 */
final class Handshake {
    /** How often who waits for the other end's words looks round. */
    private static final int LOOK_MILLIS = 200;

    /** For all of it. */
    static final Duration TIME = Duration.ofSeconds(10);

    private static final long MAGIC = 0x4341505354414e32L;
    private static final int CHALLENGE = 32;
    private static final int PROOF = 32;
    /** AES with 128 bits. */
    private static final int CONNECTION_KEY = 16;

    private static final int HELLO = Long.BYTES + 4 * Integer.BYTES + CHALLENGE;
    private static final byte WELCOME = 6;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Membership membership;
    private final Socket socket;
    private final Runnable look;
    private final long deadline = System.nanoTime() + TIME.toNanos();

    Handshake(Membership membership, Socket socket) {
        this(membership, socket, () -> {});
    }

    /**
     * @param look called again and again while the other end says nothing, as one does that is frozen; what it throws
     *     ends the handshake
     */
    Handshake(Membership membership, Socket socket, Runnable look) {
        this.membership = membership;
        this.socket = socket;
        this.look = look;
    }

    /**
     * The side that dialled the next rank.
     *
     * @return the key of this connection alone
     * @throws IOException if the other end isn't that rank, or doesn't want us
     */
    SecretKey dial() throws IOException {
        int from = membership.rank();
        int to = membership.next().rank();
        var mine = challenge();
        var hello = new ByteArrayOutputStream();
        var fields = new DataOutputStream(hello);
        fields.writeLong(MAGIC);
        fields.writeInt(from);
        fields.writeInt(to);
        fields.writeInt(membership.size());
        fields.writeInt(membership.term());
        fields.write(mine);
        send(hello.toByteArray());

        var theirs = receive(CHALLENGE);
        if (!MessageDigest.isEqual(receive(PROOF), proof("listener", from, to, mine, theirs))) {
            throw new IOException("it doesn't know this attempt's key, or sends otherwise than this attempt does");
        }
        send(proof("dialler", from, to, mine, theirs));
        if (receive(1)[0] != WELCOME) {
            throw new IOException("it sent no welcome");
        }
        return connectionKey(from, to, mine, theirs);
    }

    /**
     * The side that the previous rank dialled.
     *
     * @return the key of this connection alone
     * @throws IOException if the other end isn't that rank
     */
    SecretKey receive() throws IOException {
        var hello = new DataInputStream(new ByteArrayInputStream(receive(HELLO)));
        if (hello.readLong() != MAGIC) {
            throw new IOException("it is no worker");
        }
        int from = hello.readInt();
        int to = hello.readInt();
        int size = hello.readInt();
        int term = hello.readInt();
        if (term != membership.term()) {
            throw new IOException("it is of term " + term + ", this is term " + membership.term());
        }
        if (from != membership.previous().rank() || to != membership.rank() || size != membership.size()) {
            throw new IOException("it is rank " + from + " of " + size + " and dialled rank " + to + ", this is rank "
                    + membership.rank() + " of " + membership.size());
        }
        var theirs = hello.readNBytes(CHALLENGE);
        var mine = challenge();
        send(mine);
        send(proof("listener", from, to, theirs, mine));
        if (!MessageDigest.isEqual(receive(PROOF), proof("dialler", from, to, theirs, mine))) {
            throw new IOException("it doesn't know this attempt's key, or sends otherwise than this attempt does");
        }
        send(new byte[] {WELCOME});
        return connectionKey(from, to, theirs, mine);
    }

    private static byte[] challenge() {
        var bytes = new byte[CHALLENGE];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    private byte[] proof(String who, int from, int to, byte[] ofDialler, byte[] ofListener) throws IOException {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(membership.key().getEncoded(), "HmacSHA256"));
            return mac.doFinal(transcript(who, from, to, ofDialler, ofListener));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform has HmacSHA256", e);
        }
    }

    private SecretKey connectionKey(int from, int to, byte[] ofDialler, byte[] ofListener) throws IOException {
        var info = transcript("frames", from, to, ofDialler, ofListener);
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey("AES", HKDFParameterSpec.expandOnly(membership.key(), info, CONNECTION_KEY));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform since 25 has HKDF-SHA256", e);
        }
    }

    private byte[] transcript(String purpose, int from, int to, byte[] ofDialler, byte[] ofListener)
            throws IOException {
        var bytes = new ByteArrayOutputStream();
        var fields = new DataOutputStream(bytes);
        fields.writeUTF("capstan ring 2 " + purpose + wire());
        fields.writeUTF(membership.jobUid());
        fields.writeInt(membership.term());
        fields.writeInt(membership.size());
        fields.writeInt(from);
        fields.writeInt(to);
        fields.write(ofDialler);
        fields.write(ofListener);
        return bytes.toByteArray();
    }

    /** Nothing where peers send as they always did. */
    private String wire() {
        var plain = membership.wire().protection() == Wire.Frames.PLAIN ? " plain" : "";
        return membership.wire().rounds() ? plain + " bf16" : plain;
    }

    private void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Reads that many bytes before the deadline, also from a peer that sends them one by one. */
    private byte[] receive(int length) throws IOException {
        var bytes = new byte[length];
        for (int have = 0; have < length; ) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new IOException("it took longer than " + TIME.toSeconds() + " s to say who it is");
            }
            socket.setSoTimeout((int) Math.min(left, LOOK_MILLIS));
            try {
                int count = socket.getInputStream().read(bytes, have, length - have);
                if (count < 0) {
                    throw new EOFException("it closed the connection before it said who it is");
                }
                have += count;
            } catch (SocketTimeoutException e) {
                look.run();
            }
        }
        return bytes;
    }
}
