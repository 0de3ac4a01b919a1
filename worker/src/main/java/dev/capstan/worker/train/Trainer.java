package dev.capstan.worker.train;

import dev.capstan.protocol.Training;
import dev.capstan.worker.data.SampleOrder;
import dev.capstan.worker.data.Samples;
import dev.capstan.worker.model.Native;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Ring;

/** Trains a network over all epochs, together with the other ranks. */
public final class Trainer {
    private final Network network;
    private final Samples samples;
    private final Training training;
    private final Ring ring;
    private final ProgressBoard board;

    /**
     * @param network the same on every rank; it is changed
     * @param samples all training samples, the same on every rank
     * @param training epochs, batch size and seed
     * @param ring the other ranks
     * @param board told of every step
     */
    public Trainer(Network network, Samples samples, Training training, Ring ring, ProgressBoard board) {
        this.network = network;
        this.samples = samples;
        this.training = training;
        this.ring = ring;
        this.board = board;
    }

    /**
     * Trains to the end.
     *
     * @throws Failure Diverged or PeerLost with the step, or what a peer ended with
     */
    public void train() {
        var schedule = new Schedule(samples.size(), training.batchSize(), training.epochs());
        board.startTraining(training.epochs(), schedule.steps(), (long) samples.size() * training.epochs());
        var step = new Step(network, ring);
        long done = 0;
        for (int epoch = 0; epoch < training.epochs(); epoch++) {
            var order = SampleOrder.of(samples.size(), training.seed(), epoch);
            for (int i = 0; i < schedule.stepsPerEpoch(); i++) {
                var batch = schedule.batch(i);
                done++;
                try {
                    board.step(epoch + 1, done, batch.size(), step.train(samples, order, batch));
                } catch (Failure e) {
                    throw e.at("step " + done + " of epoch " + (epoch + 1));
                }
            }
            network.endEpoch();
            try {
                new Finite().check(Native.memory(network.parameters()), "a parameter");
                Replicas.check(network, ring);
            } catch (Failure e) {
                throw e.at("the end of epoch " + (epoch + 1));
            }
        }
    }
}
