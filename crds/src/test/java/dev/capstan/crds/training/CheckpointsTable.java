package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;

import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said in the status of what checkpoints cost, and of how much of the time was of use. */
final class CheckpointsTable {
    private CheckpointsTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        Stream.of(
                                tooLong("status.checkpoints.stallMillis", 32),
                                tooLong("status.checkpoints.writeMillis", 32),
                                refused("status.checkpoints.broken", items(11, "a"), "must have at most 10 items"),
                                tooLong("status.checkpoints.broken[0]", 512)),
                        Stream.of("ratio", "summary", "productiveSeconds", "wallSeconds", "earlierSeconds")
                                .map(field -> tooLong("status.goodput." + field, 32)),
                        between("status.checkpoints.everySeconds", "0", SAFE),
                        between("status.checkpoints.sizeBytes", "0", SAFE),
                        between("status.checkpoints.late", "0", "1000000"),
                        between("status.goodput.lostSteps", "0", SAFE),
                        between("status.goodput.attempt", "0", "1000000"),
                        between("status.goodput.step", "0", SAFE))
                .flatMap(rows -> rows);
    }
}
