package dev.capstan.worker.train;

import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.checkpoint.State;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;

/** A state's parts one after the other in a stream, each in blocks, so that none has to be held in memory. */
final class PartStream implements State.Parts {
    private static final int BLOCK = 1 << 16;

    private final DataInputStream source;
    /** Names of the parts that are still to come. */
    private final ArrayDeque<String> names = new ArrayDeque<>();

    PartStream(DataInputStream source) throws IOException {
        this.source = source;
        for (int left = source.readInt(); left > 0; left--) {
            names.add(source.readUTF());
        }
    }

    /** Writes parts, and their names before them. */
    static void write(Map<String, DurableFile.Content> parts, DataOutputStream target) throws IOException {
        target.writeInt(parts.size());
        for (var name : parts.keySet()) {
            target.writeUTF(name);
        }
        for (var part : parts.entrySet()) {
            var blocks = new BufferedOutputStream(new Blocks(target), BLOCK);
            part.getValue().writeTo(blocks);
            blocks.flush();
            target.writeInt(0);
        }
    }

    private static final class Blocks extends OutputStream {
        private final DataOutputStream target;

        private Blocks(DataOutputStream target) {
            this.target = target;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            if (length > 0) {
                target.writeInt(length);
                target.write(bytes, from, length);
            }
        }
    }

    /** The part; those before it are passed over. Whoever closes it passes over what is left of it. */
    @Override
    public Optional<InputStream> open(String name) throws IOException {
        if (!names.contains(name)) {
            return Optional.empty();
        }
        while (!names.remove().equals(name)) {
            new Part().close();
        }
        return Optional.of(new Part());
    }

    private final class Part extends InputStream {
        private int left;
        private boolean ended;

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!more()) {
                return -1;
            }
            int count = source.read(bytes, from, Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the state ends in the middle of a part");
            }
            left -= count;
            return count;
        }

        private boolean more() throws IOException {
            if (left == 0 && !ended) {
                left = source.readInt();
                ended = left == 0;
            }
            return !ended;
        }

        @Override
        public void close() throws IOException {
            while (more()) {
                source.skipNBytes(left);
                left = 0;
            }
        }
    }
}
