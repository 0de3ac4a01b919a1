package dev.capstan.worker.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A device with a memory of its own. Where there is no GPU, a second memory of the CPU's shows what such a device
 * needs.
 */
class DeviceTest {
    /** Copies what a GPU's copies are, and computes with the copies alone; its memory is another one, and no GPU's. */
    private static final Device SECOND_MEMORY = new Device("cpu", "", true);

    private static final int ROWS = 7;

    @TempDir
    Path root;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    static LongStream seeds() {
        return LongStream.range(0, 30);
    }

    @Test
    void aGpuIsUsedByTheImageForItAndThePodThatHasOne() throws IOException {
        assertEquals(Device.CPU, Device.given("-gpu", root));
        // Every pod sees the node's driver.
        var gpu = Files.createDirectories(root.resolve("proc/driver/nvidia/gpus/0000:01:00.0"));
        Files.writeString(gpu.resolve("information"), "Model: \t\t NVIDIA H200\nIRQ:   \t\t 42\n");
        assertEquals(Device.CPU, Device.given("-gpu", root));
        Files.createFile(Files.createDirectories(root.resolve("dev")).resolve("nvidiactl"));
        assertEquals("cuda:0 (NVIDIA H200)", Device.given("-gpu", root).toString());
        assertEquals("cpu", Device.given("", root).toString());
        Files.delete(gpu.resolve("information"));
        assertEquals("cuda:0", Device.given("-gpu", root).toString());
    }

    @Test
    void aGpuThatCantBeUsedIsNoSlowWorker() {
        LibTorch.load();
        var failure = assertThrows(Failure.class, () -> new Device("cuda:0", "NVIDIA H200", true).prepare());
        assertEquals(Reason.WorkerError, failure.reason());
        assertTrue(failure.getMessage().contains("needs a driver of 580 or later"), failure.getMessage());
    }

    @Test
    void whatAnotherMemoryComputesIsChecked() {
        var lines = new ArrayList<String>();
        assertEquals("cpu", DeviceCheck.run(SECOND_MEMORY, 0, lines::add));
        assertEquals(
                List.of("wide: gradient off by 0.0e+00, 20 steps by 0.0e+00 of their change"), lines.subList(0, 1));
        assertEquals(5, lines.size());
        DeviceCheck.demand("wide", 1e-6, 1e-3);
        assertThrows(Failure.class, () -> DeviceCheck.demand("wide", 1e-4, 1e-3));
        assertThrows(Failure.class, () -> DeviceCheck.demand("wide", 1e-6, 0.1));
        assertThrows(Failure.class, () -> DeviceCheck.demand("wide", Double.NaN, 0));
    }

    /** All that goes over and comes back is what it was: parameters, batches, gradients, losses and answers. */
    @ParameterizedTest
    @MethodSource("seeds")
    void inAnotherMemoryTheSameBytesAreComputed(long seed) {
        var drawn = DrawnNetwork.of(seed);
        var training = DrawnNetwork.training(new Optimizer.Adam(0.01, 0.9, 0.99, 1e-6), 0.01);
        var here = drawn.network(training);
        var there = drawn.network(training);
        var expected = engine(here, Device.CPU);
        var found = engine(there, SECOND_MEMORY);
        var batch = expected.stage().batch(ROWS, drawn.shape());
        var same = found.stage().batch(ROWS, drawn.shape());
        for (int step = 0; step < 4; step++) {
            drawn.fill(batch, new Random(seed + step));
            drawn.fill(same, new Random(seed + step));
            there.gradients().assign(Float.NaN);
            assertEquals(
                    expected.stage().computeGradient(batch, step + 1),
                    found.stage().computeGradient(same, step + 1));
            assertArrayEquals(floats(here.gradients()), floats(there.gradients()), drawn.toString());
            expected.optimizer().update(ROWS);
            found.optimizer().update(ROWS);
            assertArrayEquals(floats(here.parameters()), floats(there.parameters()), drawn.toString());
            var expectedAnswers = expected.stage().answer(batch);
            var answers = found.stage().answer(same);
            assertEquals(expectedAnswers.loss(), answers.loss());
            assertArrayEquals(expectedAnswers.outputs(), answers.outputs());
            assertArrayEquals(expectedAnswers.classes(), answers.classes());
        }
    }

    private static Computing engine(Network network, Device device) {
        try {
            return Engines.libTorch(
                    network,
                    Plan.of(network),
                    new Engines.Decision(dev.capstan.protocol.Training.Engine.LIBTORCH, "the test asks for it"),
                    device);
        } catch (Plan.NotCovered e) {
            throw new AssertionError(e);
        }
    }

    private static float[] floats(INDArray array) {
        return array.reshape(array.length()).toFloatVector();
    }
}
