package dev.capstan.worker.data;

import dev.capstan.worker.storage.Debris;
import dev.capstan.worker.storage.FileName;
import dev.capstan.worker.storage.Volume;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** Files of a dataset as people's tools leave them: what is no data is read over, what is gzipped is unpacked. */
final class DataFiles {
    private static final int BUFFER = 1 << 16;
    private static final int GZIP = 0x1f8b;
    private static final Pattern TABLE = Pattern.compile(".*\\.csv(\\.gz)?", Pattern.DOTALL);
    /** As Spark and Hadoop write one: a folder that has the file's name, and its parts in it. */
    private static final Pattern PARTITION = Pattern.compile("[^=/]+=.*", Pattern.DOTALL);

    private static final Pattern PART = Pattern.compile("part-[^.]*(\\.gz)?|" + TABLE, Pattern.DOTALL);

    private DataFiles() {}

    /** What lies in a folder, but for {@link Debris}, in the order of the names' bytes. */
    static List<Path> in(Path folder) throws IOException {
        try {
            return Volume.list(folder, "*").stream()
                    .filter(entry -> !Debris.is(entry))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new Unreadable(folder, e);
        }
    }

    /**
     * The files of a table: the one that the source names, or all {@code *.csv}, gzipped or not, of the folder that it
     * names, in the order of their names. A folder {@code *.csv} stands for its parts.
     *
     * @param faults takes what has a table's name and is none
     * @throws dev.capstan.worker.outcome.Failure InvalidData if there is none
     */
    static List<Path> tables(Source source, Faults faults) throws IOException {
        if (!isFolder(source, source.path())) {
            return List.of(source.path());
        }
        boolean written = isTable(source);
        var found = new ArrayList<Path>();
        for (var entry : in(source.path())) {
            if ((written ? PART : TABLE).matcher(lowerName(entry)).matches()) {
                faults.look(
                        () -> found.addAll(isFolder(source, entry) ? parts(source, entry, faults) : List.of(entry)));
            }
        }
        if (found.isEmpty()) {
            faults.check();
            throw source.invalid(
                    source.path(), "has no file *.csv" + instead(source.path()) + partitioned(source.path()));
        }
        return found;
    }

    /** By its URI, for what is fetched lies under another name. */
    private static boolean isTable(Source source) {
        var uri = source.uri() == null ? source.path().toString() : source.uri();
        return TABLE.matcher(uri.toLowerCase(Locale.ROOT).replaceAll("/+$", "")).matches();
    }

    private static List<Path> parts(Source source, Path folder, Faults faults) throws IOException {
        var found = in(folder).stream()
                .filter(entry -> PART.matcher(lowerName(entry)).matches())
                .toList();
        if (found.isEmpty()) {
            throw source.invalid(folder, "is a folder, and has no file part-* or *.csv" + instead(folder));
        }
        var parts = new ArrayList<Path>();
        for (var entry : found) {
            faults.look(() -> {
                if (isFolder(source, entry)) {
                    throw source.invalid(entry, "is a folder; the parts of a table must be files");
                }
                parts.add(entry);
            });
        }
        return parts;
    }

    /** What to do about a table that was written in a folder for each value of a column, which is in no file then. */
    private static String partitioned(Path folder) throws IOException {
        var there = in(folder);
        return !there.isEmpty()
                        && there.stream()
                                .allMatch(each -> PARTITION
                                        .matcher(each.getFileName().toString())
                                        .matches())
                ? "; a column that is in the folders' names alone, as Spark's partitionBy writes it, isn't read: write it into"
                        + " the files, and all of them into one folder"
                : "";
    }

    /** What lies in a folder in the place of what is looked for, for messages. */
    static String instead(Path folder) throws IOException {
        var there = in(folder);
        return there.isEmpty()
                ? "; it is empty"
                : "; in it "
                        + (there.size() == 1 ? "is " : "are ")
                        + Classes.list(there.stream()
                                .map(each -> FileName.shown(each.getFileName()))
                                .toList());
    }

    /**
     * Whether it is a folder, and not a file.
     *
     * @throws NoSuchFileException if there is nothing of that name
     * @throws dev.capstan.worker.outcome.Failure InvalidData if its name can't be told, or it is a link that leads
     *     nowhere
     */
    static boolean isFolder(Source source, Path entry) throws IOException {
        var problem = FileName.problem(entry);
        if (problem.isPresent()) {
            throw source.invalid(entry, problem.get());
        }
        try {
            if (Volume.isFolder(entry)) {
                return true;
            }
            if (Volume.exists(entry)) {
                return false;
            }
            if (Files.isSymbolicLink(entry)) {
                throw source.invalid(
                        entry, "is a link to " + FileName.shown(Files.readSymbolicLink(entry)) + ", which isn't there");
            }
        } catch (IOException e) {
            throw new Unreadable(entry, e);
        }
        throw new NoSuchFileException(entry.toString());
    }

    /** Opens a file; gzip is unpacked, whatever the name says. What fails from now on names the file. */
    static InputStream open(Path file) throws IOException {
        InputStream raw = null;
        try {
            raw = Files.newInputStream(file);
            var start = new BufferedInputStream(raw, BUFFER);
            start.mark(2);
            boolean gzip = (start.read() << 8 | start.read()) == GZIP;
            start.reset();
            return new Named(file, gzip ? new BufferedInputStream(new GZIPInputStream(start, BUFFER), BUFFER) : start);
        } catch (IOException e) {
            if (raw != null) {
                raw.close();
            }
            throw new Unreadable(file, e);
        }
    }

    static String lowerName(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT);
    }

    private static final class Named extends FilterInputStream {
        private final Path file;

        Named(Path file, InputStream in) {
            super(in);
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (IOException e) {
                throw new Unreadable(file, e);
            }
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            try {
                return super.read(target, offset, length);
            } catch (IOException e) {
                throw new Unreadable(file, e);
            }
        }
    }
}
