package dev.capstan.worker.serve.infer;

import static dev.capstan.worker.serve.RequestException.Kind.FORBIDDEN;
import static dev.capstan.worker.serve.RequestException.Kind.INTERNAL;
import static dev.capstan.worker.serve.RequestException.Kind.NOT_FOUND;
import static dev.capstan.worker.serve.RequestException.Kind.UNAVAILABLE;

import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.serve.ModelSource;
import dev.capstan.worker.serve.RequestException;
import dev.capstan.worker.serve.ServedModel;
import dev.capstan.worker.serve.TensorSpec;
import dev.capstan.worker.serve.batch.Batcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The models that a replica serves, or is to serve. */
public final class Models implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Models.class);
    /** What takes so many times as long as a client waits at most won't end, and nobody waits for it. */
    private static final int HUNG_TIMEOUTS = 10;

    private final ServiceFile file;
    private final ModelSource source;
    private final Meters meters;
    private final Map<String, ServiceFile.Model> named = new LinkedHashMap<>();
    private final Map<String, Loaded> loaded = new ConcurrentHashMap<>();
    /** Why a model isn't loaded, by its name. */
    private final Map<String, String> reasons = new ConcurrentHashMap<>();

    /**
     * A model that answers.
     *
     * @param warmup a request that it has answered
     */
    public record Loaded(ServedModel model, Batcher batcher, InferRequest warmup) {
        /** What it takes. */
        public List<TensorSpec> inputs() {
            return model.predictor().inputs();
        }

        /** What it gives. */
        public List<TensorSpec> outputs() {
            return model.predictor().outputs();
        }
    }

    /**
     * A line of the repository's index.
     *
     * @param state {@code READY} or {@code UNAVAILABLE}
     * @param reason why it is unavailable; empty if it is ready
     */
    public record Listed(String name, String version, String state, String reason) {}

    public Models(ServiceFile file, ModelSource source, Meters meters) {
        this.file = file;
        this.source = source;
        this.meters = meters;
        for (var each : file.models()) {
            named.put(each.name(), each);
            reasons.put(each.name(), "it is being loaded");
            meters.queue(each.name(), () -> waiting(each.name()));
        }
    }

    private int waiting(String name) {
        var model = loaded.get(name);
        return model == null ? 0 : model.batcher().waiting();
    }

    /**
     * Loads every model, one after another, each until it has answered.
     *
     * @throws Failure with the loader's words
     */
    public void loadAll() {
        named.values().forEach(this::load);
    }

    private synchronized void load(ServiceFile.Model model) {
        if (loaded.containsKey(model.name())) {
            return;
        }
        long began = System.nanoTime();
        try {
            var served = source.load(model);
            loaded.put(model.name(), warmed(served));
            reasons.remove(model.name());
            LOG.info(
                    "model {} version {} ({}) answers after {} ms",
                    served.name(),
                    served.version(),
                    served.digest(),
                    (System.nanoTime() - began) / 1_000_000);
        } catch (RuntimeException e) {
            reasons.put(model.name(), e.getMessage());
            throw e;
        }
    }

    private Loaded warmed(ServedModel model) {
        var batching = file.batching();
        try {
            var warmup = Warmup.of(model.predictor(), batching.maxSize());
            if (batching.maxSize() > 1) {
                LOG.info(
                        "model {}: {}",
                        model.name(),
                        warmup.together() > 1
                                ? "up to " + warmup.together() + " samples are computed together"
                                : "each request is computed by itself, as the model gains nothing by more samples at once");
            }
            var batcher = new Batcher(
                    model.name(),
                    model.predictor(),
                    warmup.together(),
                    batching.maxDelayMicros() * 1000L,
                    file.limits().queue(),
                    Runtime.getRuntime().availableProcessors(),
                    warmup.isShort() ? warmup.bytes() : -1,
                    meters.batches(model.name()));
            return new Loaded(model, batcher, new InferRequest("", Map.of(), warmup.inputs(), List.of(), 0));
        } catch (RuntimeException e) {
            model.predictor().close();
            throw e;
        }
    }

    /** Whether every model answers that is to be served. */
    public boolean ready() {
        return reasons.isEmpty();
    }

    /** Which model hangs in its runtime, in words: nothing but the end of the process ends that. Null if none does. */
    public String stuck() {
        long bound = HUNG_TIMEOUTS * file.limits().timeoutMillis();
        for (var each : loaded.values()) {
            long millis = each.batcher().longestNanos() / 1_000_000;
            if (millis > bound) {
                return "the model " + each.model().name() + " has been computing for " + millis + " ms, more than "
                        + HUNG_TIMEOUTS + " times the " + file.limits().timeoutMillis()
                        + " ms that clients wait (limits.timeoutSeconds): it hangs";
            }
        }
        return null;
    }

    /** The name of the service's own model; null if it has none. */
    public String first() {
        return named.isEmpty() ? null : named.keySet().iterator().next();
    }

    /** All that answer. */
    public List<Loaded> loaded() {
        return List.copyOf(loaded.values());
    }

    /**
     * A model that answers.
     *
     * @param version as the client wants it; null or empty for any
     * @throws RequestException NOT_FOUND if there is none of the name or version; UNAVAILABLE if it isn't loaded
     */
    public Loaded of(String name, String version) {
        var model = loaded.get(name);
        if (model == null && named.containsKey(name)) {
            throw new RequestException(UNAVAILABLE, "the model " + name + " doesn't answer: " + reasons.get(name));
        }
        if (model == null) {
            throw new RequestException(
                    NOT_FOUND,
                    "there is no model \"" + shortened(name) + "\"; this service serves "
                            + String.join(", ", named.keySet()));
        }
        if (version != null
                && !version.isEmpty()
                && !version.equals(model.model().version())) {
            throw new RequestException(
                    NOT_FOUND,
                    "the model " + name + " has no version \"" + shortened(version) + "\"; version "
                            + model.model().version() + " is served");
        }
        return model;
    }

    private static String shortened(String text) {
        return text.length() > 100 ? text.substring(0, 100) + "…" : text;
    }

    /** All that are or may be loaded. */
    public List<Listed> index(boolean readyOnly) {
        allowed();
        var listed = new ArrayList<Listed>();
        for (var name : named.keySet()) {
            var model = loaded.get(name);
            if (model != null) {
                listed.add(new Listed(name, model.model().version(), "READY", ""));
            } else if (!readyOnly) {
                listed.add(new Listed(name, "", "UNAVAILABLE", String.valueOf(reasons.get(name))));
            }
        }
        return listed;
    }

    /** Loads a model that isn't; blocks until it answers. */
    public void load(String name) {
        allowed();
        try {
            load(known(name));
        } catch (Failure e) {
            throw new RequestException(INTERNAL, "the model " + name + " can't be loaded: " + e.getMessage(), e);
        }
    }

    /** Lets go of a model; what waits for it is answered still. */
    public synchronized void unload(String name) {
        allowed();
        known(name);
        var model = loaded.remove(name);
        if (model != null) {
            reasons.put(name, "a client has unloaded it");
            model.batcher().close();
        }
    }

    private ServiceFile.Model known(String name) {
        var model = named.get(name);
        if (model == null) {
            throw new RequestException(
                    NOT_FOUND,
                    "there is no model \"" + shortened(name) + "\" to load or unload; the service has "
                            + String.join(", ", named.keySet()));
        }
        return model;
    }

    private void allowed() {
        if (!file.access().repository()) {
            throw new RequestException(
                    FORBIDDEN,
                    "this service doesn't let clients see, load or unload models of its repository: what it serves is"
                            + " said by its InferenceService (access.modelRepository allows it)");
        }
    }

    @Override
    public void close() {
        loaded.values().forEach(each -> each.batcher().close());
    }
}
