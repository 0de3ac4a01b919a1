package dev.capstan.worker.artifact;

import java.io.OutputStream;
import java.util.zip.CRC32;

/**
 * Keeps the length and the checksum of what is written into it. {@code DataOutputStream} counts no further than 2 GiB.
 */
final class Gauge extends OutputStream {
    private final CRC32 crc = new CRC32();
    private long bytes;

    @Override
    public void write(int value) {
        crc.update(value);
        bytes++;
    }

    @Override
    public void write(byte[] values, int offset, int length) {
        crc.update(values, offset, length);
        bytes += length;
    }

    long bytes() {
        return bytes;
    }

    long crc() {
        return crc.getValue();
    }
}
