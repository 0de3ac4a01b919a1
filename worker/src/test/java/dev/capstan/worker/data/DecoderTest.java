package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.worker.outcome.Failure;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecoderTest {
    private static final int FILES = 40;
    private static final int BROKEN = 17;

    @TempDir
    Path folder;

    /** The first ones are large and take long, so later ones are done before them. */
    @Test
    void filesComeInTheirOrderHoweverManyThreadsDecode() throws Exception {
        var files = files();
        var source = new Source("data.train", folder, null);
        for (int threads : new int[] {1, 3}) {
            var decoded = new Decoder(source, new Shape.Image(1, 1, 1), threads)
                    .each(files)
                    .iterator();
            for (int i = 0; i < FILES; i++) {
                var image = decoded.next();
                if (i == BROKEN) {
                    var e = assertThrows(Failure.class, image::pixels);
                    assertTrue(e.getMessage().contains(BROKEN + ".png is no PNG"), e.getMessage());
                } else {
                    assertArrayEquals(new byte[] {(byte) i}, image.pixels(), threads + " threads, file " + i);
                }
            }
            assertFalse(decoded.hasNext());
        }
    }

    /** A file that is gone is told where its turn is, and by nobody else. */
    @Test
    void storageThatDoesNotAnswerIsToldInTurn() throws Exception {
        var files = files().subList(0, 3);
        Files.delete(files.get(1));
        var decoded = new ArrayList<Decoder.Decoded>();
        new Decoder(new Source("data.train", folder, null), new Shape.Image(1, 1, 1), 2)
                .each(files)
                .forEach(decoded::add);
        assertEquals(1, decoded.get(0).pixels().length);
        assertThrows(IOException.class, () -> decoded.get(1).pixels());
        assertEquals(1, decoded.get(2).pixels().length);
    }

    private List<Path> files() throws IOException {
        var files = new ArrayList<Path>();
        for (int i = 0; i < FILES; i++) {
            var file = folder.resolve(i + ".png");
            files.add(file);
            if (i == BROKEN) {
                Files.writeString(file, "no picture");
                continue;
            }
            int size = i < 3 ? 1000 : 2;
            var image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
            for (int place = 0; place < size * size; place++) {
                image.getRaster().setSample(place % size, place / size, 0, i);
            }
            ImageIO.write(image, "png", file.toFile());
        }
        return files;
    }
}
