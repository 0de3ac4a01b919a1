package dev.capstan.worker.torch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile.Place;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Outage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The file of a user's TorchScript module. It is looked into before LibTorch opens it: what lies in it is a program, of
 * which LibTorch runs parts while it loads.
 */
final class ScriptFile {
    /** The user's name for it. */
    static final String FIELD = "model.torchScript";

    private static final String HOW = "; save it in Python with torch.jit.script(model).save(\"module.pt\")";

    private static final String CODE = "/code/";

    /** Pickle's first two bytes, by which files of torch.save began before they were archives. */
    private static final int PICKLE = 0x80;

    /** More is no program that somebody wrote. */
    private static final int MOST_CODE = 16 << 20;

    /** LibTorch's operations on files; there are no others. */
    private static final Pattern FILES = Pattern.compile("\\bfrom_file\\b|\\b(?:torch|aten|prim)\\.(?:save|load)\\b");

    /** A library's own: LibTorch's are written as {@code torch.NAME}, or in these two. */
    private static final Pattern FOREIGN = Pattern.compile("\\bops\\.(?!aten\\b|prim\\b)(\\w+)\\.(\\w+)");

    private static final Pattern FOREIGN_CLASS = Pattern.compile("\\b__torch__\\.torch\\.classes\\.([\\w.]+)");

    /** Threads of its own would draw in any order. */
    private static final Pattern FORK = Pattern.compile("\\bfork\\(");

    /** An attribute that is written; of another name than it is read by, a variable is no attribute. */
    private static final Pattern WRITTEN = Pattern.compile("(?m)^\\s+\\(?[\\w.()]+?\\)?\\.(\\w+) = ");

    private final Place place;

    ScriptFile(Place place) {
        this.place = place;
    }

    Path path() {
        return Path.of(place.path());
    }

    /**
     * Finds out whether it is a TorchScript module, and one that computes and does nothing else.
     *
     * @throws Failure InvalidJob if it isn't; StorageUnavailable if its storage fails
     */
    void check() {
        if (!Files.exists(path())) {
            throw invalid("isn't there; name the file that torch.jit.save wrote");
        }
        if (Files.isDirectory(path())) {
            throw invalid("is a folder; name the file in it that torch.jit.save wrote");
        }
        try (var zip = new ZipFile(path().toFile())) {
            check(zip);
        } catch (ZipException e) {
            throw noArchive(e);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private Failure noArchive(ZipException cause) {
        try (var in = Files.newInputStream(path())) {
            int first = in.read();
            if (first == PICKLE) {
                return invalid("is a pickle, as torch.save wrote it long ago, and no TorchScript module" + HOW);
            }
        } catch (IOException e) {
            return unreadable(e);
        }
        return invalid("is no TorchScript module: a whole one is a zip archive, and of this one Java says: "
                + cause.getMessage() + HOW);
    }

    private Failure unreadable(IOException e) {
        return new Failure(Outage.or(Reason.WorkerError, e), FIELD + ": " + place.uri() + " can't be read: " + e, e);
    }

    private void check(ZipFile zip) throws IOException {
        var names = zip.stream().map(entry -> entry.getName()).toList();
        if (names.stream().noneMatch(each -> each.endsWith("/constants.pkl"))) {
            throw invalid(
                    names.stream().anyMatch(each -> each.endsWith("/data.pkl"))
                            ? "was written by torch.save: it has tensors, or a pickled Python object, and no code that"
                                    + " computes without Python" + HOW
                            : names.stream()
                                            .anyMatch(each -> each.endsWith("archive_format")
                                                    || each.endsWith("models/model.json"))
                                    ? "was written by torch.export, whose programs LibTorch can't train" + HOW
                                    : "is a zip archive, and no TorchScript module" + HOW);
        }
        for (var name : names) {
            if (name.contains(CODE) && name.endsWith(".py")) {
                checkCode(text(zip, name));
            }
        }
    }

    private String text(ZipFile zip, String name) throws IOException {
        try (var in = zip.getInputStream(zip.getEntry(name))) {
            var bytes = in.readNBytes(MOST_CODE + 1);
            if (bytes.length > MOST_CODE) {
                throw invalid("has more than " + (MOST_CODE >> 20) + " MiB of code in " + name);
            }
            return new String(bytes, UTF_8);
        }
    }

    private void checkCode(String code) {
        var files = FILES.matcher(code);
        if (files.find()) {
            throw invalid("calls " + files.group() + ", which reads or writes files; a module here only computes");
        }
        var foreign = FOREIGN.matcher(code);
        if (foreign.find()) {
            throw invalid("calls " + foreign.group(1) + "::" + foreign.group(2)
                    + ", an operation that isn't PyTorch's own; this worker has only those");
        }
        var classes = FOREIGN_CLASS.matcher(code);
        if (classes.find()) {
            throw invalid("uses the class torch.classes." + classes.group(1)
                    + ", which isn't PyTorch's own; this worker has only those");
        }
        if (FORK.matcher(code).find()) {
            throw invalid("calls torch.jit.fork; what threads draw at random is another each time, so compute"
                    + " without it");
        }
        var written = WRITTEN.matcher(code);
        if (written.find()) {
            throw invalid("changes its attribute " + written.group(1)
                    + " while it computes, of which checkpoints know nothing; make it a tensor of"
                    + " register_buffer, and change that in place, as with self." + written.group(1) + ".add_(1)");
        }
    }

    /** What is wrong, in a clause that begins with a verb. */
    Failure invalid(String problem) {
        return new Failure(Reason.InvalidJob, FIELD + ": " + place.uri() + " " + problem);
    }

    /** As above, of what LibTorch says. */
    Failure invalid(String problem, RuntimeException e) {
        return new Failure(Reason.InvalidJob, FIELD + ": " + place.uri() + " " + problem + ": " + reason(e), e);
    }

    /** What LibTorch's trace is about. */
    static String reason(RuntimeException e) {
        var message = String.valueOf(e.getMessage());
        var lines = List.of(message.split("\\R"));
        return lines.stream()
                .map(String::strip)
                .filter(each -> each.startsWith("RuntimeError: ") || each.startsWith("Unknown "))
                .reduce((first, second) -> second)
                .map(each -> each.replaceFirst("^RuntimeError: ", ""))
                .orElse(lines.getFirst())
                .strip();
    }
}
