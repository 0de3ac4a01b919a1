package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.IfExists;
import dev.capstan.crds.LocalReference;
import dev.capstan.crds.S3;
import dev.capstan.crds.Storage;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two jobs that write one place take turns. */
class OutputUseTest {
    private final PlanTable first = table("first", "2026-01-01T00:00:00Z");
    private final PlanTable second = table("second", "2026-01-01T00:01:00Z");

    @Test
    void theSecondHoldsNothingUntilTheFirstIsFinishedAlsoIfItWouldOverwrite() {
        second.job.getSpec().getOutput().setIfExists(IfExists.OVERWRITE);
        first.running();
        look();
        second.pass();
        assertEquals("Reconciling OutputInUse", second.standing());
        assertEquals(
                "output.storage pvc://models/mnist is written by TrainingJob team/first, which is not finished (Training):"
                        + " this job has its turn after it, and then goes by output.ifExists, which is Overwrite",
                second.message());
        assertTrue(second.workload().isEmpty());
        assertEquals(List.of(Notice.Reason.OutputInUse), second.reasons());
        first.succeed();
        first.pass();
        look();
        second.pass();
        assertEquals("Reconciling WaitingForCapacity", second.standing());
    }

    @Test
    void ofTwoThatAreNewTheOlderComesFirst() {
        assertEquals(Optional.empty(), before(first, second));
        assertEquals("first", before(second, first).orElseThrow().job().name());
    }

    @Test
    void whoHasPlacesComesBeforeWhoIsOlderAndKeepsItsTurnWhileItRests() {
        second.running();
        assertEquals("second", before(first, second).orElseThrow().job().name());
        assertEquals(Optional.empty(), before(second, first));
        second.suspend(true);
        second.pass();
        second.pass();
        second.pods.clear();
        second.pass();
        assertEquals("Suspended", before(first, second).orElseThrow().state());
    }

    @Test
    void whoMustBeHelpedFirstKeepsNobodyWaiting() {
        first.missingClaims.add("datasets");
        first.pass();
        assertEquals(Optional.empty(), before(second, first));
        first.missingClaims.clear();
        first.suspend(true);
        first.pass();
        assertEquals(Optional.empty(), before(second, first), "nor who rests and has never begun");
    }

    @Test
    void whoWaitsForItsTurnKeepsThatBeforeAThird() {
        var third = table("third", "2026-01-01T00:02:00Z");
        first.running();
        second.others = new Others(List.of(), before(second, first));
        second.pass();
        first.succeed();
        first.pass();
        assertEquals("second", before(third, first, second).orElseThrow().job().name());
    }

    @Test
    void twoThatWereGrantedPlacesAtOnceDoNotBothMakePods() {
        first.pass();
        second.pass();
        first.grant().pass();
        second.grant();
        look();
        second.pass();
        assertEquals("Reconciling OutputInUse", second.standing());
        assertEquals(List.of(), second.podNames(second.pass()));
    }

    @Test
    void aClaimIsANamespacesOwnAndABucketEverybodys() {
        assertNotEquals(place("team", "pvc://models/mnist", null), place("other", "pvc://models/mnist", null));
        assertNotEquals(place("team", "pvc://models/mnist", null), place("team", "pvc://models/mnist-2", null));
        assertEquals(
                place("team", "s3://models/mnist", "https://MinIO.example.com:443"),
                place("other", "s3://models/mnist", "https://minio.example.com"));
        assertEquals(
                place("team", "s3://models/mnist", null),
                place("other", "s3://models/mnist", "https://s3.eu-central-1.amazonaws.com"));
        assertNotEquals(
                place("team", "s3://models/mnist", "http://a:9000"),
                place("team", "s3://models/mnist", "http://b:9000"));
    }

    private static PlanTable table(String name, String created) {
        var table = new PlanTable();
        table.job.setMetadata(new ObjectMetaBuilder(table.job.getMetadata())
                .withName(name)
                .withUid(name)
                .withCreationTimestamp(created)
                .build());
        return table;
    }

    /** Each sees the other as it is now. */
    private void look() {
        first.others = new Others(List.of(), before(first, second));
        second.others = new Others(List.of(), before(second, first));
    }

    private static Optional<OutputUse.Holder> before(PlanTable job, PlanTable... others) {
        var all = Stream.concat(Stream.of(job), Stream.of(others)).map(table -> table.job);
        return OutputUse.before(job.job, all);
    }

    private static String place(String namespace, String uri, String endpoint) {
        CapstanJob<?, ?> job = Jobs.mnist(namespace, "x", 1);
        var storage = new Storage().setUri(uri);
        if (uri.startsWith("s3://")) {
            storage.setS3(new S3().setEndpoint(endpoint).setSecretRef(new LocalReference().setName("keys")));
        }
        job.getSpec().getOutput().setStorage(storage);
        return OutputUse.place(job).orElseThrow();
    }
}
