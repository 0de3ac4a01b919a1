package dev.capstan.protocol;

import java.util.List;

/**
 * What a replica or a router of a service is told: the operator writes it once a revision, the pod mounts it read-only
 * at {@link Contract#SERVICE_FILE}. Every default is spelled out.
 *
 * @param version {@link #VERSION}
 * @param service which service, and which revision of it
 * @param models what a replica serves, the first of them the service's own; empty for a router
 * @param batching how requests are put together
 * @param limits what is refused rather than served
 * @param access who may ask
 * @param replicas {@code host:port} by which a router that was told nothing yet finds replicas, and by which a replica
 *     finds others of its revision: the headless service's name and {@link Contract#MANAGEMENT_PORT}
 */
public record ServiceFile(
        int version,
        Service service,
        List<Model> models,
        Batching batching,
        Limits limits,
        Access access,
        String replicas) {
    /** The version that this code writes and reads. */
    public static final int VERSION = 1;

    /**
     * Reads a service file.
     *
     * @throws IllegalArgumentException with what is wrong, when it is no service file, or one of another version
     */
    public static ServiceFile read(String text) {
        int version = Json.read(text, Versioned.class).version();
        if (version != VERSION) {
            throw new IllegalArgumentException("of version " + version + ", this worker reads version " + VERSION
                    + "; use the worker image that belongs to the operator");
        }
        return Json.read(text, ServiceFile.class);
    }

    /** What every version has. */
    private record Versioned(int version) {}

    /**
     * @param namespace the service's namespace
     * @param name the service's name
     * @param uid the service's UID: tells what it keeps from what an earlier one of the same name has kept
     * @param revision 1 for the first, one more for each further one
     */
    public record Service(String namespace, String name, String uid, int revision) {}

    /**
     * @param name by which clients ask for it
     * @param from the artifact; its digest is never null
     * @param runtime what computes it
     * @param jar the user's own layers; null if there are none, always null for {@link Runtime#ONNX}
     * @param keep folder or prefix beside the artifact where a copy is kept for later replicas, by digest; null if none
     *     may be
     * @param keepDigests digests whose copies there are still wanted; what else this service has kept there is deleted
     */
    public record Model(
            String name,
            JobFile.From from,
            Runtime runtime,
            JobFile.Place jar,
            JobFile.Place keep,
            List<String> keepDigests) {}

    /** What computes a model. */
    public enum Runtime {
        /** ONNX Runtime, from the artifact's {@code model.onnx}. */
        ONNX,
        /** DL4J, from the artifact's {@code model.zip}. */
        DL4J
    }

    /**
     * @param maxSize samples that are computed together at most; 1 for none together
     * @param maxDelayMicros how long the first of them waits for others
     */
    public record Batching(int maxSize, int maxDelayMicros) {}

    /**
     * @param maxRequestBytes of a request's body; a larger one is refused
     * @param queue requests that wait at most; a further one is refused at once
     * @param timeoutMillis how long a request may take that names no deadline of its own
     */
    public record Limits(long maxRequestBytes, int queue, long timeoutMillis) {}

    /**
     * @param tls folder with {@code tls.crt} and {@code tls.key}, PEM; null for plain text
     * @param token file with the bearer token that clients send; null if anybody may ask
     * @param repository whether clients may load and unload models
     */
    public record Access(String tls, String token, boolean repository) {}
}
