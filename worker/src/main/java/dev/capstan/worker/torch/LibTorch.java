package dev.capstan.worker.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/** The library, which is loaded only where it computes: its natives take seconds to load, and memory. */
public final class LibTorch {
    private static final String NAME = "libtorch";
    private static boolean loaded;

    private LibTorch() {}

    /** Its name and version; it isn't loaded for that. */
    public static String version() {
        try (var in = LibTorch.class.getResourceAsStream("/dev/capstan/worker/versions.properties")) {
            var versions = new Properties();
            versions.load(in);
            return NAME + " " + versions.getProperty(NAME);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Loads it, once.
     *
     * @param threads that compute; the same on every worker, since sums depend on it
     */
    static synchronized void load(int threads) {
        if (!loaded) {
            Loader.load(torch.class);
            Freed.keep();
            loaded = true;
        }
        torch.set_num_threads(threads);
    }
}
