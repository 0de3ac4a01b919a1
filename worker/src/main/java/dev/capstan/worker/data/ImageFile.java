package dev.capstan.worker.data;

import dev.capstan.worker.outcome.Failure;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes one image, with the JDK's own decoders: DataVec's loader would bring OpenCV's native libraries, for every
 * node to pull. Of a GIF the first picture counts; transparency, and the orientation that a camera noted, are left out
 * of account.
 */
final class ImageFile {
    private static final long LARGEST_FILE = 1L << 28;
    private static final long MOST_PIXELS = 1L << 26;

    private final BufferedImage image;
    private final boolean grey;
    /** What makes the grey of any depth one of 8 bits. */
    private final float depth;

    private ImageFile(BufferedImage decoded) {
        var space = decoded.getColorModel().getColorSpace();
        grey = space.getType() == ColorSpace.TYPE_GRAY;
        depth = 255f / ((1 << decoded.getSampleModel().getSampleSize(0)) - 1);
        image = grey || space.isCS_sRGB() ? decoded : inStandardColours(decoded);
    }

    /**
     * The image's bytes, brought to the shape: channel by channel, row by row. Scaled bilinearly between the centres of
     * pixels, as OpenCV's INTER_LINEAR; grey is the luma of ITU-R BT.601.
     */
    static byte[] read(Source source, Path file, Shape.Image shape) throws IOException {
        long size = Files.size(file);
        if (size == 0) {
            throw source.invalid(file, "is empty; it must be an image");
        }
        if (size > LARGEST_FILE) {
            throw source.invalid(file, "is larger than the " + (LARGEST_FILE >> 20) + " MiB that an image may have");
        }
        return read(source, file, Files.readAllBytes(file), MOST_PIXELS, shape);
    }

    /**
     * As {@link #read(Source, Path, Shape.Image)}, of bytes that are here.
     *
     * @param mostPixels that it may have
     */
    static byte[] read(Source source, Path file, byte[] bytes, long mostPixels, Shape.Image shape) {
        return new ImageFile(decode(source, file, bytes, mostPixels)).scaled(shape);
    }

    private static BufferedImage decode(Source source, Path file, byte[] bytes, long mostPixels) {
        // Decoders meet broken files with exceptions of all kinds; reading from memory, they have no other reason.
        try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            var readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw source.invalid(file, "is no PNG, JPEG, BMP or GIF image, whatever its name says");
            }
            var reader = readers.next();
            try {
                reader.setInput(in, true, true);
                return decode(source, file, reader, mostPixels);
            } finally {
                reader.dispose();
            }
        } catch (Failure e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw source.invalid(
                    file, "is a broken image, or one of a kind that isn't read: " + String.valueOf(e.getMessage()));
        }
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
        var decoded = reader.read(0);
        if (warnings.toString().toLowerCase(Locale.ROOT).contains("premature end")) {
            throw source.invalid(file, "is a broken image: it ends before its last row");
        }
        return decoded;
    }

    private static BufferedImage inStandardColours(BufferedImage decoded) {
        var standard = new BufferedImage(decoded.getWidth(), decoded.getHeight(), BufferedImage.TYPE_INT_RGB);
        return new ColorConvertOp(null).filter(decoded, standard);
    }

    private byte[] scaled(Shape.Image shape) {
        var bytes = new byte[shape.inputs()];
        int plane = shape.height() * shape.width();
        for (int y = 0; y < shape.height(); y++) {
            var rows = new Between(y, shape.height(), image.getHeight());
            var upper = row(rows.low, shape.channels());
            var lower = row(rows.high, shape.channels());
            for (int x = 0; x < shape.width(); x++) {
                var columns = new Between(x, shape.width(), image.getWidth());
                for (int channel = 0; channel < shape.channels(); channel++) {
                    float value = rows.mix(columns.mix(upper[channel]), columns.mix(lower[channel]));
                    bytes[channel * plane + y * shape.width() + x] = (byte) Math.round(value);
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
