package dev.capstan.worker.artifact;

import com.jcraft.jzlib.GZIPException;
import com.jcraft.jzlib.JZlib;
import java.util.zip.Deflater;

/**
 * A deflater (RFC 1951) whose bytes are the same on every machine, for zip streams in place of the JVM's own: what that
 * writes depends on the zlib that it was built with, and on the processor where that has code for one, and an artifact
 * is known by a digest over its bytes. JZlib is zlib in Java, and its version is ours to choose.
 *
 * <p>Of {@link Deflater}'s methods it has those that a {@link java.util.zip.ZipOutputStream} calls.
 */
public final class PinnedDeflater extends Deflater {
    private static final byte[] NOTHING = {};

    private com.jcraft.jzlib.Deflater stream = begun();
    private boolean finishing;

    /** At zlib's default level, without zlib's header, as zip files have it. */
    public PinnedDeflater() {
        super(DEFAULT_COMPRESSION, true);
        // The JVM's own has nothing to do.
        super.end();
    }

    private static com.jcraft.jzlib.Deflater begun() {
        try {
            var stream = new com.jcraft.jzlib.Deflater(JZlib.Z_DEFAULT_COMPRESSION, true);
            stream.setInput(NOTHING);
            return stream;
        } catch (GZIPException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void setInput(byte[] values, int offset, int length) {
        stream.setInput(values, offset, length, false);
    }

    @Override
    public boolean needsInput() {
        return stream.avail_in == 0;
    }

    @Override
    public void finish() {
        finishing = true;
    }

    @Override
    public boolean finished() {
        return stream.finished();
    }

    @Override
    public int deflate(byte[] target, int offset, int length) {
        stream.setOutput(target, offset, length);
        int code = stream.deflate(finishing ? JZlib.Z_FINISH : JZlib.Z_NO_FLUSH);
        // Z_BUF_ERROR: there was nothing to do, or no room for more.
        if (code != JZlib.Z_OK && code != JZlib.Z_STREAM_END && code != JZlib.Z_BUF_ERROR) {
            throw new IllegalStateException("can't be deflated: " + stream.msg);
        }
        return length - stream.avail_out;
    }

    @Override
    public long getBytesRead() {
        return stream.total_in;
    }

    @Override
    public long getBytesWritten() {
        return stream.total_out;
    }

    @Override
    public void reset() {
        stream.end();
        stream = begun();
        finishing = false;
    }

    @Override
    public void end() {
        stream.end();
    }
}
