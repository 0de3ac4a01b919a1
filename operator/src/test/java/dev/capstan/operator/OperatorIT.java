package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.testing.FreePorts;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The packaged operator, as a process. Bounds on times are wide: they tell a hang from an end, not fast from slow. */
class OperatorIT {
    private static final Duration NO_HANG = Duration.ofSeconds(15);

    private static ApiServer api;
    private static String namespace;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
        namespace = api.newNamespace("operator");
    }

    @Test
    void theLeaderEndsBySigtermAndTheStandbyTakesOver() throws Exception {
        // So long that a takeover in this test's time can't be owed to the lease's end.
        var lease = Map.of(
                "CAPSTAN_LEADER_ELECTION_LEASE", "handover",
                "CAPSTAN_LEADER_ELECTION_LEASE_DURATION", "1h");
        try (var first = start("first", lease)) {
            first.awaitLog("first leads");
            try (var second = start("second", lease)) {
                second.await("ready", () -> second.status("/q/health/ready") == 200);
                assertFalse(second.log().contains("second leads"), "a standby is ready too");
                var time = first.terminate();
                assertTrue(time.compareTo(NO_HANG) < 0, "ended after " + time);
                second.awaitLog("second leads");
                assertTrue(first.log().contains("first no longer works"), first.log());
            }
        }
    }

    @Test
    void theStandbyEndsBySigterm() throws Exception {
        var lease = Map.of("CAPSTAN_LEADER_ELECTION_LEASE", "standby");
        try (var first = start("first", lease);
                var second = start("second", lease)) {
            first.await(
                    "a leader",
                    () -> first.log().contains("first leads") || second.log().contains("second leads"));
            var standby = first.log().contains("first leads") ? second : first;
            standby.await("ready", () -> standby.status("/q/health/ready") == 200);
            var time = standby.terminate();
            assertTrue(time.compareTo(NO_HANG) < 0, "ended after " + time);
        }
    }

    @Test
    void anOperatorWhoseApiServerIsNotThereEndsBySigtermToo() throws Exception {
        var nobody = Map.of(
                "KUBERNETES_MASTER",
                "https://127.0.0.1:1",
                "QUARKUS_KUBERNETES_CLIENT_API_SERVER_URL",
                "https://127.0.0.1:1");
        try (var operator = start("lonely", nobody)) {
            operator.await("alive", () -> operator.status("/q/health/live") == 200);
            var time = operator.terminate();
            assertTrue(time.compareTo(NO_HANG) < 0, "ended after " + time);
        }
    }

    @Test
    void aKilledLeaderIsFollowed() throws Exception {
        var lease = Map.of("CAPSTAN_LEADER_ELECTION_LEASE", "kill");
        try (var first = start("first", lease)) {
            first.awaitLog("first leads");
            try (var second = start("second", lease)) {
                second.await("ready", () -> second.status("/q/health/ready") == 200);
                first.kill();
                second.awaitLog("second leads");
            }
        }
    }

    /** Else it would hold the lease and answer all probes, and nobody would ever be granted places. */
    @Test
    void aLeaderWhoseAdmissionDiesOfAnErrorEndsAndIsFollowed() throws Exception {
        var lease = Map.of(
                "CAPSTAN_LEADER_ELECTION_LEASE", "error",
                "CAPSTAN_LEADER_ELECTION_LEASE_DURATION", "1h");
        var admission = new DyingThread(FreePorts.next(), "admission");
        var dying = new HashMap<>(lease);
        dying.putAll(admission.environment());
        try (var first = start("first", dying)) {
            first.awaitLog("first leads");
            first.await("ready", () -> first.status("/q/health/ready") == 200);
            try (var second = start("second", lease)) {
                second.await("ready", () -> second.status("/q/health/ready") == 200);
                first.await("deciding", admission::dies);
                assertEquals(1, first.awaitEnd());
                assertTrue(first.log().contains("can't go on, the process ends"), first.log());
                assertTrue(first.log().contains("first no longer works"), first.log());
                second.awaitLog("second leads");
            }
        }
    }

    @Test
    void healthAndMetricsAreServed() throws Exception {
        try (var operator = start("metrics", Map.of("CAPSTAN_LEADER_ELECTION_LEASE", "metrics"))) {
            operator.awaitLog("metrics leads");
            for (var path : new String[] {"/q/health/live", "/q/health/ready", "/q/health/started"}) {
                operator.await(path + " is well", () -> operator.status(path) == 200);
            }
            assertTrue(operator.body("/q/metrics").contains("capstan_queue_gangs 0.0"));
        }
    }

    /** An operator that serves an empty namespace: what other tests leave on the API server doesn't concern it. */
    private static OperatorProcess start(String identity, Map<String, String> settings) {
        var all = new HashMap<>(settings);
        all.put("CAPSTAN_WATCH_NAMESPACES", namespace);
        return OperatorProcess.start(api.kubeconfig(), identity, all, OperatorProcess.SHORT_LIVED);
    }
}
