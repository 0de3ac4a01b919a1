package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Dataset.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Folders of tables: each record has its class, and its class's grey or word. */
record RandomTables(RandomFolder folder) {
    /** What a table's columns are, its first file says: a faulty one comes after all others. */
    private static final String LAST = "\u9fa5";

    void write(List<String> classes) throws IOException {
        int files = 1 + folder.random.nextInt(3);
        var records = new ArrayList<String>();
        for (int i = 0; i < files * (classes.size() + folder.random.nextInt(6)); i++) {
            int number = i % classes.size();
            var name = classes.get(number);
            records.add(
                    folder.format == Format.CSV
                            ? (folder.named ? quoted(name) : name) + "," + RandomImages.grey(number) + ","
                                    + RandomImages.grey(number) / 2.0
                            : quoted(name) + ","
                                    + quoted("word" + number + folder.any(List.of("", "!", "\nand more", " \"so\""))));
            folder.counts.merge(name, 1, Integer::sum);
        }
        for (int i = 0; i < files; i++) {
            var part = new ArrayList<String>();
            for (int at = i; at < records.size(); at += files) {
                part.add(records.get(at));
            }
            file(i, part);
        }
        for (int i = folder.chance(40) ? 1 + folder.random.nextInt(2) : 0; i > 0; i--) {
            breakIt(i);
        }
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    private void file(int i, List<String> records) throws IOException {
        var name = folder.any(List.of("a", "\u82f9 ", "A\u0308", "1%")) + i + ".csv";
        boolean packed = folder.chance(30);
        var file = folder.root.resolve(folder.anyCase(packed ? name + ".gz" : name));
        if (folder.chance(30)) {
            Files.createDirectory(file);
            Files.writeString(file.resolve("_SUCCESS"), "");
            Files.writeString(file.resolve(".part-00000.crc"), "\0");
            folder.story.add("as Spark writes it: " + file.getFileName());
            file = file.resolve(folder.any(List.of("part-00000", "part-r-00000.gz", "part-00000-c000.csv")));
        }
        var end = folder.any(List.of("\n", "\r\n"));
        var text = new StringBuilder(folder.any(List.of("", "\uFEFF")));
        for (var record : records) {
            text.append(record).append(end).append(folder.chance(10) ? end : "");
        }
        var bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        Files.write(file, packed ? gzip(bytes) : bytes);
    }

    private void breakIt(int i) throws IOException {
        var file = folder.root.resolve(LAST + i + folder.anyCase(".csv"));
        var record = folder.format == Format.CSV ? "0,1,2\n" : "a,b\n";
        switch (folder.random.nextInt(7)) {
            case 0 -> at(file, folder.rubbish());
            case 1 -> at(file, "1,2,3,4,5\n".getBytes(StandardCharsets.UTF_8));
            case 2 -> at(file, ("\u00e4\u00f6," + record).getBytes(StandardCharsets.ISO_8859_1));
            case 3 -> {
                var packed = gzip(record.repeat(500).getBytes(StandardCharsets.UTF_8));
                at(file, Arrays.copyOf(packed, 2 + folder.random.nextInt(packed.length - 2)));
            }
            case 4 -> folder.brokenLink(file);
            case 5 -> {
                Files.createDirectory(file);
                folder.fault("a folder without parts", file);
            }
            default ->
                at(RandomFolder.latin1(folder.root, "%FF" + i + ".csv"), record.getBytes(StandardCharsets.UTF_8));
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
