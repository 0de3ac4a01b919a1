package dev.capstan.worker.serve.grpc;

/** The service's methods, by their names in the protocol. */
enum Method {
    ServerLive,
    ServerReady,
    ModelReady,
    ServerMetadata,
    ModelMetadata,
    ModelInfer,
    RepositoryIndex,
    RepositoryModelLoad,
    RepositoryModelUnload;

    /** Null if there is none of that name. */
    static Method of(String name) {
        for (var each : values()) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        return null;
    }
}
