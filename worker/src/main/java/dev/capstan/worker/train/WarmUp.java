package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.Untouched;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Exchange;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Objective;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Steps that are tried out and forgotten, so that the first one that counts is as fast as any. */
public final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int STEPS = 3;

    private WarmUp() {}

    /**
     * Computes the training's first steps as its first rank does, and leaves the network as it was.
     *
     * @param network what is trained
     * @param engine what computes it
     * @param samples to train on
     * @param ranks how many share each batch
     */
    public static void of(Network network, Engine engine, Samples samples, Training training, int ranks) {
        var schedule = Schedule.of(samples.size(), training, engine.stage().fewestSamples());
        var order = SampleOrder.of(samples.size(), training.seed(), 0);
        try (var untouched = new Untouched(network);
                var step = new Step(engine, samples, Objective.TARGETS, training, new Alone(ranks), List.of())) {
            for (int i = 0; i < STEPS; i++) {
                step.train(order, schedule.batch(0));
            }
        } catch (Failure e) {
            // If it is in the data or the model, it ends the training itself.
            LOG.warn("a step could not be tried out: {}", e.getMessage());
        } finally {
            engine.optimizer().resume(0, 0);
        }
    }

    /** The share of the first rank, of whose peers nothing comes. */
    private record Alone(int ranks) implements Exchange {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public double sum(Flat gradient, double loss) {
            return loss;
        }
    }
}
