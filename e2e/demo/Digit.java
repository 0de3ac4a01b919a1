import java.awt.image.BufferedImage;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;

/**
 * One of MNIST's digits as people have one: a picture in a file.
 *
 * <p>{@code java Digit.java TEST-FOLDER NUMBER FILE.png} writes the test image of that number, counted from 0, and prints which digit
 * it is.
 */
public final class Digit {
    private static final int HEADER_OF_LABELS = 8;

    private Digit() {}

    public static void main(String[] arguments) throws IOException {
        var folder = Path.of(arguments[0]);
        int number = Integer.parseInt(arguments[1]);
        try (var images = open(folder.resolve("t10k-images-idx3-ubyte.gz"));
                var labels = open(folder.resolve("t10k-labels-idx1-ubyte.gz"))) {
            images.readInt();
            int count = images.readInt();
            int height = images.readInt();
            int width = images.readInt();
            if (number < 0 || number >= count) {
                throw new IllegalArgumentException("no image " + number + ": there are 0 to " + (count - 1));
            }
            images.skipNBytes((long) number * height * width);
            var picture = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
            picture.getRaster().setDataElements(0, 0, width, height, images.readNBytes(height * width));
            ImageIO.write(picture, "png", Path.of(arguments[2]).toFile());
            labels.skipNBytes(HEADER_OF_LABELS + number);
            System.out.println(labels.readUnsignedByte());
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new GZIPInputStream(Files.newInputStream(file)));
    }
}
