package dev.capstan.worker.data;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Bytes that are written once, in order, and then read anywhere by any number of threads. They lie in memory until they
 * outgrow their room, then all of them in a file of the scratch folder, which is mapped into memory: what is read often
 * stays in the kernel's cache as far as the pod's memory goes, and an interrupted thread closes no channel under
 * another.
 */
final class Spool implements AutoCloseable {
    private static final int CHUNK = 1 << 20;
    private static final int SMALLEST_CHUNK = 1 << 10;

    private final String name;
    private final Room room;
    private final int chunkSize;
    private final List<byte[]> chunks = new ArrayList<>();
    private byte[] chunk;
    private int filled;
    private long size;
    private Path path;
    private FileChannel channel;
    private MemorySegment mapped;

    /** @param name whose bytes they are, for messages */
    Spool(String name, Room room) {
        this.name = name;
        this.room = room;
        chunkSize = (int) Math.clamp(room.memory(), SMALLEST_CHUNK, CHUNK);
    }

    /** How many bytes were written. */
    long size() {
        return size;
    }

    /** Whether they lie in a file. */
    boolean inFile() {
        return path != null;
    }

    /** @throws Failure WorkerError if the scratch folder takes no more: another node may have more room */
    void write(byte[] bytes, int length) {
        for (int done = 0; done < length; ) {
            if (chunk == null || filled == chunkSize) {
                nextChunk();
            }
            int part = Math.min(length - done, chunkSize - filled);
            System.arraycopy(bytes, done, chunk, filled, part);
            filled += part;
            done += part;
        }
        size += length;
    }

    private void nextChunk() {
        if (channel != null) {
            append(chunk, filled);
        } else if (chunk != null && (chunks.size() + 1L) * chunkSize > room.memory()) {
            open();
            chunks.forEach(each -> append(each, chunkSize));
            chunks.clear();
        } else {
            chunk = new byte[chunkSize];
            chunks.add(chunk);
        }
        filled = 0;
    }

    private void open() {
        path = room.scratch().resolve("samples-" + UUID.randomUUID());
        try {
            channel = FileChannel.open(path, CREATE_NEW, READ, WRITE);
        } catch (IOException e) {
            throw full(e);
        }
    }

    private void append(byte[] bytes, int length) {
        try {
            for (var rest = ByteBuffer.wrap(bytes, 0, length); rest.hasRemaining(); ) {
                channel.write(rest);
            }
        } catch (IOException e) {
            throw full(e);
        }
    }

    private Failure full(IOException e) {
        return new Failure(
                Reason.WorkerError,
                name + " has more samples than the " + (room.memory() >> 10)
                        + " KiB of memory that they may take, and the scratch folder doesn't take them after "
                        + (size >> 10) + " KiB: " + e
                        + "; give the workers a higher memory limit or the nodes more room for ephemeral storage",
                e);
    }

    /** Nothing is written any more; from now on everything may be read. */
    void finish() {
        if (channel == null) {
            return;
        }
        append(chunk, filled);
        chunk = null;
        try {
            // Unmapped when nobody can reach it any more.
            mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
        } catch (IOException e) {
            throw full(e);
        } finally {
            close();
        }
    }

    /** The bytes from the position on. */
    void read(long position, byte[] target, int length) {
        if (mapped != null) {
            MemorySegment.copy(mapped, ValueLayout.JAVA_BYTE, position, target, 0, length);
            return;
        }
        for (int done = 0; done < length; ) {
            int from = (int) ((position + done) % chunkSize);
            int part = Math.min(length - done, chunkSize - from);
            System.arraycopy(chunks.get((int) ((position + done) / chunkSize)), from, target, done, part);
            done += part;
        }
    }

    /**
     * Takes the file's name away, so that nothing is left of it when the process ends; what is mapped stays readable.
     */
    @Override
    public void close() {
        if (channel == null) {
            return;
        }
        try (var closing = channel) {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new Failure(Reason.WorkerError, "scratch file " + path + " can't be closed: " + e, e);
        }
    }
}
