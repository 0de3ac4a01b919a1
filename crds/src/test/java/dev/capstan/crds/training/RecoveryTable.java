package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Refused.SAFE;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.entries;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;

import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said in the status of who is in a gang whose workers are replaced one by one, and of what that cost. */
final class RecoveryTable {
    /** Causes that may be counted. */
    private static final int MOST = 16;

    private RecoveryTable() {}

    static Stream<Refused> refusals() {
        var replaced = "status.membership.replaced";
        var givenBack = "status.membership.givenBack";
        return Stream.of(
                        Refused.time("status.membership.since"),
                        Refused.time("status.membership.sparesAfter"),
                        Stream.of(
                                refused(
                                        replaced,
                                        "[{rank: 0, incarnation: 1}, {rank: 0, incarnation: 2}]",
                                        replaced + "[1]: Duplicate value"),
                                refused(
                                        replaced,
                                        items(1025, "{rank: %d, incarnation: 1}"),
                                        "must have at most 1024 items"),
                                absent(replaced + "[0].rank"),
                                absent(replaced + "[0].incarnation"),
                                refused(
                                        givenBack,
                                        "[{rank: 0, node: a}, {rank: 0, node: b}]",
                                        givenBack + "[1]: Duplicate value"),
                                refused(givenBack, items(1025, "{rank: %d, node: a}"), "must have at most 1024 items"),
                                absent(givenBack + "[0].rank"),
                                absent(givenBack + "[0].node"),
                                refused(givenBack + "[0].node", "''", "should be at least 1 chars long"),
                                tooLong(givenBack + "[0].node", 253),
                                refused(
                                        "status.recovery.restartsByCause",
                                        entries(MOST + 1, "1"),
                                        "must have at most " + MOST + " items"),
                                tooLong("status.recovery.lastSeconds", 32),
                                tooLong("status.recovery.totalSeconds", 32)),
                        between("status.term", "1", "1000000"),
                        between("status.membership.settled", "0", "1000000"),
                        between("status.membership.sinceStep", "0", SAFE),
                        between(replaced + "[0].rank", "0", "1023"),
                        between(replaced + "[0].incarnation", "0", "1000000"),
                        between(replaced + "[0].term", "1", "1000000"),
                        between(replaced + "[0].held", "0", "1023"),
                        between(replaced + "[1].holds", "0", "1023"),
                        between(givenBack + "[0].rank", "0", "1023"),
                        between("status.recovery.restarts", "0", "1000000"),
                        between("status.recovery.restartsByCause.Killed", "0", "1000000"),
                        between("status.recovery.recoveries", "0", "1000000"),
                        between("status.recovery.lastStep", "0", SAFE))
                .flatMap(rows -> rows);
    }
}
