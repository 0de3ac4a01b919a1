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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's mistake ends with a sentence, never with a restart loop or a lost file. */
@OnCluster
@Turn.Of(Turn.MORE_PROCESSORS)
class MistakesTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    /** All at once: each waits most of the time. */
    @Test
    void mistakesEndWithASentence(Tenant tenant, @TempDir Path folder) throws IOException {
        Blobs.write(folder, 400, 100);
        tenant.put(folder);
        tenant.put("strange", strangeFolder(folder));
        tenant.create(job("lost").train("pvc://data/blobs/trian"));
        tenant.create(job("garbled").train("pvc://data/strange/train"));
        tenant.create(job("patient").output("pvc://later/models"));
        tenant.create(job("cramped")
                .with("model", """
                        layers:
                        - dense: {units: 6000, activation: relu}
                        - dense: {units: 6000, activation: relu}
                        - output: {units: 4, activation: softmax, loss: mcxent}
                        """)
                .with("workers.resources.limits.memory", "256Mi")
                .with("workers.resources.requests.memory", "256Mi"));
        aWrongFieldIsRefusedAtApply(tenant);

        var waiting = tenant.awaitReason("patient", Conditions.RECONCILING, "MissingReference", SOON);
        assertTrue(waiting.getMessage().contains("later"), waiting.getMessage());
        tenant.createClaim("later");

        var lost = tenant.awaitCondition("lost", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", lost.getReason());
        assertTrue(lost.getMessage().contains("pvc://data/blobs/trian"), lost.getMessage());
        assertEquals(1, tenant.job("lost").getStatus().getAttempt(), "no second attempt");

        var garbled = tenant.awaitCondition("garbled", Conditions.FAILED, "True", SOON);
        assertEquals("InvalidData", garbled.getReason());
        assertTrue(garbled.getMessage().contains("/train/\u82f9\u679c.CSV, record 401:"), garbled.getMessage());

        var cramped = tenant.awaitCondition("cramped", Conditions.FAILED, "True", SOON);
        assertEquals("OutOfMemory", cramped.getReason());
        assertTrue(
                cramped.getMessage().contains("256Mi") && cramped.getMessage().contains("workers.resources.limits"),
                cramped.getMessage());
        // A kubelet doesn't always learn why a container was killed; such a kill is tried again, and counted as a
        // crash.
        var status = tenant.job("cramped").getStatus();
        assertEquals(unexplainedKills(tenant), status.getAttempt() - 1, "no attempt after the one whose end was told");
        assertEquals(status.getAttempt() - 1, status.getCrashes() == null ? 0 : status.getCrashes());

        tenant.awaitCondition("patient", Conditions.COMPLETE, "True", SOON);
    }

    /**
     * The training data with a bad record, in a file with a name in letters that no locale but the image's own has,
     * beside what a Mac left there.
     */
    private static Path strangeFolder(Path blobs) throws IOException {
        var folder = Files.createDirectories(blobs.resolve("strange/train"));
        Files.copy(blobs.resolve("train/points.csv"), folder.resolve("\u82f9\u679c.CSV"));
        Files.writeString(folder.resolve("\u82f9\u679c.CSV"), "1.0,2.0,three,4.0,0\n", StandardOpenOption.APPEND);
        Files.writeString(folder.resolve("._\u82f9\u679c.CSV"), "\0Mac OS X");
        return folder;
    }

    private static void aWrongFieldIsRefusedAtApply(Tenant tenant) {
        var refusal = assertThrows(
                IllegalStateException.class,
                () -> tenant.apply(job("typo").train("s3:/nowhere").file()));
        assertTrue(refusal.getMessage().contains("spec.data.train.uri"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("pvc://"), refusal.getMessage());
    }

    private static long unexplainedKills(Tenant tenant) {
        return tenant.kubectl("get", "events", "-o", "jsonpath={range .items[*]}{.reason} {.message}{\"\\n\"}{end}")
                .lines()
                .filter(line -> line.startsWith("Restarting ") && line.contains("exit code 137 (Error)"))
                .count();
    }

    private static JobManifest job(String name) {
        return JobManifest.of(name).withoutGpus().replicas(1);
    }
}
