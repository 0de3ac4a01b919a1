package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.Block;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.Storage;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the API server accepts, our types parse whole: one object that they could not read would stop an informer, and
 * with it every job. {@code -Dseed=N} begins with another job.
 */
class FuzzTest {
    private static final long SEED = Long.getLong("seed", 0);

    /** The defaults of a block, by the block's class. */
    private static final Map<Class<?>, List<Method>> DEFAULTS = Arrays.stream(TrainingDefaults.class.getMethods())
            .filter(method -> Modifier.isStatic(method.getModifiers()) && method.getParameterCount() == 1)
            .collect(Collectors.groupingBy(method -> method.getParameterTypes()[0]));

    private static ApiServer api;
    private static String namespace;
    private static JsonNode existing;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        namespace = api.newNamespace("fuzz");
        existing = Jobs.read(api.client().raw(url(""), "POST", Jobs.least()));
    }

    @ParameterizedTest
    @CsvSource({"spec, 2000", "status, 1000"})
    void whatTheServerAcceptsWeParse(String section, int jobs) {
        var accepted = new AtomicInteger();
        LongStream.range(SEED, SEED + jobs).parallel().forEach(seed -> {
            var job = RandomJobs.job(seed, section);
            try {
                var stored = send(section, job);
                if (stored != null) {
                    accepted.incrementAndGet();
                    check(section, stored);
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError("-Dseed=" + seed + ", " + section + ": " + job.path(section), e);
            }
        });
        assertTrue(accepted.get() > jobs / 5 && accepted.get() < jobs * 4 / 5, accepted + " of " + jobs + " accepted");
    }

    private static void check(String section, String stored) throws ReflectiveOperationException {
        var parsed = api.client().getKubernetesSerialization().unmarshal(stored, TrainingJob.class);
        var written = api.client().getKubernetesSerialization().asJson(parsed);
        assertEquals(
                Jobs.canonical(Jobs.json(stored).path(section)),
                Jobs.canonical(Jobs.json(written).path(section)),
                "our types changed something");
        if (section.equals("spec")) {
            readThroughDefaults(parsed.getSpec());
        }
    }

    /** Reads a block and all blocks in it as the operator does. */
    private static void readThroughDefaults(Block block) throws ReflectiveOperationException {
        for (var method : DEFAULTS.getOrDefault(block.getClass(), List.of())) {
            assertNotNull(method.invoke(null, block), method.toString());
        }
        for (var method : block.getClass().getMethods()) {
            if (!method.getName().startsWith("get") || method.getParameterCount() > 0) {
                continue;
            }
            var value = method.invoke(block);
            if (method.getName().equals("getUri") && value instanceof String uri) {
                var place = block instanceof Storage ? VolumeUri.parse(uri) : PlaceUri.parse(uri);
                assertEquals(uri, place.toString());
            }
            var inner = value instanceof List<?> list
                    ? list.stream()
                    : Stream.of(value).filter(Objects::nonNull);
            for (var item : inner.toList()) {
                if (item instanceof Block field) {
                    readThroughDefaults(field);
                }
            }
        }
    }

    /**
     * What the server would store, or null if it refuses the job. Unknown fields are no reason to refuse here: not
     * every client asks for that.
     */
    private static String send(String section, ObjectNode job) {
        try {
            if (section.equals("status")) {
                job.set("metadata", existing.path("metadata"));
                job.set("spec", existing.path("spec"));
                return api.client().raw(url("/mnist/status") + "?dryRun=All", "PUT", job);
            }
            job.remove("status");
            Jobs.set(job, "metadata.name", "other");
            return api.client().raw(url("") + "?dryRun=All", "POST", job);
        } catch (KubernetesClientException e) {
            // 400 for what is no JSON for the kind, 422 for what the schema refuses.
            assertTrue(List.of(400, 422).contains(e.getCode()), e.getMessage());
            for (var broken : List.of("no such key", "no such overload", "index out of bounds", "cost")) {
                assertFalse(e.getMessage().contains(broken), () -> "a rule broke: " + e.getMessage());
            }
            return null;
        }
    }

    private static String url(String rest) {
        return "/apis/capstan.dev/v1alpha1/namespaces/" + namespace + "/trainingjobs" + rest;
    }
}
