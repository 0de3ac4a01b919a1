package dev.capstan.worker.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which classes the samples show, whatever format they come from. */
class CoverageTest {
    private static final List<String> CLASSES = List.of("ant", "bee", "cow");

    @Test
    void allClassesWithSamplesAreNoNews() {
        assertEquals(List.of(), check(samples(0, 1, 2, 1), samples(0)));
    }

    @Test
    void aClassWithoutTrainingSamplesIsTold() {
        assertEquals(
                List.of("no training sample is of class bee, which the model can't learn to tell"),
                check(samples(0, 2, 2), samples(0, 2)));
        var many = java.util.stream.IntStream.range(0, 40)
                .mapToObj(String::valueOf)
                .toList();
        assertEquals(
                List.of(
                        "no training sample is of 38 of the 40 classes, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …, which the model"
                                + " can't learn to tell"),
                Coverage.check("data.train: pvc://d/x", samples(0, 1), null, many));
    }

    @Test
    void testSamplesOfClassesThatTrainingLacksAreCounted() {
        assertEquals(
                List.of(
                        "no training sample is of class cow, which the model can't learn to tell",
                        "2 of the 3 test samples are of classes without training samples"),
                check(samples(0, 1), samples(2, 0, 2)));
    }

    @Test
    void oneClassAloneIsRefused() {
        var e = assertThrows(Failure.class, () -> check(samples(1, 1, 1), samples(0, 1)));
        assertEquals(
                "data.train: pvc://d/x has samples of one class only, bee, which all 3 are of; there must be at least two to"
                        + " tell apart",
                e.getMessage());
        assertEquals(Reason.InvalidData, e.reason());
    }

    private static List<String> check(Samples training, Samples test) {
        return Coverage.check("data.train: pvc://d/x", training, test, CLASSES);
    }

    private static Samples samples(int... labels) {
        return new Packed.Bytes(new Shape.Flat(1), labels, new Spool("x", new Room(1024, 1024, Path.of("/nowhere"))));
    }
}
