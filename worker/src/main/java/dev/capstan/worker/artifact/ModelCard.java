package dev.capstan.worker.artifact;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Training;
import dev.capstan.worker.data.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What people want to know of a model before they use it, after Mitchell et al. 2019 (arXiv:1810.03993), as far as a
 * job knows: no date, and nothing that somebody would have to say. Licences are somebody's to state, so their fields
 * say that nobody has.
 *
 * @param name of the job, with its namespace
 * @param model the archive's digest
 * @param onnx that of the model as ONNX; null if there is none
 * @param lineage what it was made from
 * @param shape what one sample is
 * @param classes that it tells apart, by the output's index
 * @param samples number of training samples
 * @param training epochs, optimizer and all else that the job asked for
 * @param steps updates that were made
 * @param workers how many trained it
 * @param metrics by name
 * @param licenses of the model and of the data
 */
record ModelCard(
        String name,
        String model,
        String onnx,
        Lineage lineage,
        Shape shape,
        List<String> classes,
        int samples,
        Training training,
        long steps,
        int workers,
        Map<String, Double> metrics,
        Licenses licenses) {

    /**
     * @param recipe digest of model, data and training as the job describes them, and of the engine
     * @param from the model that it went on from; null if there is none
     * @param train the training data
     * @param test null if there is none
     * @param jar the user's own layers; null if there are none
     */
    record Lineage(String recipe, Origin from, Origin train, Origin test, Origin jar) {}

    /** @param digest {@code sha256:} and 64 hex digits over what was read there; nothing was where there is none */
    record Origin(String uri, String digest) {
        private static Origin of(JobFile.Place place, String digest) {
            return place == null || digest == null ? null : new Origin(place.uri(), digest);
        }
    }

    record Licenses(String model, String data) {
        static final Licenses NOT_STATED = new Licenses("not stated", "not stated");
    }

    static ModelCard of(JobFile job, Result result, String recipe, Manifest.File model, Manifest.Onnx onnx) {
        var work = job.train();
        var inputs = result.inputs();
        var from = work.model().from();
        var test = work.data().test();
        return new ModelCard(
                job.job().namespace() + "/" + job.job().name(),
                model.digest(),
                onnx.file() == null ? null : onnx.file().digest(),
                new Lineage(
                        recipe,
                        from == null ? null : Origin.of(from.place(), inputs.from()),
                        Origin.of(work.data().train().place(), inputs.train()),
                        test == null ? null : Origin.of(test.place(), inputs.test()),
                        Origin.of(work.model().jar(), inputs.jar())),
                result.preprocessing().shape(),
                result.preprocessing().classes(),
                result.profile().samples(),
                work.training(),
                result.network().step(),
                job.peers().size(),
                new TreeMap<>(result.metrics()),
                Licenses.NOT_STATED);
    }

    /** The card for people. */
    String markdown() {
        var lines = new ArrayList<String>();
        lines.add("# " + name);
        lines.add("");
        lines.add("It tells " + classes.size() + " classes of " + shape.words() + " apart: " + named(classes) + ".");
        lines.add("");
        lines.add("| | |");
        lines.add("|---|---|");
        lines.add(row("model", model));
        lines.add(row("as ONNX", onnx == null ? "none: manifest.json says why" : onnx));
        lines.add(row("recipe", lineage.recipe()));
        addOrigin(lines, "made from", lineage.from());
        addOrigin(lines, "training data", lineage.train());
        addOrigin(lines, "test data", lineage.test());
        addOrigin(lines, "own layers", lineage.jar());
        lines.add(row("training samples", String.valueOf(samples)));
        lines.add(row("steps", steps + ", by " + workers + (workers == 1 ? " worker" : " workers")));
        lines.add(row("seed", String.valueOf(training.seed())));
        lines.add(row("licence of the model", licenses.model()));
        lines.add(row("licence of the data", licenses.data()));
        lines.add("");
        lines.add("| measure | |");
        lines.add("|---|---|");
        metrics.forEach((name, value) -> lines.add(row(name, String.format(Locale.ROOT, "%.6g", value))));
        return String.join("\n", lines) + "\n";
    }

    private static String named(List<String> classes) {
        int most = 20;
        var shown = String.join(
                ", ", classes.stream().limit(most).map(ModelCard::plain).toList());
        return classes.size() <= most ? shown : shown + " and " + (classes.size() - most) + " others";
    }

    private static void addOrigin(List<String> lines, String what, Origin origin) {
        if (origin != null) {
            lines.add(row(what, origin.uri()));
            lines.add(row(what + ", digest", origin.digest()));
        }
    }

    private static String row(String name, String value) {
        return "| " + plain(name) + " | " + plain(value) + " |";
    }

    /** Names of classes and places may be anything, and are shown as they are. */
    private static String plain(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("|", "\\|")
                .replaceAll("\\s+", " ");
    }
}
