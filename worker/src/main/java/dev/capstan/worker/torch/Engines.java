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

    /** More cores than this make no step faster, for all that is done by one thread. */
    public static final int MOST_THREADS = 64;

    private static final long A_PARAMETER = 8 * Float.BYTES;

    /**
     * An engine that is decided on.
     *
     * @param threads that share out what a worker computes; sums are made in their order, so their number belongs to
     *     what the training comes to
     * @param reason the rest of a sentence that begins with its name
     */
    public record Decision(Training.Engine engine, int threads, String reason) {
        /** By one thread. */
        public Decision(Training.Engine engine, String reason) {
            this(engine, 1, reason);
        }
    }

    /**
     * What a worker has, and what it has to compute.
     *
     * @param room bytes that it may take beside its Java heap
     * @param cores it may count on, whatever the machine has; at least 1
     * @param share samples that it computes on at once, at most
     */
    public record Given(long room, int cores, int share) {}

    private Engines() {}

    /**
     * Which engine is to compute; it isn't loaded for that.
     *
     * @param training with the engine that the job asks for
     * @param samples that are trained on in an epoch
     * @param inputs numbers in a sample
     * @param begun by what the checkpoint was made that is gone on from; empty at the beginning
     * @throws Failure InvalidJob if the job asks for LibTorch, which doesn't compute all of the model
     */
    public static Decision decide(
            Network network, Training training, long samples, int inputs, Optional<Decision> begun, Given given) {
        var wanted = training.engine();
        if (ScriptModels.isOne(network)) {
            return script(wanted);
        }
        if (begun.isPresent() && (wanted == null || wanted == begun.get().engine())) {
            return begun.get();
        }
        return switch (wanted) {
            case DEEPLEARNING4J -> new Decision(wanted, "the job asks for it");
            case LIBTORCH -> libTorch(network, required(network), inputs, given, "the job asks for it");
            case null -> faster(network, training, samples, inputs, given);
        };
    }

    private static Decision script(Training.Engine wanted) {
        if (wanted == Training.Engine.DEEPLEARNING4J) {
            throw new Failure(
                    Reason.InvalidJob,
                    "training.engine is Deeplearning4j, which doesn't compute " + ScriptFile.FIELD
                            + "; take Auto or LibTorch");
        }
        return new Decision(Training.Engine.LIBTORCH, "a TorchScript module is computed by nothing else");
    }

    /** The engine, ready to compute. */
    public static Computing ready(Network network, Decision decision) {
        var computing = switch (decision.engine()) {
            case DEEPLEARNING4J -> own(network, decision.reason());
            case LIBTORCH ->
                ScriptModels.isOne(network)
                        ? script(network, decision)
                        : libTorch(network, required(network), decision);
        };
        LOG.info("the training is computed by {}", computing);
        return computing;
    }

    private static Decision libTorch(Network network, Plan plan, int inputs, Given given, String reason) {
        int threads = threads(network, plan, inputs, given);
        return new Decision(
                Training.Engine.LIBTORCH, threads, reason + (threads == 1 ? "" : ", by " + threads + " threads"));
    }

    /**
     * As many of the cores as make a step faster, and leave room for a gradient each. One computes where parts of a
     * batch don't add up to it: batch normalization's statistics are those of a worker's whole share.
     */
    private static int threads(Network network, Plan plan, int inputs, Given given) {
        if (given.cores() == 1
                || plan.has(Part.Normalization.class)
                || network.stage().wholeBatchLoss().isPresent()) {
            return 1;
        }
        var workload = Workload.of(plan, Stop.layers(network.dl4j()), inputs);
        int threads = workload.threads(given.share(), Math.min(given.cores(), MOST_THREADS));
        while (threads > 1 && needed(network, threads) > given.room()) {
            threads--;
        }
        return threads;
    }

    /** Bytes that LibTorch needs beside the Java heap. */
    private static long needed(Network network, int threads) {
        return NEEDED
                + (A_PARAMETER + (threads - 1) * (long) Float.BYTES)
                        * network.parameters().length();
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

    private static Decision faster(Network network, Training training, long samples, int inputs, Given given) {
        Plan plan;
        try {
            plan = Plan.of(network);
        } catch (Plan.NotCovered e) {
            return new Decision(Training.Engine.DEEPLEARNING4J, "LibTorch doesn't compute " + e.getMessage());
        }
        if (Device.given().apart()) {
            return libTorch(network, plan, inputs, given, "the worker has a GPU");
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
        long needed = needed(network, 1);
        return needed > given.room()
                ? new Decision(
                        Training.Engine.DEEPLEARNING4J,
                        String.format(
                                Locale.ROOT,
                                "LibTorch would save about %.0f s, but needs %d MiB beside the Java heap, for which"
                                        + " the workers' memory limit leaves %d",
                                saved,
                                needed >> 20,
                                given.room() >> 20))
                : libTorch(
                        network,
                        plan,
                        inputs,
                        given,
                        String.format(Locale.ROOT, "it saves about %.0f s of this training", saved));
    }

    private static Computing own(Network network, String reason) {
        return new Computing(
                network.stage(),
                network.optimizer(),
                network.constraints(),
                Training.Engine.DEEPLEARNING4J,
                1,
                Dl4j.version(),
                Device.CPU.toString(),
                reason);
    }

    private static Computing libTorch(Network network, Plan plan, Decision decision) {
        return libTorch(network, plan, decision, Device.given());
    }

    /** Its stage is the network's own, since nothing else computes it. */
    private static Computing script(Network network, Decision decision) {
        var memory = new Memory(network.parameters(), network.gradients());
        return new Computing(
                network.stage(),
                FusedAdam.of(network, memory, Team.of(1)).orElse(network.optimizer()),
                network.constraints(),
                Training.Engine.LIBTORCH,
                decision.threads(),
                version(Training.Engine.LIBTORCH),
                Device.given().toString(),
                decision.reason());
    }

    /** Updates are made in DL4J's memory, whatever computes the gradient. */
    static Computing libTorch(Network network, Plan plan, Decision decision, Device device) {
        LibTorch.load();
        var memory = new Memory(network.parameters(), network.gradients());
        var team = Team.of(decision.threads());
        return new Computing(
                new TorchStage(network, plan, memory.on(device), device.apart() ? Team.of(1) : team),
                FusedAdam.of(network, memory, team).orElse(network.optimizer()),
                network.constraints(),
                Training.Engine.LIBTORCH,
                decision.threads(),
                version(Training.Engine.LIBTORCH),
                device.toString(),
                decision.reason());
    }

    /** All that rounds where the engine computes. */
    public static String version(Training.Engine engine) {
        return switch (engine) {
            case DEEPLEARNING4J -> Dl4j.version();
            case LIBTORCH -> LibTorch.version() + " and " + Dl4j.version();
        };
    }
}
