package dev.capstan.crds.compression;

import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;

import dev.capstan.crds.validation.Refused;
import java.util.List;
import java.util.stream.Stream;

/** What may be said in the status of what a compression has found. */
final class StatusTable {
    private StatusTable() {}

    static Stream<Refused> refusals() {
        var found = "status.compression";
        var measures = List.of("baseline", "compressed");
        return Stream.of(
                        Stream.of("ratio", "drop", "latencyRatio").map(name -> tooLong(found + "." + name, 32)),
                        Stream.of(
                                refused(found + ".bounds", items(9, "{name: a}"), "must have at most 8 items"),
                                refused(found + ".steps", items(17, "{name: a}"), "must have at most 16 items"),
                                refused(
                                        found + ".steps[0].leftOut",
                                        items(65, "{layer: a}"),
                                        "must have at most 64 items"),
                                refused(
                                        found + ".sensitivity",
                                        items(129, "{layer: a}"),
                                        "must have at most 128 items"),
                                tooLong(found + ".bounds[0].name", 63),
                                tooLong(found + ".bounds[0].bound", 32),
                                tooLong(found + ".bounds[0].measured", 32),
                                tooLong(found + ".bounds[0].missedBy", 32),
                                tooLong(found + ".steps[0].name", 63),
                                tooLong(found + ".steps[0].summary", 1024),
                                tooLong(found + ".steps[0].accuracy", 32),
                                tooLong(found + ".steps[0].leftOut[0].layer", 256),
                                tooLong(found + ".steps[0].leftOut[0].reason", 512),
                                tooLong(found + ".sensitivity[0].layer", 256),
                                tooLong(found + ".sensitivity[0].accuracy", 32),
                                tooLong(found + ".sensitivity[0].error", 32)),
                        between(found + ".calibrationSamples", "0", Refused.SAFE),
                        between(found + ".steps[0].step", "0", "16"),
                        between(found + ".steps[0].sizeBytes", "0", Refused.SAFE),
                        between(found + ".sensitivity[0].step", "0", "16"),
                        measures.stream().flatMap(of -> measures(found + "." + of)))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> measures(String block) {
        return Stream.of(
                        Stream.of(tooLong(block + ".file", 253)),
                        Stream.of("accuracy", "latencyP50Millis", "latencyP99Millis", "samplesPerSecond")
                                .map(name -> tooLong(block + "." + name, 32)),
                        between(block + ".sizeBytes", "0", Refused.SAFE),
                        between(block + ".batchSize", "0", "1048576"))
                .flatMap(rows -> rows);
    }
}
