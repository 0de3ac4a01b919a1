package dev.capstan.worker.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Engine;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Networks;
import dev.capstan.worker.outcome.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which engine computes what, and what is said about it. */
class EnginesTest {
    private static final Layer OUTPUT = new Layer.Output(3, "softmax", "mcxent");
    private static final List<Layer> DENSE = List.of(new Layer.Dense(4, "relu"), OUTPUT);
    private static final List<Layer> OTHER =
            List.of(new Layer.Dense(4, "relu"), new Layer.Dense(4, "rationaltanh"), OUTPUT);
    private static final List<Layer> RECURRENT =
            List.of(new Layer.Embedding(8), new Layer.Lstm(32, "tanh", false), OUTPUT);
    private static final Shape ROWS = new Shape.Flat(5);
    private static final Shape WORDS = new Shape.Tokens(28, 50);
    private static final long FEW = 100;
    private static final long MANY = 100_000;
    private static final long ENOUGH = 1L << 30;

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    @Test
    void theJobsWordCounts() {
        var network = network(DENSE, ROWS);
        var own = choose(network, Engine.DEEPLEARNING4J, ROWS, MANY, null);
        assertEquals(Engine.DEEPLEARNING4J, own.name());
        assertSame(network.stage(), own.stage());
        var other = choose(network, Engine.LIBTORCH, ROWS, FEW, null);
        assertEquals(Engine.LIBTORCH, other.name());
        assertNotSame(network.stage(), other.stage());
        assertTrue(
                other.toString().matches("libtorch 2\\S+ and deeplearning4j 1\\S+: the job asks for it"),
                other::toString);
    }

    @Test
    void withoutOneTheFasterIsTakenItsStartIncluded() {
        var few = choose(network(RECURRENT, WORDS), null, WORDS, FEW, null);
        assertEquals(Engine.DEEPLEARNING4J, few.name());
        assertTrue(few.reason().matches("LibTorch would save about 0 s, and its start is worth \\d+"), few::reason);
        var many = choose(network(RECURRENT, WORDS), null, WORDS, MANY, null);
        assertEquals(Engine.LIBTORCH, many.name());
        assertTrue(many.reason().matches("it saves about \\d+ s of this training"), many::reason);
    }

    /** A step of a small network is mostly calls and its update, so it's the number of steps that counts. */
    @Test
    void manyStepsOfASmallNetworkAreWorthAStart() {
        var digits = new Shape.Flat(784);
        var small = network(List.of(new Layer.Dense(128, "relu"), OUTPUT), digits);
        assertEquals(Engine.LIBTORCH, choose(small, null, digits, 60_000, null).name());
        assertEquals(
                Engine.DEEPLEARNING4J, choose(small, null, digits, 12_000, null).name());
    }

    /** Rather slow than killed; whoever asks for it gets it. */
    @Test
    void whereMemoryIsScarceNothingIsLoadedThatNobodyAskedFor() {
        var network = network(RECURRENT, WORDS);
        var scarce = decide(network, null, WORDS, MANY, null, 400L << 20);
        assertEquals(Engine.DEEPLEARNING4J, scarce.engine());
        assertTrue(
                scarce.reason()
                        .matches(
                                "LibTorch would save about \\d+ s, but needs 500 MiB beside the Java heap, for which the"
                                        + " workers' memory limit leaves 400"),
                scarce::reason);
        assertEquals(
                Engine.LIBTORCH,
                decide(network, Engine.LIBTORCH, WORDS, FEW, null, 400L << 20).engine());
    }

    @Test
    void whatLibTorchDoesNotComputeIsDl4js() {
        var other = choose(network(OTHER, ROWS), null, ROWS, 1_000_000_000, null);
        assertEquals(Engine.DEEPLEARNING4J, other.name());
        assertEquals("LibTorch doesn't compute the activation function rationaltanh in layer 1", other.reason());
        var e = assertThrows(Failure.class, () -> choose(network(OTHER, ROWS), Engine.LIBTORCH, ROWS, FEW, null));
        assertEquals(Reason.InvalidJob, e.reason());
        assertEquals(
                "training.engine is LibTorch, which doesn't compute the activation function rationaltanh in layer 1 of the"
                        + " model; take Auto or Deeplearning4j",
                e.getMessage());
    }

    /** Whatever another version would choose. */
    @Test
    void aTrainingEndsWithTheEngineThatItBeganWith() {
        var fast = choose(network(DENSE, ROWS), null, ROWS, FEW, Engine.LIBTORCH);
        assertEquals(Engine.LIBTORCH, fast.name());
        assertEquals("the training began with it", fast.reason());
        var slow = choose(network(RECURRENT, WORDS), null, WORDS, MANY, Engine.DEEPLEARNING4J);
        assertEquals(Engine.DEEPLEARNING4J, slow.name());
    }

    @Test
    void coresComputeWhereTheyMakeAStepFaster() {
        var digits = new Shape.Flat(784);
        var wide = List.<Layer>of(new Layer.Dense(1024, "relu"), new Layer.Dense(1024, "relu"), OUTPUT);
        var decided = byCores(wide, digits, 2, 256, ENOUGH);
        assertEquals(2, decided.threads());
        assertEquals("the job asks for it, by 2 threads", decided.reason());
        assertEquals(1, byCores(wide, digits, 1, 256, ENOUGH).threads());
        assertEquals(1, byCores(wide, digits, 8, 1, ENOUGH).threads(), "a sample can't be shared out");
        assertEquals(1, byCores(DENSE, ROWS, 8, 32, ENOUGH).threads(), "all threads would do is wait");
        assertEquals(
                2,
                byCores(wide, digits, 4, 1024, (500L << 20) + 38 * 1_856_515L).threads(),
                "a gradient each");
        var normalized = List.of(wide.getFirst(), new Layer.BatchNormalization(0.9, 1e-5), wide.get(1), OUTPUT);
        assertEquals(1, byCores(normalized, digits, 2, 256, ENOUGH).threads(), "statistics are of the whole share");
    }

    /** By as many threads as it began with, whatever it is given now. */
    @Test
    void aTrainingEndsWithTheThreadsThatItBeganWith() {
        var network = network(RECURRENT, WORDS);
        var begun = new Engines.Decision(Engine.LIBTORCH, 3, "the training began with it");
        var given = new Engines.Given(ENOUGH, 1, 32);
        var decided = Engines.decide(network, training(null), MANY, WORDS.inputs(), Optional.of(begun), given);
        assertEquals(3, Engines.ready(network, decided).threads());
    }

    private static Network network(List<Layer> layers, Shape shape) {
        return Networks.create(
                new JobFile.Model(layers, null, null, null),
                training(null),
                new Preprocessing(shape, List.of("a", "b", "c"), null),
                null);
    }

    private static Training training(Engine engine) {
        return new Training(5, 32, Fixtures.ADAM, null, 0, 0, null, 0, null, null, 7).by(engine);
    }

    private static Computing choose(Network network, Engine wanted, Shape shape, long samples, Engine begun) {
        return Engines.ready(network, decide(network, wanted, shape, samples, begun, ENOUGH));
    }

    private static Engines.Decision decide(
            Network network, Engine wanted, Shape shape, long samples, Engine begun, long room) {
        return Engines.decide(
                network,
                training(wanted),
                samples,
                shape.inputs(),
                Optional.ofNullable(begun).map(each -> new Engines.Decision(each, "the training began with it")),
                new Engines.Given(room, 1, 32));
    }

    private static Engines.Decision byCores(List<Layer> layers, Shape shape, int cores, int share, long room) {
        return Engines.decide(
                network(layers, shape),
                training(Engine.LIBTORCH),
                MANY,
                shape.inputs(),
                Optional.empty(),
                new Engines.Given(room, cores, share));
    }
}
