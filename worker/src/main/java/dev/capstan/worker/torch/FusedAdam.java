package dev.capstan.worker.torch;

import dev.capstan.worker.model.Network;
import dev.capstan.worker.step.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980) and AdamW in one pass over each stretch of parameters, with DL4J's state
 * where DL4J keeps it: checkpoints and artifacts know no difference. DL4J's own takes longer than a small gradient
 * does.
 */
final class FusedAdam implements Optimizer {
    private final Network network;
    private final List<Block> blocks;
    /** Each block in as many parts as there are threads; of one without Adam there are none. */
    private final List<List<Stretch>> stretches;

    private final Team team;
    private final OperatorHandle operator;

    /**
     * A stretch of parameters with one rule.
     *
     * @param adam null if the gradient is taken off as it is
     */
    private record Block(
            Adam adam, Tensor parameters, Tensor gradient, Tensor means, Tensor squares, List<Penalty> penalties) {
        /** As many parts as there are threads, each of which updates one. */
        List<Stretch> stretches(int count) {
            return adam == null
                    ? List.of()
                    : IntStream.range(0, count)
                            .mapToObj(i -> new Stretch(
                                    adam,
                                    stretch(parameters, i, count),
                                    stretch(gradient, i, count),
                                    stretch(means, i, count),
                                    stretch(squares, i, count)))
                            .toList();
        }

        private static Tensor stretch(Tensor row, int index, int count) {
            return TorchStage.stretches(row, count).get(index);
        }
    }

    /**
     * What LibTorch is called with for a part of a block. Most of it stays the same, and making it anew takes a tenth
     * of a small step.
     */
    private static final class Stretch {
        private static final int RATE = 6;
        private static final int EPSILON = 10;

        private final Adam adam;
        private final Tensor step;
        private final Tensor divisor;
        /** In the order in which the operator takes them; null where it is another each time. */
        private final IValue[] values;

        Stretch(Adam adam, Tensor parameters, Tensor gradient, Tensor means, Tensor squares) {
            this.adam = adam;
            step = torch.zeros(new long[] {1}, parameters.options());
            divisor = torch.zeros(new long[] {1}, parameters.options());
            var no = new IValue(false);
            values = new IValue[] {
                list(parameters),
                list(gradient),
                list(means),
                list(squares),
                list(),
                list(step),
                null,
                new IValue(adam.getBeta1()),
                new IValue(adam.getBeta2()),
                new IValue(0.0),
                null,
                no,
                no,
                new IValue(divisor),
                new IValue()
            };
        }

        /**
         * What the operator takes, which takes it away.
         *
         * @param count which update it is, counted from 1
         */
        IValueVector values(int count, double rate, double samples) {
            step.fill_(new Scalar((double) count));
            divisor.fill_(new Scalar(samples));
            values[RATE] = new IValue(rate);
            // DL4J adds epsilon outside of the bias correction of Adam's denominator, LibTorch inside.
            values[EPSILON] = new IValue(adam.getEpsilon() / Math.sqrt(1 - Math.pow(adam.getBeta2(), count)));
            return new IValueVector(values);
        }
    }

    /** What is done to some of a stretch besides. */
    private record Penalty(Regularization rule, Tensor parameters, Tensor gradient) {}

    private FusedAdam(Network network, List<Block> blocks, Team team) {
        this.network = network;
        this.blocks = blocks;
        this.team = team;
        stretches = blocks.stream().map(block -> block.stretches(team.size())).toList();
        operator = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adam_", "");
    }

    /**
     * Updates as the network's own optimizer does; empty if that isn't Adam alone.
     *
     * @param team of threads that compute
     */
    static Optional<Optimizer> of(Network network, Memory memory, Team team) {
        var own = updater(network.dl4j()).getUpdaterBlocks();
        if (!isMean(network.dl4j()) || !own.stream().allMatch(FusedAdam::isAdam)) {
            return Optional.empty();
        }
        var state = network.updaterState() == null ? null : Memory.of(network.updaterState());
        var blocks = new ArrayList<Block>();
        for (var block : own) {
            blocks.add(block(block, memory, state));
        }
        return Optional.of(new FusedAdam(network, List.copyOf(blocks), team));
    }

    /** Whether the gradient is divided by the number of samples. */
    private static boolean isMean(Model model) {
        return model instanceof ComputationGraph graph
                ? graph.getConfiguration().getDefaultConfiguration().isMiniBatch()
                : model.conf().isMiniBatch();
    }

    private static BaseMultiLayerUpdater<?> updater(Model model) {
        return switch (model) {
            case MultiLayerNetwork list -> (BaseMultiLayerUpdater<?>) list.getUpdater();
            case ComputationGraph graph -> graph.getUpdater();
            default -> throw new IllegalArgumentException("no network of layers: " + model.getClass());
        };
    }

    private static boolean isAdam(UpdaterBlock block) {
        return switch (block.getGradientUpdater().getConfig()) {
            case Adam adam
            when adam.getClass() == Adam.class ->
                block.getLayersAndVariablesInBlock().stream().allMatch(FusedAdam::isAverage);
            case NoOp none -> block.getLayersAndVariablesInBlock().stream().allMatch(FusedAdam::isTakenAsItIs);
            default -> false;
        };
    }

    private static boolean isAverage(ParamState part) {
        return part.getLayer().updaterDivideByMinibatch(part.getParamName())
                && part.getLayer().getConfig().getGradientNormalization() == GradientNormalization.None
                && penalties(part).stream()
                        .allMatch(each -> each instanceof L2Regularization || each instanceof WeightDecay);
    }

    private static boolean isTakenAsItIs(ParamState part) {
        return !part.getLayer().updaterDivideByMinibatch(part.getParamName())
                && penalties(part).isEmpty();
    }

    private static List<Regularization> penalties(ParamState part) {
        var all = part.getLayer().getConfig().getRegularizationByParam(part.getParamName());
        return all == null ? List.of() : all;
    }

    private static Block block(UpdaterBlock block, Memory memory, Tensor state) {
        long from = block.getParamOffsetStart();
        long length = block.getParamOffsetEnd() - from;
        var parameters = memory.parameters().narrow(0, from, length);
        var gradient = memory.gradient().narrow(0, from, length);
        if (!(block.getGradientUpdater().getConfig() instanceof Adam adam)) {
            return new Block(null, parameters, gradient, null, null, List.of());
        }
        var penalties = new ArrayList<Penalty>();
        for (var part : block.getLayersAndVariablesInBlock()) {
            long start = part.getParamOffsetStart();
            long numbers = part.getParamOffsetEnd() - start;
            penalties(part)
                    .forEach(each -> penalties.add(new Penalty(
                            each,
                            memory.parameters().narrow(0, start, numbers),
                            memory.gradient().narrow(0, start, numbers))));
        }
        long kept = block.getUpdaterViewOffsetStart();
        return new Block(
                adam,
                parameters,
                gradient,
                state.narrow(0, kept, length),
                state.narrow(0, kept + length, length),
                List.copyOf(penalties));
    }

    @Override
    public void update(int samples) {
        var divisors = new double[blocks.size()];
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            for (int i = 0; i < divisors.length; i++) {
                divisors[i] = prepared(blocks.get(i), samples);
            }
        }
        team.together(thread -> {
            try (var scope = new PointerScope();
                    var guard = new NoGradGuard()) {
                for (int i = 0; i < divisors.length; i++) {
                    if (blocks.get(i).adam() != null) {
                        operator.callBoxed(
                                stretches.get(i).get(thread).values(step() + 1, rate(blocks.get(i)), divisors[i]));
                    }
                }
            }
        });
        network.resume(step() + 1, epoch());
    }

    private double rate(Block block) {
        return block.adam().getLearningRate(step(), epoch());
    }

    /**
     * Does all to a block that isn't Adam's.
     *
     * @return what the gradient is still to be divided by
     */
    private double prepared(Block block, int samples) {
        if (block.adam() == null) {
            block.parameters().sub_(block.gradient());
            return 1;
        }
        if (block.penalties().isEmpty()) {
            return samples;
        }
        block.gradient().div_(new Scalar((double) samples));
        for (var each : block.penalties()) {
            switch (each.rule()) {
                case L2Regularization penalty ->
                    each.gradient()
                            .add_(each.parameters(), new Scalar(penalty.getL2().valueAt(step(), epoch())));
                // Adam doesn't look at parameters, so the order is of no matter.
                case WeightDecay decay -> {
                    double factor = decay.getCoeff().valueAt(step(), epoch()) * (decay.isApplyLR() ? rate(block) : 1);
                    each.parameters().mul_(new Scalar(1 - factor));
                }
                default -> throw new AssertionError("no block has " + each.rule());
            }
        }
        return 1;
    }

    /** There is no constructor for a list: the one for a vector takes it for a pointer, and the process aborts. */
    private static IValue list(Tensor... tensors) {
        var list = new GenericList(new Type.TypePtr(TensorType.get()));
        for (var each : tensors) {
            list.push_back(new IValue(each));
        }
        return new IValue(list);
    }

    @Override
    public int step() {
        return network.step();
    }

    @Override
    public int epoch() {
        return network.epoch();
    }

    @Override
    public void endEpoch() {
        network.endEpoch();
    }

    @Override
    public void resume(int step, int epoch) {
        network.resume(step, epoch);
    }
}
