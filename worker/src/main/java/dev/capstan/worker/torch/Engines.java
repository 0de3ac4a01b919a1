package dev.capstan.worker.torch;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.model.Dl4j;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which engine computes a training. It is the same on every rank, and for every attempt. */
public final class Engines {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    private Engines() {}

    /**
     * The engine, ready to compute.
     *
     * @param training with the engine that the job asks for
     * @param samples that are trained on in an epoch
     * @param inputs numbers in a sample
     * @param begun the engine of the checkpoint that is gone on from; empty at the beginning
     * @param threads that compute
     * @throws Failure InvalidJob if the job asks for LibTorch, which doesn't compute all of the model
     */
    public static Computing choose(
            Network network,
            Training training,
            long samples,
            int inputs,
            Optional<Training.Engine> begun,
            int threads) {
        var computing = chosen(network, training, samples, inputs, begun, threads);
        LOG.info("the training is computed by {}", computing);
        return computing;
    }

    private static Computing chosen(
            Network network,
            Training training,
            long samples,
            int inputs,
            Optional<Training.Engine> begun,
            int threads) {
        var wanted = training.engine();
        if (begun.isPresent() && (wanted == null || wanted == begun.get())) {
            return switch (begun.get()) {
                case DEEPLEARNING4J -> own(network, "the training began with it");
                case LIBTORCH -> libTorch(network, required(network), "the training began with it", threads);
            };
        }
        return switch (wanted) {
            case DEEPLEARNING4J -> own(network, "the job asks for it");
            case LIBTORCH -> libTorch(network, required(network), "the job asks for it", threads);
            case null -> faster(network, training, samples, inputs, threads);
        };
    }

    private static Plan required(Network network) {
        try {
            return Plan.of(network);
        } catch (Plan.NotCovered e) {
            throw new Failure(
                    Reason.InvalidJob,
                    "training.engine is LibTorch, which doesn't compute " + e.getMessage()
                            + " of the model; take Auto or Deeplearning4j");
        }
    }

    private static Computing faster(Network network, Training training, long samples, int inputs, int threads) {
        Plan plan;
        try {
            plan = Plan.of(network);
        } catch (Plan.NotCovered e) {
            return own(network, "LibTorch doesn't compute " + e.getMessage());
        }
        double saved = Workload.of(plan, (MultiLayerNetwork) network.dl4j(), inputs)
                .saved(samples, training.batchSize(), training.epochs());
        var estimate = String.format(
                Locale.ROOT,
                "LibTorch would save about %.0f s, and %.0f have to be saved for its start",
                saved,
                Workload.WORTH_A_START);
        return saved < Workload.WORTH_A_START
                ? own(network, estimate)
                : libTorch(
                        network,
                        plan,
                        String.format(Locale.ROOT, "it saves about %.0f s of this training", saved),
                        threads);
    }

    private static Computing own(Network network, String reason) {
        return new Computing(
                network.stage(),
                network.optimizer(),
                network.constraints(),
                Training.Engine.DEEPLEARNING4J,
                Dl4j.version(),
                reason);
    }

    private static Computing libTorch(Network network, Plan plan, String reason, int threads) {
        LibTorch.load(threads);
        var memory = new Memory(network.parameters(), network.gradients());
        var layers = (MultiLayerNetwork) network.dl4j();
        return new Computing(
                new TorchStage(network, plan, memory),
                FusedAdam.of(network, layers, memory).orElse(network.optimizer()),
                network.constraints(),
                Training.Engine.LIBTORCH,
                version(Training.Engine.LIBTORCH),
                reason);
    }

    /** All that rounds where the engine computes. */
    public static String version(Training.Engine engine) {
        return switch (engine) {
            case DEEPLEARNING4J -> Dl4j.version();
            case LIBTORCH -> LibTorch.version() + " and " + Dl4j.version();
        };
    }
}
