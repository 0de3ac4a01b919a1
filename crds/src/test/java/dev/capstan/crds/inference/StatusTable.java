package dev.capstan.crds.inference;

import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.tooMany;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said in the status of a service. */
final class StatusTable {
    private static final String REVISION = "status.revisions[0]";
    private static final String DIGEST = "sha256:" + "0".repeat(64);

    private StatusTable() {}

    static Stream<Refused> refusals() {
        return Stream.of(
                        Stream.of("replicas", "readyReplicas", "updatedReplicas", "routers", "readyRouters")
                                .flatMap(count -> between("status." + count, "0", "1024")),
                        between("status.revision", "0", "1000000"),
                        between("status.updatingRevision", "0", "1000000"),
                        Stream.of(
                                tooLong("status.selector", 1024),
                                tooLong("status.summary", 32),
                                tooLong("status.model", 320),
                                tooLong("status.url", 512),
                                refused("status.digest", "md5:1", "digest in body should match"),
                                refused(
                                        "status.givenBack",
                                        "[{rank: 0, node: a}, {rank: 0, node: b}]",
                                        "status.givenBack[1]: Duplicate value"),
                                absent(REVISION + ".revision"),
                                absent(REVISION + ".digest"),
                                refused(REVISION + ".digest", "md5:1", "digest in body should match"),
                                tooLong(REVISION + ".source", 1024),
                                tooLong(REVISION + ".hash", 64),
                                tooLong(REVISION + ".problem", 4096),
                                refused(
                                        "status.revisions",
                                        "[{revision: 1, digest: '%s'}, {revision: 1, digest: '%s'}]"
                                                .formatted(DIGEST, DIGEST),
                                        "status.revisions[1]: Duplicate value"),
                                tooMany(
                                        "status.revisions",
                                        64,
                                        items(65, "{revision: 1%d, digest: '" + DIGEST + "'}"))),
                        between(REVISION + ".revision", "1", "1000000"),
                        between(REVISION + ".replicas", "0", "1024"),
                        between(REVISION + ".ready", "0", "1024"),
                        between("status.seats.replicas", "0", "768"),
                        Stream.of(absent("status.seats.replicas"), absent("status.seats.since")),
                        Refused.time("status.seats.since"),
                        Refused.time(REVISION + ".createdAt"),
                        Places.service(REVISION + ".s3"))
                .flatMap(rows -> rows);
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each("status.revisions", null, "[]", items(64, "{revision: 1%d, digest: '" + DIGEST + "'}")),
                        each("status.updatingRevision", null, "0"),
                        each("status.givenBack", null, "[]", items(1024, "{rank: %d, node: a}")),
                        each("status.model", null, "''"))
                .flatMap(rows -> rows);
    }
}
