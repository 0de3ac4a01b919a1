package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.worker.Fixtures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ArrayWriterTest {
    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void writesTheBytesOfNd4j() throws Exception {
        var network = Networks.create(Fixtures.layers(), Fixtures.training(1, 32, Fixtures.ADAM, 7), Fixtures.SIDE);
        check(network.parameters());
        check(network.updaterState());
        var copy = NetworkCopy.roomFor(network);
        copy.take(network);
        check(copy.parameters());
        // More than a block, and not a whole number of them.
        var long1 = Nd4j.linspace(1, 40_001, 40_001).reshape(1, 40_001);
        check(long1);
        check(long1.get(NDArrayIndex.all(), NDArrayIndex.interval(3, 30_000)));
        check(Nd4j.create(new float[][] {{1, Float.NaN}, {Float.NEGATIVE_INFINITY, -0f}}));
    }

    private static void check(INDArray array) throws Exception {
        var expected = new ByteArrayOutputStream();
        Nd4j.write(array, new DataOutputStream(expected));
        var bytes = new ByteArrayOutputStream();
        ArrayWriter.write(array, new DataOutputStream(bytes));
        assertArrayEquals(expected.toByteArray(), bytes.toByteArray());
        var read = Nd4j.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        assertEquals(array.length(), read.length());
    }
}
