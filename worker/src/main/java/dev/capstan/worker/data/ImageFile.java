package dev.capstan.worker.data;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes one image, with the JDK's own decoders: DataVec's loader would bring OpenCV's native libraries, for every
 * node to pull. Of a GIF the first picture counts; transparency is left out of account; what a camera noted of how it
 * was held is followed.
 */
final class ImageFile {
    private static final long LARGEST_FILE = 1L << 28;
    private static final long MOST_PIXELS = 1L << 26;
    private static final int MIB = 1 << 20;
    /** The decoded picture, and the same in standard colours. */
    private static final int BYTES_A_PIXEL = 8;

    /** As ImageIO names them. Of the JDK's other decoders, one takes almost anything for a picture. */
    private static final Set<String> FORMATS = Set.of("png", "jpeg", "bmp", "gif");

    private final BufferedImage image;
    private final Orientation orientation;
    private final boolean grey;
    /** What makes the grey of any depth one of 8 bits. */
    private final float depth;

    private ImageFile(BufferedImage decoded, Orientation orientation) {
        this.orientation = orientation;
        var space = decoded.getColorModel().getColorSpace();
        grey = space.getType() == ColorSpace.TYPE_GRAY;
        depth = 255f / ((1 << decoded.getSampleModel().getSampleSize(0)) - 1);
        image = grey || space.isCS_sRGB() ? decoded : inStandardColours(decoded);
    }

    /**
     * The image's bytes, brought to the shape: channel by channel, row by row. Scaled bilinearly between the centres of
     * pixels, as OpenCV's INTER_LINEAR; grey is the luma of ITU-R BT.601.
     *
     * @throws Failure InvalidData if it is no picture that is read; OutOfMemory if it is too large for the worker
     */
    static byte[] read(Source source, Path file, Shape.Image shape) throws IOException {
        long size = size(file);
        if (size == 0) {
            throw source.invalid(file, "is empty; it must be an image");
        }
        if (size > LARGEST_FILE) {
            throw source.invalid(file, "is larger than the " + LARGEST_FILE / MIB + " MiB that an image may have");
        }
        return read(source, file, bytes(source, file, size), MOST_PIXELS, shape);
    }

    private static long size(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new Unreadable(file, e);
        }
    }

    private static byte[] bytes(Source source, Path file, long size) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (OutOfMemoryError e) {
            throw tooLarge(source.name(file) + " has " + size + " bytes, which need some", size, e);
        } catch (IOException e) {
            throw new Unreadable(file, e);
        }
    }

    /**
     * As {@link #read(Source, Path, Shape.Image)}, of bytes that are here.
     *
     * @param mostPixels that it may have
     */
    static byte[] read(Source source, Path file, byte[] bytes, long mostPixels, Shape.Image shape) {
        var header = ImageHeader.of(bytes);
        if (header.unread() != null) {
            throw source.invalid(file, "is " + header.kind() + ", of a kind that isn't read: " + header.unread());
        }
        try {
            return scaled(source, file, decode(source, file, bytes, mostPixels), header.orientation(), shape);
        } catch (IOException | RuntimeException e) {
            if (e instanceof Failure failure) {
                throw failure;
            }
            // Decoders meet broken files with exceptions of all kinds; reading from memory, they have no other reason.
            var plain = ImageHeader.withoutProfile(bytes);
            if (plain.length < bytes.length) {
                return read(source, file, plain, mostPixels, shape);
            }
            throw source.invalid(
                    file,
                    "is a broken image, or one of a kind that isn't read: "
                            + (header.kind() == null ? "" : header.kind() + "; ") + e.getMessage());
        }
    }

    private static byte[] scaled(
            Source source, Path file, BufferedImage decoded, Orientation orientation, Shape.Image shape) {
        try {
            return new ImageFile(decoded, orientation).scaled(shape);
        } catch (OutOfMemoryError e) {
            throw tooLarge(source, file, decoded.getWidth(), decoded.getHeight(), e);
        }
    }

    private static BufferedImage decode(Source source, Path file, byte[] bytes, long mostPixels) throws IOException {
        try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            var reader = reader(in);
            if (reader == null) {
                throw source.invalid(
                        file,
                        "is no PNG, JPEG, BMP or GIF image, whatever its name says"
                                + Content.of(bytes)
                                        .map("; it looks like "::concat)
                                        .orElse(""));
            }
            try {
                reader.setInput(in, true, true);
                return decode(source, file, reader, mostPixels);
            } finally {
                reader.dispose();
            }
        }
    }

    /** Null if none of those that are wanted reads it. */
    private static ImageReader reader(ImageInputStream in) throws IOException {
        for (var readers = ImageIO.getImageReaders(in); readers.hasNext(); ) {
            var reader = readers.next();
            if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                return reader;
            }
        }
        return null;
    }

    private static BufferedImage decode(Source source, Path file, ImageReader reader, long mostPixels)
            throws IOException {
        long width = reader.getWidth(0);
        long height = reader.getHeight(0);
        if (width < 1 || height < 1 || width * height > mostPixels) {
            throw source.invalid(
                    file, "has " + height + " by " + width + " pixels; an image needs 1 to " + mostPixels + " of them");
        }
        // A picture that is cut off is filled up by some decoders, which only warn of it.
        var warnings = new StringBuilder();
        IIOReadWarningListener listener = (from, warning) -> warnings.append(warning);
        reader.addIIOReadWarningListener(listener);
        BufferedImage decoded;
        try {
            decoded = reader.read(0);
        } catch (OutOfMemoryError | IOException e) {
            // Some decoders wrap whatever they meet.
            if (e instanceof IOException exception && !(e.getCause() instanceof OutOfMemoryError)) {
                throw exception;
            }
            throw tooLarge(source, file, width, height, e);
        }
        if (warnings.toString().toLowerCase(Locale.ROOT).contains("premature end")) {
            throw source.invalid(file, "is a broken image: it ends before its last row");
        }
        return decoded;
    }

    private static Failure tooLarge(Source source, Path file, long width, long height, Throwable e) {
        var what = source.name(file) + " has " + height + " by " + width + " pixels, which need some";
        return tooLarge(what, BYTES_A_PIXEL * width * height, e);
    }

    private static Failure tooLarge(String what, long needed, Throwable e) {
        long heap = Runtime.getRuntime().maxMemory();
        return new Failure(
                Reason.OutOfMemory,
                what + " " + needed / MIB + " MiB while they are read, more than is left of the Java heap's "
                        + heap / MIB + " MiB; scale the picture down, or " + Room.limit(heap + needed),
                e);
    }

    private static BufferedImage inStandardColours(BufferedImage decoded) {
        var standard = new BufferedImage(decoded.getWidth(), decoded.getHeight(), BufferedImage.TYPE_INT_RGB);
        return new ColorConvertOp(null).filter(decoded, standard);
    }

    /** Turning comes last, when the picture is small. */
    private byte[] scaled(Shape.Image shape) {
        int height = orientation.isSideways() ? shape.width() : shape.height();
        int width = orientation.isSideways() ? shape.height() : shape.width();
        var lying = scaled(height, width, shape.channels());
        if (orientation == Orientation.UPRIGHT) {
            return lying;
        }
        var upright = new byte[lying.length];
        int plane = height * width;
        for (int i = 0; i < upright.length; i++) {
            int place = i % plane;
            upright[i] = lying[
                    i
                            - place
                            + orientation.from(
                                    place % shape.width(), place / shape.width(), shape.width(), shape.height())];
        }
        return upright;
    }

    private byte[] scaled(int height, int width, int channels) {
        int plane = height * width;
        var bytes = new byte[plane * channels];
        for (int y = 0; y < height; y++) {
            var rows = new Between(y, height, image.getHeight());
            var upper = row(rows.low, channels);
            var lower = row(rows.high, channels);
            for (int x = 0; x < width; x++) {
                var columns = new Between(x, width, image.getWidth());
                for (int channel = 0; channel < channels; channel++) {
                    float value = rows.mix(columns.mix(upper[channel]), columns.mix(lower[channel]));
                    bytes[channel * plane + y * width + x] = (byte) Math.round(value);
                }
            }
        }
        return bytes;
    }

    /** The two pixels of one dimension between which a scaled pixel's centre lies. */
    private record Between(int low, int high, float share) {
        Between(int place, int size, int sourceSize) {
            float at = Math.clamp((place + 0.5f) * sourceSize / size - 0.5f, 0, sourceSize - 1);
            this((int) at, Math.min((int) at + 1, sourceSize - 1), at - (int) at);
        }

        float mix(float[] values) {
            return mix(values[low], values[high]);
        }

        float mix(float lower, float higher) {
            return lower + share * (higher - lower);
        }
    }

    /** A row of the image, 0 to 255, for each channel. */
    private float[][] row(int y, int channels) {
        int width = image.getWidth();
        var row = new float[channels][width];
        if (grey) {
            // Not getRGB, which takes grey for linear light and brightens it.
            image.getRaster().getSamples(0, y, width, 1, 0, row[0]);
            for (int x = 0; x < width; x++) {
                row[0][x] *= depth;
            }
            for (int channel = 1; channel < channels; channel++) {
                row[channel] = row[0];
            }
            return row;
        }
        var colours = image.getRGB(0, y, width, 1, null, 0, width);
        for (int x = 0; x < width; x++) {
            int red = colours[x] >> 16 & 0xff;
            int green = colours[x] >> 8 & 0xff;
            int blue = colours[x] & 0xff;
            if (channels == 1) {
                row[0][x] = 0.299f * red + 0.587f * green + 0.114f * blue;
            } else {
                row[0][x] = red;
                row[1][x] = green;
                row[2][x] = blue;
            }
        }
        return row;
    }
}
