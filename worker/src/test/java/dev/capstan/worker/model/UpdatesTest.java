package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;
import dev.capstan.protocol.Training.Schedule;
import dev.capstan.worker.Fixtures;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What becomes of a gradient, step by step, against the papers' formulas in double precision. */
class UpdatesTest {
    private static final int INPUTS = 4;
    private static final int HIDDEN = 3;
    private static final int CLASSES = 2;
    private static final int ROWS = 5;
    private static final int EPOCHS = 4;
    private static final int STEPS_PER_EPOCH = 3;

    private static final Optimizer SGD = new Optimizer.Sgd(0.1);

    @BeforeAll
    static void load() {
        Native.load(Map.of());
    }

    /** One number's way, with the state that it keeps. */
    private interface Rule {
        /** What is taken off a parameter at the given step, counted from 1, at the given rate. */
        double update(double gradient, double parameter, boolean weight, double rate, int step);
    }

    private interface Rules {
        Rule fresh();
    }

    static Stream<Arguments> optimizers() {
        return Stream.of(
                Arguments.of(SGD, (Rules) () -> (g, p, weight, rate, t) -> rate * g),
                Arguments.of(new Optimizer.Nesterov(0.05, 0.9), (Rules) () -> new Rule() {
                    private double v;

                    @Override
                    public double update(double g, double p, boolean weight, double rate, int t) {
                        double before = v;
                        v = 0.9 * v - rate * g;
                        return 0.9 * before - 1.9 * v;
                    }
                }),
                Arguments.of(new Optimizer.Adam(0.01, 0.8, 0.99, 1e-6), (Rules) () -> adam(0)),
                Arguments.of(new Optimizer.AdamW(0.01, 0.8, 0.99, 1e-6, 0.3), (Rules) () -> adam(0.3)),
                Arguments.of(new Optimizer.RmsProp(0.01, 0.9, 1e-6), (Rules) () -> new Rule() {
                    private double mean = 1e-6;

                    @Override
                    public double update(double g, double p, boolean weight, double rate, int t) {
                        mean = 0.9 * mean + 0.1 * g * g;
                        return rate * g / (Math.sqrt(mean) + 1e-6);
                    }
                }),
                Arguments.of(new Optimizer.AdaGrad(0.05, 1e-6), (Rules) () -> new Rule() {
                    private double sum = 1e-6;

                    @Override
                    public double update(double g, double p, boolean weight, double rate, int t) {
                        sum += g * g;
                        return rate * g / (Math.sqrt(sum) + 1e-6);
                    }
                }));
    }

    private static Rule adam(double decay) {
        return new Rule() {
            private double m;
            private double v;

            @Override
            public double update(double g, double p, boolean weight, double rate, int t) {
                m = 0.8 * m + 0.2 * g;
                v = 0.99 * v + 0.01 * g * g;
                double corrected = Math.sqrt(1 - Math.pow(0.99, t)) / (1 - Math.pow(0.8, t));
                return rate * corrected * m / (Math.sqrt(v) + 1e-6) + (weight ? rate * decay * p : 0);
            }
        };
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("optimizers")
    void anOptimizerFollowsItsPaper(Optimizer optimizer, Rules rules) {
        follow(training(optimizer, null, 0, 0), rules, step -> optimizer.learningRate());
    }

    /** The same with a rate that changes: what an optimizer copies of it when it is built must not be lost. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("optimizers")
    void anOptimizerFollowsItsSchedule(Optimizer optimizer, Rules rules) {
        var training = training(optimizer, new Schedule(new Decay.Exponential(0.5), 4), 0, 0);
        follow(
                training,
                rules,
                step -> optimizer.learningRate()
                        * Math.pow(0.5, step / STEPS_PER_EPOCH)
                        * Math.min(1, (step + 1) / 4.0));
    }

    static Stream<Arguments> schedules() {
        return Stream.of(
                Arguments.of(new Schedule(null, 5), (IntToDoubleFunction) step -> 0.1 * Math.min(1, (step + 1) / 5.0)),
                Arguments.of(new Schedule(new Decay.Step(2, 0.1), 0), (IntToDoubleFunction)
                        step -> step < 2 * STEPS_PER_EPOCH ? 0.1 : 0.01),
                Arguments.of(new Schedule(new Decay.Exponential(0.9), 0), (IntToDoubleFunction)
                        step -> 0.1 * Math.pow(0.9, step / STEPS_PER_EPOCH)),
                Arguments.of(new Schedule(new Decay.Polynomial(2), 2), (IntToDoubleFunction) step ->
                        0.1 * Math.pow(1 - (double) (step / STEPS_PER_EPOCH) / EPOCHS, 2) * (step == 0 ? 0.5 : 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schedules")
    void aScheduleGivesItsRates(Schedule schedule, IntToDoubleFunction rate) {
        follow(training(SGD, schedule, 0, 0), () -> (g, p, weight, r, t) -> r * g, rate);
    }

    @Test
    void penaltiesPullAtWeightsAlone() {
        follow(
                training(SGD, null, 0.01, 0.2),
                () -> (g, p, weight, rate, t) -> rate * (g + (weight ? 0.01 * Math.signum(p) + 0.2 * p : 0)),
                step -> 0.1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schedules")
    void plainDl4jReadsTheRatesAfterTheWarmup(Schedule schedule, IntToDoubleFunction rate) {
        var network = create(training(SGD, schedule, 0, 0), null);
        var layer = MultiLayerConfiguration.fromJson(network.configuration())
                .getConf(1)
                .getLayer();
        int last = EPOCHS * STEPS_PER_EPOCH - 1;
        assertEquals(
                rate.applyAsDouble(last),
                layer.getUpdaterByParam("W").getLearningRate(last, last / STEPS_PER_EPOCH),
                1e-12);
    }

    @Test
    void theLossIsWithoutPenalties() {
        double plain = create(training(SGD, null, 0, 0), null).computeGradient(inputs(), labels(), null);
        var penalized = create(training(new Optimizer.AdamW(0.1, 0.9, 0.99, 1e-8, 3), null, 1, 2), null);
        assertEquals(plain, penalized.computeGradient(inputs(), labels(), null), 1e-6);
        assertEquals(plain, penalized.loss(inputs(), labels(), null), 1e-6);
    }

    /** The gradient with weights is that with each sample repeated as often as its class weighs. */
    @Test
    void classWeightsCountInTheLoss() {
        var weighted = create(training(SGD, null, 0, 0), new double[] {1, 3});
        var plain = create(training(SGD, null, 0, 0), null);
        double loss = weighted.computeGradient(inputs(), labels(), null) * ROWS;
        var gradient = weighted.gradients().dup();
        var expected = Nd4j.zeros(gradient.shape());
        double expectedLoss = 0;
        for (int i = 0; i < ROWS; i++) {
            var label = labels().getRow(i, true);
            double weight = label.getDouble(1) == 1 ? 3 : 1;
            expectedLoss +=
                    weight * plain.computeGradient(inputs().getRow(i, true).dup(), label.dup(), null);
            expected.addi(plain.gradients().mul(weight));
        }
        assertEquals(expectedLoss, loss, 1e-5);
        assertArrayEquals(values(expected), values(gradient), 1e-5f);
    }

    private static void follow(Training training, Rules rules, IntToDoubleFunction rate) {
        var network = create(training, null);
        int count = (int) network.parameters().length();
        var rule = new Rule[count];
        for (int i = 0; i < count; i++) {
            rule[i] = rules.fresh();
        }
        for (int step = 0; step < EPOCHS * STEPS_PER_EPOCH; step++) {
            network.computeGradient(inputs(), labels(), null);
            var gradients = values(network.gradients());
            var before = values(network.parameters());
            network.update(ROWS);
            var after = values(network.parameters());
            for (int i = 0; i < count; i++) {
                double update =
                        rule[i].update(gradients[i] / ROWS, before[i], weight(i), rate.applyAsDouble(step), step + 1);
                assertEquals(before[i] - update, after[i], 2e-6 + 1e-4 * Math.abs(update), "step " + step + " of " + i);
            }
            if ((step + 1) % STEPS_PER_EPOCH == 0) {
                network.endEpoch();
            }
        }
    }

    /** Each layer's weights lie before its biases. */
    private static boolean weight(int index) {
        int second = (INPUTS + 1) * HIDDEN;
        return index < INPUTS * HIDDEN || index >= second && index < second + HIDDEN * CLASSES;
    }

    private static Network create(Training training, double[] classWeights) {
        return Networks.create(
                new JobFile.Model(
                        List.of(new Layer.Dense(HIDDEN, "tanh"), new Layer.Output(CLASSES, "softmax", "mcxent")),
                        null,
                        null,
                        null),
                training,
                new Preprocessing(new Shape.Flat(INPUTS), List.of("a", "b"), null),
                classWeights);
    }

    private static Training training(Optimizer optimizer, Schedule schedule, double l1, double l2) {
        var plain = Fixtures.training(EPOCHS, ROWS, optimizer, 7);
        return new Training(
                plain.epochs(), plain.batchSize(), optimizer, schedule, l1, l2, null, 0, null, null, plain.seed());
    }

    private static INDArray inputs() {
        var inputs = Nd4j.zeros(ROWS, INPUTS);
        for (int i = 0; i < inputs.length(); i++) {
            inputs.putScalar(i, Math.sin(i * i));
        }
        return inputs;
    }

    private static INDArray labels() {
        var labels = Nd4j.zeros(ROWS, CLASSES);
        for (int i = 0; i < ROWS; i++) {
            labels.putScalar(i, i % CLASSES, 1);
        }
        return labels;
    }

    private static float[] values(INDArray array) {
        return array.dup().data().asFloat();
    }
}
