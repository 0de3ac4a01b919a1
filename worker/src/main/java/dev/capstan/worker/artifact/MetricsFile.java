package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import java.util.LinkedHashMap;
import java.util.List;

/** The text of {@code metrics.json}: each metric by its name, and what is no single number. */
final class MetricsFile {
    private MetricsFile() {}

    /**
     * @param classes by the output's index
     * @param counts for each class, in how many samples of it which class was told
     */
    private record ConfusionMatrix(List<String> classes, List<List<Integer>> counts) {}

    static String of(Result result) {
        var all = new LinkedHashMap<String, Object>(result.metrics());
        if (result.confusion() != null && !result.confusion().isEmpty()) {
            all.put(
                    "confusionMatrix",
                    new ConfusionMatrix(result.preprocessing().classes(), result.confusion()));
        }
        if (!result.history().isEmpty()) {
            all.put("history", result.history().stream().map(EndedEpoch::epoch).toList());
        }
        return Json.write(all);
    }
}
