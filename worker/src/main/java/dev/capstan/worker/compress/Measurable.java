package dev.capstan.worker.compress;

import dev.capstan.worker.model.Answering;
import java.nio.file.Path;

/** A model in a file of the scratch folder, in the form in which it is measured, stored and served. */
public sealed interface Measurable permits Exported, Archived {
    /** What measures call the file, before and after. */
    String name();

    /** Where it lies. */
    Path file();

    /** Its length. */
    long sizeBytes();

    /** The model, ready to be asked. */
    Answering open();
}
