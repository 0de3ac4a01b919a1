package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.checkpoint.Description.Measure;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Collectives;
import dev.capstan.worker.step.Engine;
import dev.capstan.worker.step.Objective;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.step.Weights;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Trains a model over all epochs, together with the other ranks. */
public final class Trainer {
    private final Engine engine;
    private final Split split;
    private final Training training;
    private final Collectives ring;
    private final ProgressBoard board;
    private final Watch watch;
    private final Edge edge;
    private final List<Weights> transforms;
    private Position start = Position.START;

    /**
     * @param engine with the same parameters on every rank; they are changed
     * @param samples all training samples, the same on every rank
     * @param training epochs, batch size and seed
     * @param ring the other ranks
     * @param board told of every step
     */
    public Trainer(Engine engine, Samples samples, Training training, Collectives ring, ProgressBoard board) {
        this(engine, new Split(samples, null), training, ring, board, new Watch(null), Edge.NONE);
    }

    /**
     * @param engine with the same parameters on every rank; they are changed
     * @param split training and validation samples, the same on every rank
     * @param training epochs, batch size and seed
     * @param ring the other ranks
     * @param board told of every step
     * @param watch told of every epoch's measure
     * @param edge what is done after every step
     */
    public Trainer(
            Engine engine,
            Split split,
            Training training,
            Collectives ring,
            ProgressBoard board,
            Watch watch,
            Edge edge) {
        this(engine, split, training, ring, board, watch, edge, List.of());
    }

    /**
     * @param engine with the same parameters on every rank; they are changed
     * @param split training and validation samples, the same on every rank
     * @param training epochs, batch size and seed
     * @param ring the other ranks
     * @param board told of every step
     * @param watch told of every epoch's measure
     * @param edge what is done after every step
     * @param transforms of gradient and parameters, besides those that training and model ask for
     */
    public Trainer(
            Engine engine,
            Split split,
            Training training,
            Collectives ring,
            ProgressBoard board,
            Watch watch,
            Edge edge,
            List<Weights> transforms) {
        this.engine = engine;
        this.split = split;
        this.training = training;
        this.ring = ring;
        this.board = board;
        this.watch = watch;
        this.edge = edge;
        this.transforms = List.copyOf(transforms);
    }

    /** Trains from the start to the end. */
    public Map<String, Double> train() {
        return train(Position.START);
    }

    /**
     * Trains to the end.
     *
     * @param start where an earlier attempt came to, with parameters and watch as it left them
     * @return number of epochs, and what was measured on the validation split, by name
     * @throws Failure Diverged or PeerLost with the step, or what a peer ended with
     */
    public Map<String, Double> train(Position start) {
        return train(start, false);
    }

    /**
     * As above.
     *
     * @param after whether what is done after the step that led to the start is still to be done: on a rank that takes
     *     a lost one's place, whose peers wait in the middle of that, or of what follows
     */
    public Map<String, Double> train(Position start, boolean after) {
        var samples = split.training();
        var schedule = Schedule.of(samples.size(), training, engine.stage().fewestSamples());
        board.epochs(watch.history().epochs());
        board.startTraining(schedule, start);
        this.start = start;
        board.productive(start.step(), watch.productive().seconds());
        var position = start;
        var exchange = new RingExchange(ring);
        try (var step = new Step(engine, samples, Objective.TARGETS, training, exchange, transforms)) {
            if (after) {
                reached(start, step.pace());
            }
            while (position.epoch() < training.epochs() && !watch.over(position.epoch())) {
                var order = SampleOrder.of(samples.size(), training.seed(), position.epoch());
                while (position.batch() < schedule.stepsPerEpoch()) {
                    position = step(step, order, schedule, position);
                }
                endEpoch(position.epoch() + 1, schedule.largestPart(ring.size(), training.parts()));
                position = position.afterEpoch();
            }
        }
        board.endTraining(position);
        return metrics(position.epoch(), watch.finish(engine.stage().parameters()));
    }

    private Position step(Step step, int[] order, Schedule schedule, Position before) {
        var after = before.afterStep();
        var batch = schedule.batch(before.batch());
        var productive = watch.productive();
        try {
            productive.begin(ring);
            double loss = step.train(
                    order, batch, after.batch() < schedule.stepsPerEpoch() ? schedule.batch(after.batch()) : null);
            watch.history().step(batch.size(), loss);
            board.step(after.epoch() + 1, after.step(), batch.size(), loss);
            ring.edge();
            productive.end(ring);
            board.productive(start.step(), productive.seconds());
        } catch (Failure e) {
            throw e.at(after.toString());
        }
        reached(after, step.pace());
        return after;
    }

    /** What is done between two steps: the same on each rank, and by the step's number alone. */
    private void reached(Position position, Pace pace) {
        edge.reached(position);
        if (ring.size() > 1 && Pace.due(position.step())) {
            try {
                board.straggler(pace.exchange(ring));
            } catch (Failure e) {
                throw e.at(position.toString());
            }
        }
    }

    /** The epoch is counted at last: until then, what a lost peer interrupts is still the last step's state. */
    private void endEpoch(int epoch, int share) {
        watch.productive().begin(ring);
        try {
            var parameters = engine.stage().parameters();
            new Finite().check(parameters, "a parameter");
            Replicas.check(parameters, ring);
            Measure measure = null;
            if (split.validation() != null) {
                measure = Validator.measure(engine.stage(), split.validation(), share, ring);
                watch.note(epoch, measure, parameters);
            }
            watch.history().end(epoch, measure);
            board.epochs(watch.history().epochs());
            board.logEpoch();
        } catch (Failure e) {
            throw e.at("the end of epoch " + epoch);
        }
        engine.optimizer().endEpoch();
        ring.edge();
        watch.productive().end(ring);
    }

    private Map<String, Double> metrics(int epochs, Measure measure) {
        var metrics = new TreeMap<String, Double>();
        metrics.put("epochs", (double) epochs);
        if (measure != null) {
            metrics.put("bestEpoch", (double) watch.measured().bestEpoch());
            if (measure.accuracy() != null) {
                metrics.put("validationAccuracy", measure.accuracy());
            }
            if (measure.rmse() != null) {
                metrics.put("validationRmse", measure.rmse());
            }
            metrics.put("validationLoss", measure.loss());
        }
        return metrics;
    }
}
