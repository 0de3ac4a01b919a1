package dev.capstan.controllers.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What events tell of pods that don't come up, and of claims without a volume. */
class ToldTest {
    private static final Told MOUNT = warning(10, "FailedMount", "secret \"keys\" not found");

    @Test
    void ofAPodTheLastWordCounts() {
        assertEquals("", Told.ofPod(List.of()));
        assertEquals(
                "", Told.ofPod(List.of(normal(11, "Scheduled", "assigned to a"))), "that is no word of the kubelet");
        var probed = new Told(
                true,
                "Unhealthy",
                "Startup probe failed: connection refused",
                MOUNT.at().plusSeconds(9));
        assertEquals(
                "",
                Told.ofPod(List.of(normal(10, "Started", "Started container worker"), probed)),
                "its container runs, and on a busy node its status says so later");
        assertEquals("FailedMount: secret \"keys\" not found", Told.ofPod(List.of(MOUNT, normal(10, "Scheduled", ""))));
        assertEquals("", Told.ofPod(List.of(MOUNT, normal(12, "Pulling", "Pulling image"))), "it went on");
        assertEquals("", Told.ofPod(List.of(normal(10, "Pulling", "Pulling image"), MOUNT)), "within one second");
        var sandbox = warning(13, "FailedCreatePodSandBox", "no address left");
        assertEquals("FailedCreatePodSandBox: no address left", Told.ofPod(List.of(sandbox, MOUNT)));
    }

    @Test
    void ofAClaimWhatWentWrongCountsBeforeWhatGoesOn() {
        assertEquals(Optional.empty(), Told.ofClaim(List.of()));
        var waiting = normal(30, "ExternalProvisioning", "Waiting for a volume");
        assertEquals(Optional.of("ExternalProvisioning: Waiting for a volume"), Told.ofClaim(List.of(waiting)));
        var failed = warning(20, "ProvisioningFailed", "quota of the storage exceeded");
        assertEquals(
                Optional.of("ProvisioningFailed: quota of the storage exceeded"),
                Told.ofClaim(List.of(failed, waiting, warning(5, "ProvisioningFailed", "no such pool"))));
    }

    @Test
    void ofAPodThatIsGoneItIsSaidWhoHadItGo() {
        var tainted = normal(20, "TaintManagerEviction", "Marking for deletion Pod team/a");
        var killing = normal(30, "Killing", "Stopping container worker");
        assertEquals(Optional.empty(), Told.whoHadItGo(List.of(killing)), "a kubelet does what others want");
        assertEquals(
                Optional.of("TaintManagerEviction: Marking for deletion Pod team/a"),
                Told.whoHadItGo(List.of(tainted, killing)));
        assertEquals(
                Optional.of("Preempted: Preempted by pod b"),
                Told.whoHadItGo(List.of(tainted, normal(25, "Preempted", "Preempted by pod b"))));
        assertEquals(
                Optional.empty(),
                Told.whoHadItGo(
                        List.of(tainted, normal(21, "TaintManagerEviction", "Cancelling deletion of Pod team/a"))),
                "the taint was gone before its time was over");
    }

    private static Told warning(int second, String reason, String message) {
        return new Told(true, reason, message, Instant.ofEpochSecond(second));
    }

    private static Told normal(int second, String reason, String message) {
        return new Told(false, reason, message, Instant.ofEpochSecond(second));
    }
}
