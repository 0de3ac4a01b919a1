package dev.capstan.worker.storage;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names under which file systems, desktops and programs leave what is no data, in whatever case. */
public final class Debris {
    /**
     * The names, with {@code *} for whatever stands there: all that is hidden, as {@code ._x}, {@code .DS_Store},
     * {@code .ipynb_checkpoints} and {@code ..data}; what file systems, storage appliances and desktops keep; what
     * Hadoop, Databricks and EMR note beside files; what Windows notes of a download, as its Linux writes it; copies
     * that editors keep.
     */
    public static final List<String> NAMES = List.of(
            ".*",
            "lost+found",
            "$RECYCLE.BIN",
            "System Volume Information",
            "@eaDir",
            "Thumbs.db",
            "ehthumbs.db",
            "desktop.ini",
            "Icon\r",
            "__MACOSX",
            "__pycache__",
            "_SUCCESS",
            "_metadata",
            "_common_metadata",
            "_started_<number>",
            "_committed_<number>",
            "*.crc",
            "*_$folder$",
            "*:Zone.Identifier",
            "*~");

    private static final Set<String> WHOLE =
            NAMES.stream().filter(name -> !isPattern(name)).map(Debris::folded).collect(Collectors.toSet());

    private static final Pattern PATTERN = Pattern.compile(
            NAMES.stream()
                    .filter(Debris::isPattern)
                    .map(name ->
                            Pattern.quote(folded(name)).replace("*", "\\E.*\\Q").replace("<number>", "\\E[0-9]+\\Q"))
                    .collect(Collectors.joining("|")),
            Pattern.DOTALL);

    private Debris() {}

    /** Whether a file or folder of that name is none of what people have put there. */
    public static boolean is(Path entry) {
        return is(entry.getFileName().toString());
    }

    /** As {@link #is(Path)}, of a name without its folders. */
    public static boolean is(String name) {
        var folded = folded(name);
        return WHOLE.contains(folded) || PATTERN.matcher(folded).matches();
    }

    private static boolean isPattern(String name) {
        return name.contains("*") || name.contains("<");
    }

    private static String folded(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
