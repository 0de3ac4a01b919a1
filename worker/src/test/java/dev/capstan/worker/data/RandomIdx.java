package dev.capstan.worker.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Pairs of files as MNIST has them; each picture is of one grey, by its class. */
record RandomIdx(RandomFolder folder) {
    private static final int SIDE = 3;

    void write(List<String> classes) throws IOException {
        int count = classes.size() + folder.random.nextInt(20);
        var labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
        var images = ByteBuffer.allocate(16 + count * SIDE * SIDE)
                .putInt(0x803)
                .putInt(count)
                .putInt(SIDE)
                .putInt(SIDE);
        for (int i = 0; i < count; i++) {
            int label = i % classes.size();
            labels.put((byte) label);
            for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
                images.put((byte) RandomImages.grey(label));
            }
            folder.counts.merge(String.valueOf(label), 1, Integer::sum);
        }
        var prefix = folder.any(List.of("train-", "", "\u82f9-", "A\u0308 "));
        file(prefix + "labels", 1, labels.array());
        file(prefix + "images", 3, images.array());
    }

    private void file(String start, int dimensions, byte[] content) throws IOException {
        var name =
                start + folder.any(List.of("-", ".")) + "idx" + dimensions + "-ubyte" + folder.any(List.of("", ".gz"));
        name = folder.chance(20) ? name.toUpperCase(java.util.Locale.ROOT) : name;
        var place = folder.root;
        if (folder.chance(30)) {
            place = Files.createDirectory(place.resolve(name));
            folder.story.add("in a folder: " + name);
        }
        var file = place.resolve(name);
        boolean packed = name.toLowerCase(java.util.Locale.ROOT).endsWith(".gz") != folder.chance(10);
        if (folder.chance(25)) {
            breakIt(file, packed ? gzip(content) : content);
        } else {
            Files.write(file, packed ? gzip(content) : content);
        }
    }

    private void breakIt(Path file, byte[] content) throws IOException {
        switch (folder.random.nextInt(7)) {
            case 0 -> at(file, folder.rubbish());
            case 1 -> at(file, new byte[0]);
            case 2 -> at(file, Arrays.copyOf(content, 1 + folder.random.nextInt(content.length - 1)));
            // What follows a gzip file's end is nobody's business.
            case 3 -> at(file, content[0] != 0 ? new byte[0] : Arrays.copyOf(content, content.length + 1));
            case 4 -> folder.brokenLink(file);
            case 5 -> {
                // One too many, or none.
                if (folder.chance(50)) {
                    Files.write(file, content);
                    Files.write(file.resolveSibling("x" + file.getFileName()), content);
                }
                folder.fault("not one", file.getParent());
            }
            default -> {
                Files.createDirectory(file);
                folder.fault("a folder", file);
            }
        }
    }

    private void at(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        folder.fault("broken", file);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(content);
        }
        return out.toByteArray();
    }
}
