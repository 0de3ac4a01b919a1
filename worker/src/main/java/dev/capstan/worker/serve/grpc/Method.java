package dev.capstan.worker.serve.grpc;

/** The methods that are answered: the protocol's, by their names there, and gRPC's own question for health. */
enum Method {
    ServerLive,
    ServerReady,
    ModelReady,
    ServerMetadata,
    ModelMetadata,
    ModelInfer,
    RepositoryIndex,
    RepositoryModelLoad,
    RepositoryModelUnload,
    /**
     * As kubelets, proxies and the load balancers of clients ask.
     *
     * @see <a href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">GRPC health checking protocol</a>
     */
    HealthCheck("grpc.health.v1.Health/Check");

    /** The protocol's service. */
    static final String SERVICE = "inference.GRPCInferenceService";

    private final String path;

    Method() {
        path = "/inference.GRPCInferenceService/" + name();
    }

    Method(String path) {
        this.path = "/" + path;
    }

    /** Null if there is none of that path. */
    static Method of(String path) {
        for (var each : values()) {
            if (each.path.equals(path)) {
                return each;
            }
        }
        return null;
    }
}
