package dev.capstan.worker.torch;

import dev.capstan.worker.data.Shape;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.step.Batch;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Slice;
import dev.capstan.worker.step.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A whole network of DL4J's, computed by LibTorch where DL4J has its parameters and its gradient. Several threads share
 * a batch out among them, each with a gradient of its own; these are added up in the order of the threads, so the
 * result is a function of their number, whatever the machine has.
 */
final class TorchStage implements Stage {
    private final Network network;
    private final Stage own;
    private final Team team;
    /** One for each thread; the first one's gradient is the network's. */
    private final List<Program> programs = new ArrayList<>();

    /** All threads' gradients, each in as many stretches as there are threads. */
    private final List<List<Tensor>> stretches = new ArrayList<>();

    /**
     * @param memory where it is computed
     * @param team of threads that compute
     */
    TorchStage(Network network, Plan plan, Memory memory, Team team) {
        this.network = network;
        this.team = team;
        own = network.stage();
        for (int i = 0; i < team.size(); i++) {
            var mine = i == 0 ? memory : memory.withGradientOfItsOwn();
            programs.add(new Program(plan, Stop.layers(network.dl4j()), mine));
            stretches.add(stretches(mine.gradient(), team.size()));
        }
    }

    /** Numbers in a row, in so many parts of nearly the same length. */
    static List<Tensor> stretches(Tensor row, int count) {
        long length = row.size(0);
        return IntStream.range(0, count)
                .mapToObj(i -> row.narrow(0, length * i / count, length * (i + 1) / count - length * i / count))
                .toList();
    }

    @Override
    public Flat parameters() {
        return own.parameters();
    }

    @Override
    public Flat gradient() {
        return own.gradient();
    }

    @Override
    public List<Slice> slices() {
        return own.slices();
    }

    @Override
    public String owner(long place) {
        return own.owner(place);
    }

    @Override
    public int classes() {
        return own.classes();
    }

    @Override
    public int fewestSamples() {
        return own.fewestSamples();
    }

    @Override
    public Optional<String> wholeBatchLoss() {
        return own.wholeBatchLoss();
    }

    @Override
    public Batch batch(int rows, Shape shape) {
        return TorchBatch.of(own.batch(rows, shape), team.size());
    }

    @Override
    public double computeGradient(Batch batch, long seed) {
        var parts = ((TorchBatch) batch).parts();
        var losses = new double[parts.size()];
        if (parts.size() == 1) {
            network.seed(seed);
            return programs.getFirst().gradient(parts.getFirst()) / batch.rows();
        }
        team.together(i -> {
            if (i < parts.size()) {
                // What ND4J draws from is a thread's own.
                network.seed(seed + i);
                losses[i] = programs.get(i).gradient(parts.get(i));
            }
        });
        team.together(i -> sum(parts.size(), i));
        return Arrays.stream(losses).sum() / batch.rows();
    }

    /** Adds up a stretch of so many gradients. */
    private void sum(int gradients, int stretch) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            for (int i = 1; i < gradients; i++) {
                stretches.getFirst().get(stretch).add_(stretches.get(i).get(stretch));
            }
        }
    }

    @Override
    public Answers answer(Batch batch) {
        var parts = ((TorchBatch) batch).parts();
        var answers = new Answers[parts.size()];
        if (parts.size() == 1) {
            answers[0] = programs.getFirst().answers(parts.getFirst());
        } else {
            team.together(i -> {
                if (i < parts.size()) {
                    answers[i] = programs.get(i).answers(parts.get(i));
                }
            });
        }
        return together(answers, batch.rows());
    }

    private static Answers together(Answers[] answers, int rows) {
        double loss = 0;
        var classes = IntStream.builder();
        var outputs = new float[answers[0].outputs().length / answers[0].classes().length * rows];
        int at = 0;
        for (var each : answers) {
            loss += each.loss();
            Arrays.stream(each.classes()).forEach(classes);
            System.arraycopy(each.outputs(), 0, outputs, at, each.outputs().length);
            at += each.outputs().length;
        }
        return new Answers(loss / rows, classes.build().toArray(), outputs);
    }
}
