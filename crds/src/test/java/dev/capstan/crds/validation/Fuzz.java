package dev.capstan.crds.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.capstan.crds.Block;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What the API server accepts, our types parse whole: one object that they could not read would stop an informer, and
 * with it all of its kind. {@code -Dseed=N} begins with another object, {@code -Dfuzz.times=N} sends so many times as
 * many, which a change of a schema deserves.
 */
public final class Fuzz {
    private static final long SEED = Long.getLong("seed", 0);
    private static final int TIMES = Integer.getInteger("fuzz.times", 1);

    private final ApiServer api;
    private final Class<? extends CustomResource<? extends Block, ?>> kind;
    private final String collection;
    private final Schema schema;
    private final Examples examples;
    private final JsonNode existing;

    /**
     * Creates the first example.
     *
     * @param collection path under which the kind's objects are, such as {@code namespaces/a/trainingjobs}
     */
    public Fuzz(
            ApiServer api,
            Class<? extends CustomResource<? extends Block, ?>> kind,
            String collection,
            Schema schema,
            Examples examples) {
        this.api = api;
        this.kind = kind;
        this.collection = collection;
        this.schema = schema;
        this.examples = examples;
        this.existing =
                Yaml.read(api.client().raw(url(""), "POST", examples.all().getFirst()));
    }

    /** Sends so many objects that differ in a section, spec or status. */
    public void whatTheServerAcceptsWeParse(String section, int once) {
        int objects = once * TIMES;
        var accepted = new AtomicInteger();
        LongStream.range(SEED, SEED + objects).parallel().forEach(seed -> {
            var object = RandomObjects.object(seed, schema, examples, section);
            try {
                var stored = send(section, object);
                if (stored != null) {
                    accepted.incrementAndGet();
                    check(section, stored);
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError("-Dseed=" + seed + ", " + section + ": " + object.path(section), e);
            }
        });
        assertTrue(
                accepted.get() > objects / 10 && accepted.get() < objects * 4 / 5,
                accepted + " of " + objects + " accepted");
    }

    private void check(String section, String stored) throws ReflectiveOperationException {
        var parsed = api.client().getKubernetesSerialization().unmarshal(stored, kind);
        var written = api.client().getKubernetesSerialization().asJson(parsed);
        assertEquals(
                Yaml.canonical(Yaml.json(stored).path(section)),
                Yaml.canonical(Yaml.json(written).path(section)),
                "our types changed something");
        if (section.equals("spec")) {
            read(parsed.getSpec());
        }
    }

    /** Reads a block and all blocks in it as the operator does: what it says, and what holds where it says nothing. */
    private static void read(Block block) throws ReflectiveOperationException {
        for (var method : block.getClass().getMethods()) {
            if (method.getParameterCount() > 0
                    || Modifier.isStatic(method.getModifiers())
                    || !Block.class.isAssignableFrom(method.getDeclaringClass())
                    || method.getDeclaringClass() == Block.class) {
                continue;
            }
            var value = method.invoke(block);
            if (!method.getName().startsWith("get")) {
                assertNotNull(value, method.toString());
            }
            if (method.getName().equals("getUri") && value instanceof String uri) {
                var place = PlaceUri.parse(uri);
                assertEquals(uri, place.toString());
            }
            var inner = value instanceof List<?> list ? list.stream() : Stream.ofNullable(value);
            for (var item : inner.toList()) {
                if (item instanceof Block field) {
                    read(field);
                }
            }
        }
    }

    /**
     * What the server would store, or null if it refuses the object. Unknown fields are no reason to refuse here: not
     * every client asks for that.
     */
    private String send(String section, ObjectNode object) {
        try {
            if (section.equals("status")) {
                object.set("metadata", existing.path("metadata"));
                object.set("spec", existing.path("spec"));
                var name = existing.path("metadata").path("name").asText();
                return api.client().raw(url("/" + name + "/status") + "?dryRun=All", "PUT", object);
            }
            object.remove("status");
            Yaml.set(object, "metadata.name", "other");
            return api.client().raw(url("") + "?dryRun=All", "POST", object);
        } catch (KubernetesClientException e) {
            // 400 for what is no JSON for the kind, 422 for what the schema refuses.
            assertTrue(List.of(400, 422).contains(e.getCode()), e.getMessage());
            for (var broken : List.of("no such key", "no such overload", "index out of bounds", "cost")) {
                assertFalse(e.getMessage().contains(broken), () -> "a rule broke: " + e.getMessage());
            }
            return null;
        }
    }

    private String url(String rest) {
        return "/apis/capstan.dev/v1alpha1/" + collection + rest;
    }
}
