package dev.capstan.worker.torch;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch;

/**
 * What LibTorch computes on. A GPU is used where the worker's image has LibTorch for CUDA and the pod was given a GPU:
 * both are known before anything is loaded.
 *
 * @param name as LibTorch knows it, such as {@code cuda:0}
 * @param model for people, such as {@code NVIDIA H100 80GB HBM3}; empty if it isn't known
 * @param apart whether it has a memory of its own, into which DL4J's is copied
 */
record Device(String name, String model, boolean apart) {
    /** Computes in DL4J's own memory. */
    static final Device CPU = new Device(Progress.CPU, "", false);

    /** What JavaCPP loads for CUDA is called so; the image with CUDA sets it. */
    private static final String EXTENSION = "org.bytedeco.javacpp.platform.extension";

    private static final String CUDA = "-gpu";

    /** What this process computes on. */
    static Device given() {
        return given(System.getProperty(EXTENSION, ""), Path.of("/"));
    }

    /**
     * @param extension of the natives that are loaded
     * @param root under which {@code /dev} and {@code /proc} are. A node's driver is seen in the latter by every pod on
     *     it, a device in the former only by those that were given it
     */
    static Device given(String extension, Path root) {
        return extension.equals(CUDA) && Files.exists(root.resolve("dev/nvidiactl"))
                ? new Device("cuda:0", model(root.resolve("proc/driver/nvidia/gpus")), true)
                : CPU;
    }

    private static String model(Path gpus) {
        try (var folders = Files.list(gpus)) {
            return folders.sorted()
                    .flatMap(gpu -> lines(gpu.resolve("information")).stream())
                    .filter(line -> line.startsWith("Model:"))
                    .map(line -> line.substring("Model:".length()).strip())
                    .distinct()
                    .collect(Collectors.joining(" or "));
        } catch (IOException e) {
            return "";
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }

    /**
     * Has sums made in the same order each time, by numbers of full length; LibTorch is loaded.
     *
     * @throws Failure WorkerError if LibTorch can't use the device: on a CPU the worker would take many times as long
     *     as its peers, who wait for it
     */
    void prepare() {
        if (!apart) {
            return;
        }
        if (!torch.cuda_is_available()) {
            throw new Failure(
                    Reason.WorkerError,
                    "there is a GPU, and " + LibTorch.version()
                            + " can't use it: its CUDA 13 needs a driver of 580 or later");
        }
        var context = torch.globalContext();
        context.setDeterministicCuDNN(true);
        context.setBenchmarkCuDNN(false);
        context.setAllowTF32CuDNN(false);
        context.setDeterministicAlgorithms(true, true);
    }

    /** Its name, and its model's if that is known. */
    @Override
    public String toString() {
        return model.isEmpty() ? name : name + " (" + model + ")";
    }
}
