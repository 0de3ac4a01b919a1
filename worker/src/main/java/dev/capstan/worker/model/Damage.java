package dev.capstan.worker.model;

import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.util.zip.ZipException;

/** Whether a file that couldn't be read is damaged, or its storage failed and may do better another time. */
final class Damage {
    private Damage() {}

    /** ND4J wraps what it met in exceptions of its own; without an {@code IOException} in them, all was read. */
    static boolean causes(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return cause instanceof ZipException
                        || cause instanceof EOFException
                        || cause instanceof UTFDataFormatException;
            }
        }
        return true;
    }
}
