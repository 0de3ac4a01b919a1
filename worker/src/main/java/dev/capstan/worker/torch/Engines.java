package dev.capstan.worker.torch;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.model.Dl4j;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.outcome.Failure;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which engine computes a training. It is the same on every rank, and for every attempt. */
public final class Engines {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    /**
     * What LibTorch, DL4J and the JVM take beside the Java heap, and what there is for each parameter: itself, its
     * gradient, what the optimizer has of it, and what a checkpoint copies.
     */
    private static final long NEEDED = 500L << 20;

    private static final long A_PARAMETER = 8 * Float.BYTES;

    /**
     * An engine that is decided on.
     *
     * @param reason the rest of a sentence that begins with its name
     */
    public record Decision(Training.Engine engine, String reason) {}

    private Engines() {}

    /**
     * Which engine is to compute; it isn't loaded for that.
     *
     * @param training with the engine that the job asks for
     * @param samples that are trained on in an epoch
     * @param inputs numbers in a sample
     * @param begun the engine of the checkpoint that is gone on from; empty at the beginning
     * @param room bytes that the worker may take beside its Java heap
     * @throws Failure InvalidJob if the job asks for LibTorch, which doesn't compute all of the model
     */
    public static Decision decide(
            Network network, Training training, long samples, int inputs, Optional<Training.Engine> begun, long room) {
        var wanted = training.engine();
        if (begun.isPresent() && (wanted == null || wanted == begun.get())) {
            return new Decision(begun.get(), "the training began with it");
        }
        return switch (wanted) {
            case DEEPLEARNING4J -> new Decision(wanted, "the job asks for it");
            case LIBTORCH -> {
                required(network);
                yield new Decision(wanted, "the job asks for it");
            }
            case null -> faster(network, training, samples, inputs, room);
        };
    }

    /** The engine, ready to compute with so many threads. */
    public static Computing ready(Network network, Decision decision, int threads) {
        var computing = switch (decision.engine()) {
            case DEEPLEARNING4J -> own(network, decision.reason());
            case LIBTORCH -> libTorch(network, required(network), decision.reason(), threads);
        };
        LOG.info("the training is computed by {}", computing);
        return computing;
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

    private static Decision faster(Network network, Training training, long samples, int inputs, long room) {
        Plan plan;
        try {
            plan = Plan.of(network);
        } catch (Plan.NotCovered e) {
            return new Decision(Training.Engine.DEEPLEARNING4J, "LibTorch doesn't compute " + e.getMessage());
        }
        double saved = Workload.of(plan, Stop.layers(network.dl4j()), inputs)
                .saved(samples, training.batchSize(), training.epochs());
        if (saved < Workload.WORTH_A_START) {
            return new Decision(
                    Training.Engine.DEEPLEARNING4J,
                    String.format(
                            Locale.ROOT,
                            "LibTorch would save about %.0f s, and its start is worth %.0f",
                            saved,
                            Workload.WORTH_A_START));
        }
        long needed = NEEDED + A_PARAMETER * network.parameters().length();
        return needed > room
                ? new Decision(
                        Training.Engine.DEEPLEARNING4J,
                        String.format(
                                Locale.ROOT,
                                "LibTorch would save about %.0f s, but needs %d MiB beside the Java heap, for which"
                                        + " the workers' memory limit leaves %d",
                                saved,
                                needed >> 20,
                                room >> 20))
                : new Decision(
                        Training.Engine.LIBTORCH,
                        String.format(Locale.ROOT, "it saves about %.0f s of this training", saved));
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
        return new Computing(
                new TorchStage(network, plan, memory),
                FusedAdam.of(network, memory).orElse(network.optimizer()),
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
