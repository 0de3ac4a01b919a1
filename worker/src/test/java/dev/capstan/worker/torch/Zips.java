package dev.capstan.worker.torch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Archives with something else in them. */
final class Zips {
    private Zips() {}

    /** An archive of empty files. */
    static void write(Path file, String... entries) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (var each : entries) {
                zip.putNextEntry(new ZipEntry(each));
            }
        }
    }

    /** Replaces a piece of the code in a module. */
    static void replace(Path file, String from, String to) throws IOException {
        var other = file.resolveSibling("other");
        try (var in = new ZipFile(file.toFile());
                var out = new ZipOutputStream(Files.newOutputStream(other))) {
            for (var entry : Collections.list(in.entries())) {
                var bytes = in.getInputStream(entry).readAllBytes();
                if (entry.getName().endsWith(".py")) {
                    bytes = new String(bytes, UTF_8).replace(from, to).getBytes(UTF_8);
                }
                var crc = new CRC32();
                crc.update(bytes);
                var stored = new ZipEntry(entry.getName());
                stored.setMethod(ZipEntry.STORED);
                stored.setSize(bytes.length);
                stored.setCrc(crc.getValue());
                out.putNextEntry(stored);
                out.write(bytes);
            }
        }
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
