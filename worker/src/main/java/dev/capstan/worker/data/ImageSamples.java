package dev.capstan.worker.data;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * One image, decoded and brought to the model's size as images are for training. What was written or drawn the other
 * way round is read as its negative: where all training images were grey on one ground, dark or bright, and the edge of
 * this one is the opposite. No image like those trained on is changed by that.
 */
final class ImageSamples implements FileSamples {
    /** 4000 by 4000: decoded, it takes 64 MiB. */
    private static final long MOST_PIXELS = 1L << 24;

    /** Decoded images are the largest thing that a replica holds. */
    private static final Semaphore DECODING = new Semaphore(2, true);

    private static final int MIDDLE = 128;

    private final Shape.Image shape;
    private final Ground ground;

    ImageSamples(Shape.Image shape, Ground ground) {
        this.shape = shape;
        this.ground = shape.channels() == 1 ? ground : Ground.EITHER;
    }

    @Override
    public List<String> mediaTypes() {
        return List.of("image/png", "image/jpeg", "image/bmp", "image/gif");
    }

    @Override
    public List<float[]> read(ByteBuffer file) {
        if (!file.hasRemaining()) {
            throw Source.SENT.invalid(Source.SENT.path(), "is empty; it must be an image");
        }
        var pixels = decoded(FileSamples.bytes(file));
        if (isOtherWayRound(pixels)) {
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) ~pixels[i];
            }
        }
        var numbers = new float[pixels.length];
        Packed.Bytes.fill(pixels, numbers, 0);
        return List.of(numbers);
    }

    private byte[] decoded(byte[] file) {
        DECODING.acquireUninterruptibly();
        try {
            return ImageFile.read(Source.SENT, Source.SENT.path(), file, MOST_PIXELS, shape);
        } finally {
            DECODING.release();
        }
    }

    private boolean isOtherWayRound(byte[] pixels) {
        return switch (ground) {
            case DARK -> edge(pixels) >= MIDDLE;
            case BRIGHT -> edge(pixels) < MIDDLE;
            case EITHER -> false;
        };
    }

    /** Mean of the outermost pixels, 0 to 255. */
    private double edge(byte[] pixels) {
        long sum = 0;
        int count = 0;
        for (int y = 0; y < shape.height(); y++) {
            for (int x = 0; x < shape.width(); x++) {
                if (y == 0 || x == 0 || y == shape.height() - 1 || x == shape.width() - 1) {
                    sum += pixels[y * shape.width() + x] & 0xff;
                    count++;
                }
            }
        }
        return (double) sum / count;
    }
}
