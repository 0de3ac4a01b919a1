package dev.capstan.worker.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/** Folders of pictures: each is of one grey, by its class. */
record RandomImages(RandomFolder folder) {
    private static final List<String> FORMATS = List.of("png", "bmp", "gif", "jpg");
    private static final Map<String, byte[]> DRAWN = new TreeMap<>();

    /** The grey of a class's pictures. */
    static int grey(int number) {
        return 40 + 50 * number;
    }

    void write(List<String> classes) throws IOException {
        for (var name : classes) {
            var place = Files.createDirectory(folder.root.resolve(name));
            int count = 1 + folder.random.nextInt(4);
            for (int i = 0; i < count; i++) {
                var format = folder.any(FORMATS);
                var file = place.resolve(
                        folder.any(List.of("a", "\u82f9 ", "A\u0308", "_DSC")) + i + "." + folder.anyCase(format));
                Files.write(file, picture(format, grey(classes.indexOf(name))));
            }
            folder.counts.put(name, count);
        }
        if (folder.chance(20)) {
            Files.writeString(folder.root.resolve("README.md"), "beside the classes");
        }
        for (int i = folder.chance(50) ? 1 + folder.random.nextInt(3) : 0; i > 0; i--) {
            breakIt(folder.root.resolve(folder.any(classes)), i);
        }
    }

    private void breakIt(Path place, int i) throws IOException {
        var file = place.resolve("zz" + i + "." + folder.anyCase(folder.any(FORMATS)));
        switch (folder.random.nextInt(10)) {
            case 0 -> at(file, folder.rubbish());
            case 1 -> at(file, new byte[0]);
            case 2, 3 -> {
                var format = folder.any(FORMATS);
                var whole = large(format);
                // A JPEG's last bytes are its end alone, and a GIF's, too.
                at(file, Arrays.copyOf(whole, whole.length / 4 + folder.random.nextInt(whole.length / 2)));
            }
            case 4 -> folder.brokenLink(file);
            case 5 -> {
                Files.createDirectory(file);
                folder.fault("a folder", file);
            }
            case 6 -> at(place.resolve("notes" + i + ".txt"), new byte[1]);
            case 7 -> at(folder.root.resolve("beside" + i + ".png"), picture("png", 0));
            case 8 -> at(RandomFolder.latin1(place, "%E4" + i + ".png"), picture("png", 0));
            default -> {
                var empty = folder.root.resolve("empty" + i);
                Files.createDirectory(empty);
                folder.fault("empty class", empty);
            }
        }
    }

    private void at(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        folder.fault("broken", file);
    }

    private static byte[] picture(String format, int grey) throws IOException {
        return drawn(format, grey, 4, grey + format);
    }

    /** Large enough that a part of its file is a part of its rows. */
    private static byte[] large(String format) throws IOException {
        return drawn(format, -1, 64, "large " + format);
    }

    private static byte[] drawn(String format, int grey, int side, String name) throws IOException {
        if (!DRAWN.containsKey(name)) {
            var image = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
            for (int i = 0; i < side * side; i++) {
                image.getRaster().setSample(i % side, i / side, 0, grey < 0 ? i * 31 % 251 : grey);
            }
            var out = new ByteArrayOutputStream();
            ImageIO.write(image, format, out);
            DRAWN.put(name, out.toByteArray());
        }
        return DRAWN.get(name);
    }
}
