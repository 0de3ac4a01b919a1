package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Conditions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's mistake ends with a sentence, never with a restart loop or a lost file. */
@OnCluster
@Turn.Of(Turn.PROCESSORS)
class MistakesTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    @BeforeEach
    void writeData(Tenant tenant) {
        Blobs.write(folder, 400, 100);
    }

    @Test
    void aFolderThatIsNotThereIsNamed(Tenant tenant) {
        tenant.put(folder);
        tenant.apply(job("lost").train("pvc://data/blobs/trian").file());
        var failed = tenant.awaitCondition("lost", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", failed.getReason());
        assertTrue(failed.getMessage().contains("pvc://data/blobs/trian"), failed.getMessage());
        assertEquals(1, tenant.job("lost").getStatus().getAttempt(), "no second attempt");
    }

    /** The file has a name in letters that no locale but the image's own has, and lies beside what a Mac left there. */
    @Test
    void aBadRecordIsNamedByFileAndLine(Tenant tenant) throws IOException {
        Files.writeString(folder.resolve("train/points.csv"), "1.0,2.0,three,4.0,0\n", StandardOpenOption.APPEND);
        Files.move(folder.resolve("train/points.csv"), folder.resolve("train/\u82f9\u679c.CSV"));
        Files.writeString(folder.resolve("train/._\u82f9\u679c.CSV"), "\0Mac OS X");
        tenant.put(folder);
        tenant.apply(job("garbled").file());
        var failed = tenant.awaitCondition("garbled", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", failed.getReason());
        assertTrue(failed.getMessage().contains("/train/\u82f9\u679c.CSV, record 401:"), failed.getMessage());
    }

    @Test
    void aModelThatIsThereIsNotOverwritten(Tenant tenant) {
        tenant.put(folder);
        tenant.apply(job("owner").output("pvc://data/models/one").file());
        tenant.awaitCondition("owner", Conditions.COMPLETE, "True", SOON);
        tenant.apply(job("intruder").output("pvc://data/models/one").file());
        var failed = tenant.awaitCondition("intruder", Conditions.FAILED, "True", SOON);
        assertEquals("OutputUnavailable", failed.getReason());
        assertTrue(failed.getMessage().contains("owner"), failed.getMessage());
    }

    @Test
    void aClaimThatIsNotThereYetIsWaitedFor(Cluster cluster, Tenant tenant) {
        tenant.put(folder);
        tenant.apply(job("patient").output("pvc://later/models").file());
        var waiting = tenant.awaitReason("patient", Conditions.RECONCILING, "MissingReference", SOON);
        assertTrue(waiting.getMessage().contains("later"), waiting.getMessage());
        tenant.createClaim("later");
        tenant.awaitCondition("patient", Conditions.COMPLETE, "True", SOON);
    }

    @Test
    void aModelThatOutgrowsItsWorkersMemoryIsNotTriedAgain(Tenant tenant) {
        tenant.put(folder);
        tenant.apply(job("cramped")
                .replicas(1)
                .with("model", """
                        layers:
                        - dense: {units: 6000, activation: relu}
                        - dense: {units: 6000, activation: relu}
                        - output: {units: 4, activation: softmax, loss: mcxent}
                        """)
                .with("workers.resources.limits.memory", "256Mi")
                .with("workers.resources.requests.memory", "256Mi")
                .file());
        var failed = tenant.awaitCondition("cramped", Conditions.FAILED, "True", SOON);
        assertEquals("OutOfMemory", failed.getReason());
        assertTrue(
                failed.getMessage().contains("256Mi") && failed.getMessage().contains("workers.resources.limits"),
                failed.getMessage());
        // A kubelet doesn't always learn why a container was killed; such a kill is tried again, and counted as a
        // crash.
        var status = tenant.job("cramped").getStatus();
        assertEquals(unexplainedKills(tenant), status.getAttempt() - 1, "no attempt after the one whose end was told");
        assertEquals(status.getAttempt() - 1, status.getCrashes() == null ? 0 : status.getCrashes());
    }

    private static long unexplainedKills(Tenant tenant) {
        return tenant.kubectl("get", "events", "-o", "jsonpath={range .items[*]}{.reason} {.message}{\"\\n\"}{end}")
                .lines()
                .filter(line -> line.startsWith("Restarting ") && line.contains("exit code 137 (Error)"))
                .count();
    }

    @Test
    void aWrongFieldIsRefusedAtApply(Tenant tenant) {
        var refusal = assertThrows(
                IllegalStateException.class,
                () -> tenant.apply(job("typo").train("s3:/nowhere").file()));
        assertTrue(refusal.getMessage().contains("spec.data.train.uri"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("pvc://"), refusal.getMessage());
    }

    private static JobManifest job(String name) {
        return JobManifest.of(name).withoutGpus();
    }
}
