package dev.capstan.e2e;

import java.io.IOException;

/**
 * A service that speaks the S3 API, in a pod of the tenant's: a gateway on a folder of the pod's, in which each folder
 * is a bucket.
 */
final class ObjectStore {
    private static final String POD = "object-store";
    private static final int PORT = 9000;
    private static final String BUCKETS = "/own/buckets";

    private ObjectStore() {}

    /**
     * Starts one that begins with a copy of a folder of the tenant's claim, and waits until it listens.
     *
     * @param buckets the folder
     * @param empty a bucket that there is beside those
     * @param secret holds the credentials of whoever may do everything, as jobs name them
     * @return where pods reach it
     */
    static String start(Tenant tenant, String buckets, String empty, String secret) throws IOException {
        // What is copied has to be the program, not the link to it.
        tenant.put("programs", Cluster.program("versitygw").toRealPath());
        tenant.create("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %6$s}
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
                      cp -r /claim/%3$s %7$s
                      mkdir %7$s/%8$s
                      exec /own/versitygw --port :%2$d posix --sidecar /own/attributes %7$s
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
                """.formatted(tenant.toolbox(), PORT, buckets, secret, Tenant.CLAIM, POD, BUCKETS, empty));
        tenant.kubectl("wait", "pod/" + POD, "--for=condition=Ready", "--timeout=60s");
        var address = tenant.kubectl("get", "pod", POD, "-o", "jsonpath={.status.podIP}");
        return "http://" + address.strip() + ":" + PORT;
    }

    /** What an object holds. */
    static String read(Tenant tenant, String bucket, String key) {
        return tenant.kubectl("exec", POD, "--", "cat", BUCKETS + "/" + bucket + "/" + key);
    }
}
