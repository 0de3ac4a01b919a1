package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import dev.capstan.protocol.Layer;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.model.Functions;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What is wrong with a job, field by field. The operator's own validation lets none of this through; a worker checks
 * again because an image may be older than the operator, and a job file may be written by hand.
 */
final class JobCheck {
    private final Problems problems;

    private JobCheck(Problems problems) {
        this.problems = problems;
    }

    /** A sentence for each wrong field; empty if the job can be done. */
    static List<String> problems(JobFile job) {
        var problems = new Problems();
        var check = new JobCheck(problems);
        if (problems.present("job", job.job())) {
            problems.present("job.uid", job.job().uid());
            problems.present("job.name", job.job().name());
        }
        switch (job.work()) {
            case Work.Train train -> check.train(train);
            case Work.Compress compress -> check.compress(compress, job.output());
            case null -> problems.add("work is missing");
        }
        if (problems.present("checkpoints", job.checkpoints())) {
            new PlaceCheck(problems)
                    .folder(
                            "checkpoints",
                            job.checkpoints().path(),
                            job.checkpoints().s3());
            problems.present("checkpoints.uri", job.checkpoints().uri());
            problems.notNegative("checkpoints.everySteps", job.checkpoints().everySteps());
            problems.notNegative("checkpoints.everySeconds", job.checkpoints().everySeconds());
            problems.atLeastOne("checkpoints.keep", job.checkpoints().keep());
            if (job.checkpoints().resumeFrom() != null) {
                new PlaceCheck(problems)
                        .place(
                                "checkpoints.resumeFrom",
                                job.checkpoints().resumeFrom().place());
            }
            if (job.checkpoints().auto() != null) {
                problems.notNegative(
                        "checkpoints.auto.failures", job.checkpoints().auto().failures());
                problems.notNegative(
                        "checkpoints.auto.seconds", job.checkpoints().auto().seconds());
            }
        }
        check.peers(job.peers());
        if (problems.present("timeouts", job.timeouts())) {
            problems.atLeastOne("timeouts.silence", job.timeouts().silence());
            problems.atLeastOne("timeouts.late", job.timeouts().late());
            problems.atLeastOne("timeouts.storage", job.timeouts().storage());
        }
        if (problems.present("output", job.output())) {
            new PlaceCheck(problems)
                    .folder("output", job.output().path(), job.output().s3());
            problems.present("output.ifExists", job.output().ifExists());
        }
        return problems.sentences();
    }

    private void train(Work.Train train) {
        if (problems.present("model", train.model())) {
            model(train.model());
        }
        if (problems.present("data", train.data())) {
            new DatasetCheck(problems).dataset("data.train", train.data().train());
            if (train.data().test() != null) {
                new DatasetCheck(problems).dataset("data.test", train.data().test());
            }
            targets(train);
        }
        if (problems.present("training", train.training())) {
            new TrainingCheck(problems).training(train.training(), train.model());
        }
    }

    private void compress(Work.Compress compress, JobFile.Output output) {
        if (problems.present("model.from", compress.from())) {
            from(compress.from());
        }
        if (compress.jar() != null) {
            new PlaceCheck(problems).place("model.jar", compress.jar());
        }
        if (problems.present("data", compress.data())) {
            if (compress.data().train() != null) {
                new DatasetCheck(problems).dataset("data.train", compress.data().train());
            }
            if (compress.data().test() != null) {
                new DatasetCheck(problems).dataset("data.test", compress.data().test());
            }
        }
        new CompressCheck(problems, compress.data()).compression(compress, output);
    }

    /** Classes and numbers to predict ask for other losses and measures. */
    private void targets(Work.Train train) {
        var data = train.data();
        boolean numbers = predicted(data.train()) > 0;
        problems.require(
                data.test() == null || numbers == predicted(data.test()) > 0,
                "data.test must have csv.targets where data.train has, and only there");
        if (!numbers) {
            return;
        }
        if (train.model() != null
                && train.model().layers() != null
                && !train.model().layers().isEmpty()) {
            if (train.model().layers().getLast() instanceof Layer.Output(var units, var activation, var loss)) {
                problems.require(
                        units == predicted(data.train()),
                        "data.train.csv.targets has " + predicted(data.train()) + " columns, the output layer has "
                                + units + " units; there must be one for each");
                problems.require(
                        Functions.comparesNumbers(loss),
                        "the output layer's loss is " + Problems.quoted(loss) + "; to predict numbers it must be mse,"
                                + " mean_absolute_error, l1, l2 or huber");
                problems.require(
                        !Boolean.TRUE.equals(data.train().csv().standardize()) || "identity".equals(activation),
                        "data.train.csv.standardize is set, and the output layer's activation is "
                                + Problems.quoted(activation)
                                + "; what it gives is standardized, too, and needs identity");
            }
        }
        if (train.training() != null && train.training().earlyStopping() != null) {
            problems.require(
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
        long given = Stream.of(model.layers(), model.configuration(), model.from(), model.torchScript())
                .filter(Objects::nonNull)
                .count();
        problems.require(
                given == 1,
                "model has " + given + " of layers, configuration, from and torchScript; it must have exactly one");
        if (model.layers() != null) {
            new LayerCheck(problems).layers(model.layers());
        }
        if (model.from() != null) {
            from(model.from());
        }
        if (model.jar() != null) {
            new PlaceCheck(problems).place("model.jar", model.jar());
            problems.require(
                    model.layers() == null, "model.jar is set with model.layers, which need none; remove one of them");
            problems.require(
                    model.torchScript() == null,
                    "model.jar is set with model.torchScript, which needs none; remove one of them");
        }
        if (model.torchScript() != null) {
            new PlaceCheck(problems).place("model.torchScript", model.torchScript());
        }
    }

    private void from(JobFile.From from) {
        new PlaceCheck(problems).place("model.from.place", from.place());
        var digest = from.digest();
        problems.require(
                digest == null || digest.matches("sha256:[0-9a-f]{64}"),
                "model.from.digest is " + Problems.quoted(digest) + "; it must be sha256: and 64 hex digits");
    }

    private void peers(List<String> peers) {
        if (peers == null || peers.isEmpty()) {
            problems.add("peers is empty; it must name host:port of every rank");
            return;
        }
        for (int rank = 0; rank < peers.size(); rank++) {
            var peer = peers.get(rank);
            problems.require(
                    peer != null && peer.matches(".+:[0-9]{1,5}") && port(peer) >= 1 && port(peer) <= 65535,
                    "peers[" + rank + "] is " + Problems.quoted(peer) + "; it must be host:port");
        }
    }

    private static int port(String peer) {
        return Integer.parseInt(peer.substring(peer.lastIndexOf(':') + 1));
    }
}
