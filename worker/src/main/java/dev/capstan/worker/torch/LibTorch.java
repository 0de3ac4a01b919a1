package dev.capstan.worker.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.factory.Nd4j;

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
            // It rounds otherwise there.
            return NAME + " " + versions.getProperty(NAME) + (Device.given().apart() ? " with CUDA" : "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Loads it, once. Threads that compute are a {@link Team}'s: it takes none of its own, and OpenBLAS doesn't either.
     */
    static synchronized void load() {
        if (!loaded) {
            Loader.load(torch.class);
            Freed.keep();
            Device.given().prepare();
            loaded = true;
        }
        torch.set_num_threads(1);
        Nd4j.factory().blas().setMaxThreads(1);
    }
}
