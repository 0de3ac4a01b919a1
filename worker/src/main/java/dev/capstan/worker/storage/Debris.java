package dev.capstan.worker.storage;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Names under which file systems, desktops and programs leave what is no data, in whatever case. */
public final class Debris {
    /** Of file systems and storage appliances, of desktops, and of programs. */
    private static final Set<String> NAMES = Set.of(
            "lost+found",
            "$recycle.bin",
            "system volume information",
            "@eadir",
            "thumbs.db",
            "ehthumbs.db",
            "desktop.ini",
            "icon\r",
            "__macosx",
            "__pycache__",
            "_success",
            "_metadata",
            "_common_metadata");

    /**
     * All that is hidden, as {@code ._x}, {@code .DS_Store}, {@code .ipynb_checkpoints} and {@code ..data}; what
     * Hadoop, Databricks and EMR note beside files; what Windows notes of a download, as its Linux writes it; copies
     * that editors keep.
     */
    private static final Pattern PATTERN = Pattern.compile(
            "\\..*|.*\\.crc|.*_\\$folder\\$|_(started|committed)_[0-9]+|.*:zone\\.identifier|.*~", Pattern.DOTALL);

    private Debris() {}

    /** Whether a file or folder of that name is none of what people have put there. */
    public static boolean is(Path entry) {
        return is(entry.getFileName().toString());
    }

    /** As {@link #is(Path)}, of a name without its folders. */
    public static boolean is(String name) {
        var lower = name.toLowerCase(Locale.ROOT);
        return NAMES.contains(lower) || PATTERN.matcher(lower).matches();
    }
}
