package dev.capstan.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A service that speaks the S3 API, in a pod of the tenant's: a gateway on a folder, in which each folder is a bucket.
 */
final class ObjectStore {
    private static final int PORT = 9000;

    private ObjectStore() {}

    /**
     * Starts one on a folder of the tenant's claim and waits until it listens.
     *
     * @param buckets the folder
     * @param secret holds the credentials of whoever may do everything, as jobs name them
     * @return where pods reach it
     */
    static String start(Tenant tenant, String buckets, String secret) throws IOException {
        // What is copied has to be the program, not the link to it.
        tenant.put("programs", program().toRealPath());
        tenant.create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: object-store}
                spec:
                  terminationGracePeriodSeconds: 1
                  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: gateway
                    image: %1$s
                    imagePullPolicy: Never
                    # What is put into a claim can be executed by nobody.
                    command:
                    - sh
                    - -ec
                    - |
                      cp /claim/programs/versitygw /own/
                      chmod +x /own/versitygw
                      mkdir -p /own/attributes
                      exec /own/versitygw --port :%2$d posix --sidecar /own/attributes /claim/%3$s
                    env:
                    - {name: ROOT_ACCESS_KEY, valueFrom: {secretKeyRef: {name: %4$s, key: accessKeyId}}}
                    - {name: ROOT_SECRET_KEY, valueFrom: {secretKeyRef: {name: %4$s, key: secretAccessKey}}}
                    readinessProbe: {tcpSocket: {port: %2$d}, periodSeconds: 1}
                    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                    volumeMounts:
                    - {name: claim, mountPath: /claim}
                    - {name: own, mountPath: /own}
                  volumes:
                  - {name: claim, persistentVolumeClaim: {claimName: %5$s}}
                  - {name: own, emptyDir: {}}
                """.formatted(tenant.toolbox(), PORT, buckets, secret, Tenant.CLAIM));
        tenant.kubectl("wait", "pod/object-store", "--for=condition=Ready", "--timeout=60s");
        var address = tenant.kubectl("get", "pod", "object-store", "-o", "jsonpath={.status.podIP}");
        return "http://" + address.strip() + ":" + PORT;
    }

    private static Path program() {
        var cache = Optional.ofNullable(System.getenv("CAPSTAN_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "capstan"));
        var program = cache.resolve("programs/bin/versitygw");
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException(program + " is not there: run ./capstan test, which builds it");
        }
        return program;
    }
}
