package dev.capstan.worker.artifact;

import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.worker.artifact.ModelCard.Compressed;
import dev.capstan.worker.artifact.ModelCard.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** A model card for people, in Markdown. */
final class CardText {
    private final ModelCard card;
    private final List<String> lines = new ArrayList<>();

    private CardText(ModelCard card) {
        this.card = card;
    }

    static String of(ModelCard card) {
        var text = new CardText(card);
        text.what();
        if (card.compressed() == null) {
            text.metrics();
        } else {
            text.compressed(card.compressed());
        }
        return String.join("\n", text.lines) + "\n";
    }

    private void what() {
        var lineage = card.lineage();
        lines.add("# " + card.name());
        lines.add("");
        lines.add(
                card.targets() == null
                        ? "It tells " + card.classes().size() + " classes of "
                                + card.shape().words() + " apart: " + named(card.classes()) + "."
                        : "It predicts " + named(card.targets()) + " from "
                                + card.shape().words() + ".");
        table("", "");
        row("model", card.model());
        row("as ONNX", card.onnx() == null ? "none: manifest.json says why" : card.onnx());
        row("recipe", lineage.recipe());
        origin("made from", lineage.from());
        if (lineage.earlier() != null) {
            lineage.earlier().reversed().forEach(each -> {
                row("before that", each.name() + ": " + String.join(", ", each.did()));
                row("before that, digest", each.model());
                origin("before that, made from", each.from());
                origin("before that, training data", each.train());
            });
        }
        origin("training data", lineage.train());
        origin("test data", lineage.test());
        origin("own layers or module", lineage.jar());
        row("training samples", String.valueOf(card.samples()));
        row("steps", card.steps() + ", by " + card.workers() + (card.workers() == 1 ? " worker" : " workers"));
        if (card.training() != null) {
            row("seed", String.valueOf(card.training().seed()));
        }
        row("licence of the model", card.licenses().model());
        row("licence of the data", card.licenses().data());
    }

    private void metrics() {
        table("measure", "");
        card.metrics().forEach((name, value) -> row(name, String.format(Locale.ROOT, "%.6g", value)));
    }

    private void compressed(Compressed compressed) {
        table("step", "settings", "what it did", "bytes after it", "accuracy on training data");
        for (var each : compressed.done()) {
            var result = each.result();
            row(
                    result.step() + " " + result.name(),
                    settings(each),
                    result.summary(),
                    String.valueOf(result.sizeBytes()),
                    number(result.metric()));
        }
        table("measure", "before", "after");
        measure(compressed, "bytes of " + compressed.result().file(), each -> String.valueOf(each.sizeBytes()));
        measure(compressed, "accuracy on test data", each -> number(each.metric()));
        measure(compressed, "latency of one sample, median, ms", each -> number(each.latencyP50Millis()));
        measure(compressed, "latency of one sample, 99th percentile, ms", each -> number(each.latencyP99Millis()));
        measure(
                compressed,
                "samples a second, " + compressed.result().batchSize() + " at once",
                each -> number(each.samplesPerSecond()));
        lines.add("");
        lines.add("Measured on one thread of a CPU with " + plain(compressed.instructions()) + "."
                + (compressed.compared() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                " Its answers to %d samples are at most %.3g from those of the model that it stands for.",
                                compressed.compared(),
                                compressed.largestDifference())));
        bounds(compressed);
        if (!compressed.exempt().isEmpty()) {
            table("layer left as it was", "in step", "because");
            compressed.exempt().forEach(each -> row(each.layer(), String.valueOf(each.step()), each.reason()));
        }
    }

    private void bounds(Compressed compressed) {
        if (compressed.bounds().isEmpty()) {
            lines.add("");
            lines.add("The job set no bounds.");
            return;
        }
        table("bound", "allowed", "measured", "kept");
        for (Bound each : compressed.bounds()) {
            row(
                    switch (each.name()) {
                        case MAX_DROP -> "drop of accuracy, at most";
                        case MIN_COMPRESSION_RATIO -> "times smaller, at least";
                        case MAX_LATENCY_RATIO -> "latency in relation to before, at most";
                    },
                    number(each.bound()),
                    number(each.measured()),
                    each.met() ? "yes" : "no");
        }
        lines.add("");
        lines.add(compressed.accepted() ? "It was accepted." : "It was not accepted.");
    }

    private void measure(Compressed compressed, String name, Function<Measures, String> value) {
        row(name, value.apply(compressed.baseline()), value.apply(compressed.result()));
    }

    private static String settings(ModelCard.Step step) {
        return switch (step.settings()) {
            case Prune prune ->
                prune.granularity() + " by " + prune.norm() + ", " + prune.sparsityPercent() + "% by " + prune.scope()
                        + (prune.fineTune() == null
                                ? ""
                                : ", fine-tuned for at most " + prune.fineTune().epochs() + " epochs from seed "
                                        + prune.fineTune().seed());
            case Quantize quantize ->
                "weights " + quantize.weights() + " by " + quantize.granularity() + " (" + quantize.weightRange()
                        + "), activations " + quantize.activations() + " by "
                        + quantize.calibration().method() + " of "
                        + quantize.calibration().samples() + " samples"
                        + (quantize.maxDrop() == null ? "" : ", at most " + quantize.maxDrop() + " lost on these");
        };
    }

    private static String number(Double value) {
        return value == null ? "not measured" : String.format(Locale.ROOT, "%.6g", value);
    }

    private static String named(List<String> classes) {
        int most = 20;
        var shown = String.join(
                ", ", classes.stream().limit(most).map(CardText::plain).toList());
        return classes.size() <= most ? shown : shown + " and " + (classes.size() - most) + " others";
    }

    private void origin(String what, Origin origin) {
        if (origin != null) {
            row(what, origin.uri());
            row(what + ", digest", origin.digest());
        }
    }

    private void table(String... columns) {
        lines.add("");
        lines.add(columns[0].isEmpty() ? "| | |" : cells(columns));
        lines.add("|" + "---|".repeat(columns.length));
    }

    private void row(String... values) {
        lines.add(cells(values));
    }

    private static String cells(String... values) {
        var line = new StringBuilder("|");
        for (var each : values) {
            line.append(' ').append(plain(each)).append(" |");
        }
        return line.toString();
    }

    /** Names of classes and places may be anything, and are shown as they are. */
    private static String plain(String text) {
        return String.valueOf(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("|", "\\|")
                .replaceAll("\\s+", " ");
    }
}
