package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.worker.model.Functions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What is wrong with a job, field by field. The operator's own validation lets none of this through; a worker checks
 * again because an image may be older than the operator, and a job file may be written by hand.
 */
final class JobCheck {
    private final List<String> problems = new ArrayList<>();

    private JobCheck() {}

    /** A sentence for each wrong field; empty if the job can be done. */
    static List<String> problems(JobFile job) {
        var check = new JobCheck();
        if (check.present("job", job.job())) {
            check.present("job.uid", job.job().uid());
            check.present("job.name", job.job().name());
        }
        if (check.present("model", job.model())) {
            check.model(job.model());
        }
        if (check.present("data", job.data())) {
            check.dataset("data.train", job.data().train());
            if (job.data().test() != null) {
                check.dataset("data.test", job.data().test());
            }
        }
        if (check.present("training", job.training())) {
            check.training(job.training(), job.model() != null && job.model().layers() == null);
        }
        if (check.present("checkpoints", job.checkpoints())) {
            check.present("checkpoints.path", job.checkpoints().path());
            check.present("checkpoints.uri", job.checkpoints().uri());
            check.atLeastOne("checkpoints.keep", job.checkpoints().keep());
        }
        check.peers(job.peers());
        if (check.present("output", job.output())) {
            check.present("output.path", job.output().path());
            check.present("output.ifExists", job.output().ifExists());
        }
        return check.problems;
    }

    private void model(JobFile.Model model) {
        long given = Stream.of(model.layers(), model.configuration(), model.from())
                .filter(Objects::nonNull)
                .count();
        require(given == 1, "model has " + given + " of layers, configuration and from; it must have exactly one");
        if (model.layers() != null) {
            layers(model.layers());
        }
        if (model.from() != null) {
            present("model.from.place", model.from().place());
        }
    }

    private void layers(List<Layer> layers) {
        if (layers.isEmpty()) {
            problems.add("model.layers is empty; it needs at least an output layer");
            return;
        }
        for (int i = 0; i < layers.size(); i++) {
            var field = "model.layers[" + i + "]";
            var layer = layers.get(i);
            if (!present(field, layer)) {
                continue;
            }
            var last = i == layers.size() - 1;
            require(
                    layer instanceof Layer.Output == last,
                    last
                            ? field + " is the last layer and no output layer; the last one must be"
                            : field + " is an output layer; only the last one may be");
            switch (layer) {
                case Layer.Dense(var units, var activation) -> {
                    units(field, units);
                    activation(field, activation);
                }
                case Layer.Output(var units, var activation, var loss) -> {
                    units(field, units);
                    activation(field, activation);
                    require(
                            loss != null && Functions.loss(loss).isPresent(),
                            field + ".loss is " + quoted(loss) + "; it must be one of "
                                    + String.join(", ", Functions.losses()));
                }
                case Layer.Convolution(var filters, var kernel, var stride, var padding, var activation) -> {
                    atLeastOne(field + ".filters", filters);
                    atLeastOne(field + ".kernelSize", kernel);
                    atLeastOne(field + ".stride", stride);
                    present(field + ".padding", padding);
                    activation(field, activation);
                }
                case Layer.Pooling(var type, var kernel, var stride) -> {
                    present(field + ".type", type);
                    atLeastOne(field + ".kernelSize", kernel);
                    atLeastOne(field + ".stride", stride);
                }
                case Layer.GlobalPooling(var type) -> present(field + ".type", type);
                case Layer.BatchNormalization(var decay, var epsilon) -> {
                    fraction(field + ".decay", decay);
                    aboveZero(field + ".epsilon", epsilon);
                }
                case Layer.Dropout(var rate) -> fraction(field + ".rate", rate);
                case Layer.Embedding(var units) -> units(field, units);
                case Layer.Lstm(var units, var activation, var returnSequences) -> {
                    units(field, units);
                    activation(field, activation);
                }
            }
        }
    }

    private void units(String field, int units) {
        atLeastOne(field + ".units", units);
    }

    private void atLeastOne(String field, long value) {
        require(value >= 1, field + " is " + value + "; it must be at least 1");
    }

    private void aboveZero(String field, double value) {
        require(value > 0 && Double.isFinite(value), field + " is " + value + "; it must be above 0 and finite");
    }

    private void activation(String field, String activation) {
        require(
                activation != null && Functions.activation(activation).isPresent(),
                field + ".activation is " + quoted(activation) + "; it must be one of "
                        + String.join(", ", Functions.activations()));
    }

    private void dataset(String field, Dataset dataset) {
        if (!present(field, dataset)) {
            return;
        }
        if (present(field + ".place", dataset.place())) {
            require(
                    dataset.place().path() != null || dataset.place().s3() != null,
                    field + ".place has neither a path nor an S3 service; it needs one of them");
        }
        if (present(field + ".format", dataset.format()) && dataset.format() == Dataset.Format.CSV) {
            present(field + ".csv", dataset.csv());
        }
    }

    /** @param brought whether the model brings an optimizer of its own */
    private void training(Training training, boolean brought) {
        atLeastOne("training.epochs", training.epochs());
        atLeastOne("training.batchSize", training.batchSize());
        var optimizer = training.optimizer();
        if (optimizer == null && brought || !present("training.optimizer", optimizer)) {
            return;
        }
        aboveZero("training.optimizer.learningRate", optimizer.learningRate());
        switch (optimizer) {
            case Optimizer.Sgd sgd -> {}
            case Optimizer.Nesterov nesterov -> fraction("training.optimizer.momentum", nesterov.momentum());
            case Optimizer.Adam adam -> {
                fraction("training.optimizer.beta1", adam.beta1());
                fraction("training.optimizer.beta2", adam.beta2());
                aboveZero("training.optimizer.epsilon", adam.epsilon());
            }
            case Optimizer.AdamW adamW -> {
                fraction("training.optimizer.beta1", adamW.beta1());
                fraction("training.optimizer.beta2", adamW.beta2());
                aboveZero("training.optimizer.epsilon", adamW.epsilon());
                notNegative("training.optimizer.weightDecay", adamW.weightDecay());
            }
            case Optimizer.RmsProp rmsProp -> {
                fraction("training.optimizer.decay", rmsProp.decay());
                aboveZero("training.optimizer.epsilon", rmsProp.epsilon());
            }
            case Optimizer.AdaGrad adaGrad -> aboveZero("training.optimizer.epsilon", adaGrad.epsilon());
        }
    }

    private void peers(List<String> peers) {
        if (peers == null || peers.isEmpty()) {
            problems.add("peers is empty; it must name host:port of every rank");
            return;
        }
        for (int rank = 0; rank < peers.size(); rank++) {
            var peer = peers.get(rank);
            require(
                    peer != null && peer.matches(".+:[0-9]{1,5}") && port(peer) >= 1 && port(peer) <= 65535,
                    "peers[" + rank + "] is " + quoted(peer) + "; it must be host:port");
        }
    }

    private static int port(String peer) {
        return Integer.parseInt(peer.substring(peer.lastIndexOf(':') + 1));
    }

    private void fraction(String field, double value) {
        require(value >= 0 && value < 1, field + " is " + value + "; it must be at least 0 and below 1");
    }

    private void notNegative(String field, double value) {
        require(value >= 0 && Double.isFinite(value), field + " is " + value + "; it must be at least 0 and finite");
    }

    private boolean present(String field, Object value) {
        require(value != null, field + " is missing");
        return value != null;
    }

    private void require(boolean right, String otherwise) {
        if (!right) {
            problems.add(otherwise);
        }
    }

    private static String quoted(String value) {
        return value == null ? "missing" : '"' + value + '"';
    }
}
