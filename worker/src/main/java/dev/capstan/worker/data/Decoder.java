package dev.capstan.worker.data;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.Gatherers;

/**
 * Decodes image files, several at a time, and gives them in their order: what comes of a folder, and which of its files
 * are faulty, doesn't depend on how many threads there are.
 */
final class Decoder {
    private final Source source;
    private final Shape.Image shape;
    private final int threads;
    private final Semaphore places;

    /** @param threads how many files are decoded at once */
    Decoder(Source source, Shape.Image shape, int threads) {
        this.source = source;
        this.shape = shape;
        this.threads = threads;
        places = new Semaphore(threads);
    }

    /** A file that was decoded, or couldn't be. */
    interface Decoded {
        /**
         * The image's bytes.
         *
         * @throws IOException if its storage doesn't answer
         * @throws Failure what is wrong with it
         */
        byte[] pixels() throws IOException;
    }

    /** All of the files, in their order, for one thread to go through. */
    Iterable<Decoded> each(List<Path> files) {
        return threads == 1
                ? () -> files.stream().<Decoded>map(file -> () -> read(file)).iterator()
                : () -> files.stream()
                        .gather(Gatherers.mapConcurrent(threads, this::decoded))
                        .iterator();
    }

    private byte[] read(Path file) throws IOException {
        return ImageFile.read(source, file, shape);
    }

    private Decoded decoded(Path file) {
        places.acquireUninterruptibly();
        try {
            var pixels = read(file);
            return () -> pixels;
        } catch (IOException e) {
            return () -> {
                throw e;
            };
        } catch (RuntimeException e) {
            return ranOut(e)
                    ? () -> alone(file)
                    : () -> {
                        throw e;
                    };
        } catch (OutOfMemoryError e) {
            return () -> alone(file);
        } finally {
            places.release();
        }
    }

    private static boolean ranOut(RuntimeException thrown) {
        return thrown instanceof Failure failure && failure.reason() == Reason.OutOfMemory;
    }

    /** What doesn't fit into memory beside others may do so by itself. */
    private byte[] alone(Path file) throws IOException {
        places.acquireUninterruptibly(threads);
        try {
            return read(file);
        } finally {
            places.release(threads);
        }
    }
}
