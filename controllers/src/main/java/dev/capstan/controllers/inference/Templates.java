package dev.capstan.controllers.inference;

import dev.capstan.crds.Meaning;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.ServedModel;
import dev.capstan.protocol.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** How revisions are served: the part of a service's spec of which a change rolls out. */
public final class Templates {
    private static final int HASH_BYTES = 8;

    private Templates() {}

    /**
     * That part of a spec.
     *
     * @param image what pods get whose spec names no image: a revision keeps the one by which it was made, so that an
     *     upgrade of the operator replaces no pods
     */
    static InferenceServiceSpec of(InferenceServiceSpec spec, String image) {
        var template = copy(spec);
        var workers = template.workers();
        return template.setWorkers(workers.setImage(workers.image(image)));
    }

    /** Reads one that was kept. */
    public static InferenceServiceSpec read(String json) {
        return Json.read(json, InferenceServiceSpec.class);
    }

    /**
     * Tells apart ways of serving one and the same model, however they are written: a default that is spelled out, or
     * an amount in another unit, is the same way.
     */
    static String hash(InferenceServiceSpec spec) {
        var how = Meaning.of(how(spec));
        return hash(how.setModel(how.getModel().setRuntime(spec.getModel().runtime()))
                .toString());
    }

    /** The same as versions of the operator told it that took another way of writing for another way of serving. */
    static String hashAsWritten(InferenceServiceSpec spec) {
        return hash(how(spec).toString());
    }

    private static InferenceServiceSpec how(InferenceServiceSpec spec) {
        var how = copy(spec);
        return how.setModel(new ServedModel()
                .setRuntime(how.getModel().runtime())
                .setJar(how.getModel().getJar()));
    }

    /** Tells texts apart. */
    static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static InferenceServiceSpec copy(InferenceServiceSpec spec) {
        var whole = InferenceServiceSpec.copy(spec);
        return new InferenceServiceSpec()
                .setModel(whole.getModel())
                .setBatching(whole.getBatching())
                .setLimits(whole.getLimits())
                .setAccess(whole.getAccess())
                .setWorkers(whole.getWorkers());
    }
}
