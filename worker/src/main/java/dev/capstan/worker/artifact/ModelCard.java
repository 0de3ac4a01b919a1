package dev.capstan.worker.artifact;

import dev.capstan.protocol.Acceptance;
import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.Compression.LeftOut;
import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.Compression.StepResult;
import dev.capstan.protocol.CompressionStep;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.data.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What people want to know of a model before they use it, after Mitchell et al. 2019 (arXiv:1810.03993), as far as a
 * job knows: no date, and nothing that somebody would have to say. Licences are somebody's to state, so their fields
 * say that nobody has, until somebody does; what is made of the model takes them over.
 *
 * @param name of the job, with its namespace
 * @param model the artifact's digest
 * @param onnx that of the model as ONNX; null if there is none
 * @param lineage what it was made from
 * @param shape what one sample is
 * @param classes that it tells apart, by the output's index; empty if it predicts numbers
 * @param targets that it predicts, by the output's index; null if it tells classes apart
 * @param samples number of training samples that the job has read
 * @param training epochs, optimizer and all else that the job asked for; null if it compressed
 * @param steps updates that were made
 * @param workers how many took part
 * @param metrics by name
 * @param licenses of the model and of the data
 * @param compressed what was done to it, and what that cost; null if it was trained
 */
record ModelCard(
        String name,
        String model,
        String onnx,
        Lineage lineage,
        Shape shape,
        List<String> classes,
        List<String> targets,
        int samples,
        Training training,
        long steps,
        int workers,
        Map<String, Double> metrics,
        Licenses licenses,
        Compressed compressed) {

    /** Models that a card names before its own. */
    private static final int MOST_EARLIER = 64;

    /**
     * @param recipe digest of model, data and training or steps as the job describes them, and of the engine
     * @param from the model that it went on from; null if there is none
     * @param train the training data; null if there is none
     * @param test null if there is none
     * @param jar the user's own layers, or TorchScript module; null if there are none
     * @param earlier what that model was made of in its turn, as far as its card says, the first one first; null if it
     *     doesn't
     */
    record Lineage(String recipe, Origin from, Origin train, Origin test, Origin jar, List<Ancestor> earlier) {}

    /** @param digest {@code sha256:} and 64 hex digits over what was read there; nothing was where there is none */
    record Origin(String uri, String digest) {
        private static Origin of(JobFile.Place place, String digest) {
            return place == null || digest == null ? null : new Origin(place.uri(), digest);
        }

        private static Origin of(JobFile.Dataset dataset, String digest) {
            return dataset == null ? null : of(dataset.place(), digest);
        }
    }

    /**
     * A model before this one.
     *
     * @param name of its job
     * @param model its digest
     * @param did what its job did, step by step
     */
    record Ancestor(
            String name,
            String model,
            List<String> did,
            String recipe,
            Origin from,
            Origin train,
            Origin test,
            Origin jar) {}

    record Licenses(String model, String data) {
        static final Licenses NOT_STATED = new Licenses("not stated", "not stated");
    }

    /**
     * @param done each step, with its settings and what came of it
     * @param baseline the model as it came
     * @param result what came out
     * @param largestDifference between its answers and those of the model that it stands for, on so many samples
     * @param compared how many
     * @param instructions of the CPU that measured
     * @param exempt layers that a step left as they were, by name or for a reason
     * @param acceptance the bounds that it was let through by; null if there were none
     * @param bounds how it stands to each
     * @param accepted whether it is within all of them
     */
    record Compressed(
            List<Step> done,
            Measures baseline,
            Measures result,
            double largestDifference,
            int compared,
            String instructions,
            List<Exempt> exempt,
            Acceptance acceptance,
            List<Bound> bounds,
            boolean accepted) {}

    record Step(CompressionStep settings, StepResult result) {}

    /** @param step counted from 1 */
    record Exempt(int step, String layer, String reason) {}

    /** Of a model that was trained. */
    static ModelCard of(JobFile job, Result result, String recipe, Manifest.File model, Manifest.Onnx onnx) {
        var work = job.train();
        var inputs = result.inputs();
        return new ModelCard(
                name(job),
                model.digest(),
                onnx.file() == null ? null : onnx.file().digest(),
                lineage(
                        recipe,
                        work.model().from(),
                        work.data(),
                        work.model().torchScript() != null
                                ? work.model().torchScript()
                                : work.model().jar(),
                        inputs,
                        result.past().earlier()),
                result.preprocessing().shape(),
                result.preprocessing().classes(),
                result.preprocessing().targets(),
                result.profile().samples(),
                work.training(),
                result.network().step(),
                job.peers().size(),
                new TreeMap<>(result.metrics()),
                new Licenses(result.past().licenses().model(), Licenses.NOT_STATED.data()),
                null);
    }

    /** Of a model that was compressed. */
    static ModelCard of(
            JobFile job,
            Work.Compress work,
            CompressedPublisher.Compressed made,
            Inputs inputs,
            String recipe,
            Manifest.File model,
            Manifest.Onnx onnx) {
        Preprocessing read = made.preprocessing();
        Compression found = made.found();
        return new ModelCard(
                name(job),
                model.digest(),
                onnx.file() == null ? null : onnx.file().digest(),
                lineage(
                        recipe,
                        work.from(),
                        work.data(),
                        work.jar(),
                        inputs,
                        made.past().earlier()),
                read.shape(),
                read.classes(),
                null,
                made.samples(),
                null,
                made.trained(),
                job.peers().size(),
                CompressedPublisher.metrics(found),
                made.past().licenses(),
                new Compressed(
                        steps(work.steps(), found.steps()),
                        found.baseline(),
                        found.compressed(),
                        onnx.largestDifference(),
                        onnx.samples(),
                        made.instructions(),
                        exempt(work.steps(), found.steps()),
                        work.acceptance(),
                        found.bounds(),
                        found.accepted()));
    }

    private static String name(JobFile job) {
        return job.job().namespace() + "/" + job.job().name();
    }

    private static Lineage lineage(
            String recipe,
            JobFile.From from,
            JobFile.Data data,
            JobFile.Place jar,
            Inputs inputs,
            List<Ancestor> earlier) {
        return new Lineage(
                recipe,
                from == null ? null : Origin.of(from.place(), inputs.from()),
                Origin.of(data.train(), inputs.train()),
                Origin.of(data.test(), inputs.test()),
                Origin.of(jar, inputs.jar()),
                earlier.isEmpty() ? null : earlier);
    }

    private static List<Step> steps(List<CompressionStep> steps, List<StepResult> results) {
        var done = new ArrayList<Step>();
        for (int i = 0; i < steps.size(); i++) {
            done.add(new Step(steps.get(i), results.get(i)));
        }
        return done;
    }

    private static List<Exempt> exempt(List<CompressionStep> steps, List<StepResult> results) {
        var exempt = new ArrayList<Exempt>();
        for (int i = 0; i < steps.size(); i++) {
            for (var name : steps.get(i).exclude()) {
                exempt.add(new Exempt(i + 1, name, "named by the job"));
            }
            for (LeftOut each : results.get(i).leftOut()) {
                exempt.add(new Exempt(i + 1, each.layer(), each.reason()));
            }
        }
        return exempt;
    }

    /** What its model was made of, and itself, for the card of what is made of it. */
    List<Ancestor> lineageWithItself() {
        var all = new ArrayList<Ancestor>();
        if (lineage.earlier() != null) {
            lineage.earlier().stream().filter(Objects::nonNull).forEach(all::add);
        }
        var did = compressed == null || compressed.done() == null
                ? List.of("train")
                : compressed.done().stream()
                        .map(each -> each.settings() instanceof CompressionStep.Prune ? "prune" : "quantize")
                        .toList();
        all.add(new Ancestor(
                name, model, did, lineage.recipe(), lineage.from(), lineage.train(), lineage.test(), lineage.jar()));
        return List.copyOf(all.subList(Math.max(0, all.size() - MOST_EARLIER), all.size()));
    }

    /** The licences, of which people may have removed one. */
    Licenses licensesStated() {
        return licenses == null
                ? Licenses.NOT_STATED
                : new Licenses(
                        Objects.requireNonNullElse(licenses.model(), Licenses.NOT_STATED.model()),
                        Objects.requireNonNullElse(licenses.data(), Licenses.NOT_STATED.data()));
    }
}
