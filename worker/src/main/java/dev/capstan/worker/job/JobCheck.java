package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Optimizer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Training.Decay;
import dev.capstan.protocol.Work;
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
        switch (job.work()) {
            case Work.Train train -> check.train(train);
            case Work.Compress compress -> check.compress(compress, job.output());
            case null -> check.problems.add("work is missing");
        }
        if (check.present("checkpoints", job.checkpoints())) {
            check.folder(
                    "checkpoints", job.checkpoints().path(), job.checkpoints().s3());
            check.present("checkpoints.uri", job.checkpoints().uri());
            check.notNegative("checkpoints.everySteps", job.checkpoints().everySteps());
            check.notNegative("checkpoints.everySeconds", job.checkpoints().everySeconds());
            check.atLeastOne("checkpoints.keep", job.checkpoints().keep());
        }
        check.peers(job.peers());
        if (check.present("timeouts", job.timeouts())) {
            check.atLeastOne("timeouts.silence", job.timeouts().silence());
            check.atLeastOne("timeouts.late", job.timeouts().late());
            check.atLeastOne("timeouts.storage", job.timeouts().storage());
        }
        if (check.present("output", job.output())) {
            check.folder("output", job.output().path(), job.output().s3());
            check.present("output.ifExists", job.output().ifExists());
        }
        return check.problems;
    }

    private void train(Work.Train train) {
        if (present("model", train.model())) {
            model(train.model());
        }
        if (present("data", train.data())) {
            dataset("data.train", train.data().train());
            if (train.data().test() != null) {
                dataset("data.test", train.data().test());
            }
            targets(train);
        }
        if (present("training", train.training())) {
            training(train.training(), train.model());
        }
    }

    private void compress(Work.Compress compress, JobFile.Output output) {
        if (present("model.from", compress.from())) {
            from(compress.from());
        }
        if (compress.jar() != null) {
            place("model.jar", compress.jar());
        }
        if (present("data", compress.data())) {
            if (compress.data().train() != null) {
                dataset("data.train", compress.data().train());
            }
            if (compress.data().test() != null) {
                dataset("data.test", compress.data().test());
            }
        }
        problems.addAll(CompressCheck.problems(compress, output, training -> {
            var fineTuning = new JobCheck();
            fineTuning.training(training, null);
            return fineTuning.problems;
        }));
    }

    /** Classes and numbers to predict ask for other losses and measures. */
    private void targets(Work.Train train) {
        var data = train.data();
        boolean numbers = predicted(data.train()) > 0;
        require(
                data.test() == null || numbers == predicted(data.test()) > 0,
                "data.test must have csv.targets where data.train has, and only there");
        if (!numbers) {
            return;
        }
        if (train.model() != null
                && train.model().layers() != null
                && !train.model().layers().isEmpty()) {
            if (train.model().layers().getLast() instanceof Layer.Output(var units, var activation, var loss)) {
                require(
                        units == predicted(data.train()),
                        "data.train.csv.targets has " + predicted(data.train()) + " columns, the output layer has "
                                + units + " units; there must be one for each");
                require(
                        Functions.comparesNumbers(loss),
                        "the output layer's loss is " + quoted(loss) + "; to predict numbers it must be mse,"
                                + " mean_absolute_error, l1, l2 or huber");
                require(
                        !Boolean.TRUE.equals(data.train().csv().standardize()) || "identity".equals(activation),
                        "data.train.csv.standardize is set, and the output layer's activation is " + quoted(activation)
                                + "; what it gives is standardized, too, and needs identity");
            }
        }
        if (train.training() != null && train.training().earlyStopping() != null) {
            require(
                    train.training().earlyStopping().metric() != Training.EarlyStopping.Metric.ACCURACY,
                    "training.earlyStopping.metric is ACCURACY, which numbers to predict have none of; it must be LOSS");
        }
    }

    private static int predicted(Dataset dataset) {
        return dataset == null || dataset.csv() == null || dataset.csv().targets() == null
                ? 0
                : dataset.csv().targets().size();
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
            from(model.from());
        }
        if (model.jar() != null) {
            place("model.jar", model.jar());
            require(model.layers() == null, "model.jar is set with model.layers, which need none; remove one of them");
        }
    }

    private void from(JobFile.From from) {
        place("model.from.place", from.place());
        var digest = from.digest();
        require(
                digest == null || digest.matches("sha256:[0-9a-f]{64}"),
                "model.from.digest is " + quoted(digest) + "; it must be sha256: and 64 hex digits");
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
            layer(field, layer);
        }
    }

    private void residual(String field, List<Layer> layers) {
        if (!present(field, layers)) {
            return;
        }
        require(!layers.isEmpty(), field + " is empty; it needs at least one layer");
        for (int i = 0; i < layers.size(); i++) {
            var inner = field + "[" + i + "]";
            if (present(inner, layers.get(i))) {
                require(
                        !(layers.get(i) instanceof Layer.Residual || layers.get(i) instanceof Layer.Output),
                        inner + " is a residual or an output layer; neither may be within a residual");
                layer(inner, layers.get(i));
            }
        }
    }

    private void layer(String field, Layer layer) {
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
            case Layer.BidirectionalLstm(var units, var activation) -> {
                units(field, units);
                activation(field, activation);
            }
            case Layer.Conv1d(var filters, var kernel, var activation) -> {
                atLeastOne(field + ".filters", filters);
                require(
                        kernel >= 1 && kernel % 2 == 1,
                        field + ".kernelSize is " + kernel + "; it must be odd and at least 1");
                activation(field, activation);
            }
            case Layer.LayerNormalization(var epsilon) -> aboveZero(field + ".epsilon", epsilon);
            case Layer.Positions positions -> {}
            case Layer.Attention(var heads) -> atLeastOne(field + ".heads", heads);
            case Layer.Residual(var inner) -> residual(field + ".residual.layers", inner);
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
        place(field + ".place", dataset.place());
        if (!present(field + ".format", dataset.format())) {
            return;
        }
        switch (dataset.format()) {
            case IDX -> {}
            case CSV -> {
                if (present(field + ".csv", dataset.csv())) {
                    csv(field + ".csv", dataset.csv());
                }
            }
            case IMAGES -> {
                if (present(field + ".images", dataset.images())) {
                    images(field + ".images", dataset.images());
                }
            }
            case TEXT -> {
                if (present(field + ".text", dataset.text())) {
                    text(field + ".text", dataset.text());
                }
            }
        }
    }

    private void images(String field, JobFile.Images images) {
        atLeastOne(field + ".height", images.height());
        atLeastOne(field + ".width", images.width());
        require(
                images.channels() == 1 || images.channels() == 3,
                field + ".channels is " + images.channels() + "; it must be 1 (grey) or 3 (colour)");
    }

    private void csv(String field, JobFile.Csv csv) {
        delimiter(field, csv.delimiter());
        columns(field + ".columns", csv.columns());
        columns(field + ".targets", csv.targets());
    }

    private void delimiter(String field, String delimiter) {
        require(
                delimiter == null || delimiter.length() == 1 && !"\"\r\n ".contains(delimiter),
                field + ".delimiter is " + quoted(delimiter)
                        + "; it must be one character, and no quotation mark, space or line end");
    }

    private void columns(String field, List<JobFile.Column> columns) {
        if (columns == null) {
            return;
        }
        require(!columns.isEmpty(), field + " is empty; it must name at least one column");
        for (int i = 0; i < columns.size(); i++) {
            if (present(field + "[" + i + "]", columns.get(i))) {
                require(
                        (columns.get(i).index() == null) != (columns.get(i).name() == null),
                        field + "[" + i + "] must have one of index and name");
            }
        }
    }

    private void text(String field, JobFile.Text text) {
        delimiter(field, text.delimiter());
        require(
                text.textColumn() != text.labelColumn(),
                field + ".textColumn and labelColumn are both " + text.textColumn() + "; they must differ");
        atLeastOne(field + ".vocabularySize", text.vocabularySize());
        if (present(field + ".encoding", text.encoding()) && text.encoding() == JobFile.Text.Encoding.SEQUENCE) {
            atLeastOne(field + ".maxLength", text.maxLength());
        }
    }

    private void place(String field, JobFile.Place place) {
        if (!present(field, place)) {
            return;
        }
        require(
                place.path() != null || place.s3() != null,
                field + " has neither a path nor an S3 service; it needs one of them");
        if (place.s3() != null) {
            service(field, place.s3());
        }
    }

    private void folder(String field, String path, JobFile.S3 s3) {
        if (s3 == null) {
            present(field + ".path", path);
        } else {
            service(field, s3);
        }
    }

    private void service(String field, JobFile.S3 s3) {
        present(field + ".s3.region", s3.region());
        present(field + ".s3.credentials", s3.credentials());
    }

    private void training(Training training, JobFile.Model model) {
        boolean layers = model != null && model.layers() != null;
        atLeastOne("training.epochs", training.epochs());
        atLeastOne("training.batchSize", training.batchSize());
        atLeastOne("training.accumulateSteps", training.parts());
        if (training.optimizer() != null) {
            optimizer(training.optimizer());
        } else {
            // Other models bring one.
            require(!layers, "training.optimizer is missing");
        }
        if (training.schedule() != null) {
            require(
                    training.optimizer() != null,
                    "training.schedule is set without training.optimizer, whose learning rate it would change; set both");
            schedule(training.schedule());
        }
        penalty("training.l1", training.l1(), layers);
        penalty("training.l2", training.l2(), layers);
        if (training.clipping() != null) {
            clipping(training.clipping());
        }
        fraction("training.validationSplit", training.validationSplit());
        if (training.earlyStopping() != null) {
            earlyStopping(training.earlyStopping());
            require(
                    training.validationSplit() > 0,
                    "training.earlyStopping is set without training.validationSplit, on which it measures; set both");
        }
        if (training.classWeights() != null) {
            classWeights(training.classWeights());
            require(
                    layers && model.layers().getLast() instanceof Layer.Output output && "mcxent".equals(output.loss()),
                    "training.classWeights are set, but model.layers don't end in an output layer with the loss"
                            + " mcxent; only that one can weigh classes");
        }
    }

    private void optimizer(Optimizer optimizer) {
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

    private void schedule(Training.Schedule schedule) {
        notNegative("training.schedule.warmupSteps", schedule.warmupSteps());
        var field = "training.schedule.decay";
        switch (schedule.decay()) {
            case null ->
                require(
                        schedule.warmupSteps() > 0,
                        "training.schedule has neither a decay nor warmupSteps; it needs one of them");
            case Decay.Step(var everyEpochs, var factor) -> {
                atLeastOne(field + ".everyEpochs", everyEpochs);
                aboveZero(field + ".factor", factor);
            }
            case Decay.Exponential(var factor) -> aboveZero(field + ".factor", factor);
            case Decay.Polynomial(var power) -> aboveZero(field + ".power", power);
        }
    }

    private void penalty(String field, double factor, boolean layers) {
        notNegative(field, factor);
        require(
                factor == 0 || layers,
                field + " is " + factor
                        + ", but the model brings its own penalties; it must be 0 without model.layers");
    }

    private void clipping(Training.Clipping clipping) {
        notNegative("training.clipping.maxNorm", clipping.maxNorm());
        notNegative("training.clipping.maxValue", clipping.maxValue());
        require(
                clipping.maxNorm() > 0 != clipping.maxValue() > 0,
                "training.clipping has maxNorm " + clipping.maxNorm() + " and maxValue " + clipping.maxValue()
                        + "; exactly one must be above 0");
    }

    private void earlyStopping(Training.EarlyStopping stopping) {
        present("training.earlyStopping.metric", stopping.metric());
        atLeastOne("training.earlyStopping.patience", stopping.patience());
        notNegative("training.earlyStopping.minDelta", stopping.minDelta());
    }

    private void classWeights(Training.ClassWeights weights) {
        require(
                weights.balanced() == (weights.values() == null),
                "training.classWeights has balanced: " + weights.balanced() + " and "
                        + (weights.values() == null ? "no" : weights.values().size())
                        + " values; it needs one of the two");
        if (weights.values() != null) {
            for (int i = 0; i < weights.values().size(); i++) {
                var value = weights.values().get(i);
                var field = "training.classWeights.values[" + i + "]";
                if (present(field, value)) {
                    aboveZero(field, value);
                }
            }
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

    private void notNegative(String field, long value) {
        require(value >= 0, field + " is " + value + "; it must be at least 0");
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
