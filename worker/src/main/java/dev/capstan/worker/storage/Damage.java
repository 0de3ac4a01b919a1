package dev.capstan.worker.storage;

import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.zip.ZipException;

/** Whether a file that couldn't be read is damaged, or its storage failed and may do better another time. */
public final class Damage {
    private static final List<Class<? extends IOException>> SIGNS = List.of(
            ZipException.class,
            EOFException.class,
            UTFDataFormatException.class,
            CharacterCodingException.class,
            NoSuchFileException.class);

    private Damage() {}

    /** ND4J wraps what it met in exceptions of its own; without an {@code IOException} in them, all was read. */
    public static boolean causes(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException io) {
                return SIGNS.stream().anyMatch(sign -> sign.isInstance(io));
            }
        }
        return true;
    }
}
