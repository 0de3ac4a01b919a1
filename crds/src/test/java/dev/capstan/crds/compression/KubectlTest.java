package dev.capstan.crds.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.validation.Habits;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people see of a CompressionJob on the command line: how much smaller, how much worse, accepted? */
class KubectlTest {
    private static ApiServer api;
    private static String namespace;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        namespace = api.newNamespace("kubectl");
        var job = Serialization.unmarshal(Jobs.full().toString(), CompressionJob.class);
        var created = api.client().resource(job).inNamespace(namespace).create();
        created.setStatus(job.getStatus());
        api.client().resource(created).updateStatus();
    }

    @Test
    void getShowsAJobInALine() {
        var lines = api.kubectl("get", "cmj", "--namespace", namespace).lines().toList();
        assertEquals(
                List.of("NAME", "PHASE", "PROGRESS", "RATIO", "DROP", "ACCEPTED", "AGE"),
                List.of(lines.getFirst().split("\\s+")));
        assertTrue(lines.getLast().matches("mnist +Running +60% +3\\.9400 +0\\.0020 +True +\\d+s"), lines.getLast());
    }

    @Test
    void getWideSaysWhyAndWhere() {
        var lines = api.kubectl("get", "cmj", "--namespace", namespace, "--output", "wide")
                .lines()
                .toList();
        assertEquals(
                List.of("REASON", "SIZE", "ACCURACY", "LATENCY", "RESTARTS", "ARTIFACT", "MESSAGE"),
                List.of(lines.getFirst().split("\\s+")).subList(7, 14));
        assertTrue(
                lines.getLast()
                        .matches(".* Compressing +103056 +0\\.9741 +0\\.4100 +0 +s3://models/mnist-int8 +quantizes"),
                lines.getLast());
    }

    @Test
    void describeHasEveryFigure() {
        var text = api.kubectl("describe", "cmj", "mnist", "--namespace", namespace);
        for (var figure :
                List.of("Missed By:", "latencyP99Millis:", "it has the classes", "Error:", "50% of 1024 units")) {
            assertTrue(text.contains(figure), figure + " isn't in " + text);
        }
    }

    @Test
    void whatIsReadCanBeSentAgain() {
        new Habits(api, "cmj", "mnist", List.of("--namespace", namespace)).whatIsReadCanBeSentAgain();
    }

    @Test
    void getAllListsJobs() {
        assertTrue(api.kubectl("get", "all", "--namespace", namespace).contains("compressionjob.capstan.dev/mnist"));
    }
}
