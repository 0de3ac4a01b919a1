package dev.capstan.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * A service that answers while a test breaks something else: two replicas of {@link TinyModel}, and a load of half of
 * what they answer at most.
 *
 * @param service with a third of a processor for each pod, so that the load leaves the rest to the test
 */
record Bystander(Service service, LoadPod load) {
    private static final String NAME = "bystander";

    /**
     * Makes the service, with routers if there are to be any, and waits until it answers.
     *
     * @param routers how many; 0 for none
     */
    static Service serving(Cluster cluster, Tenant tenant, int routers) {
        TinyModel.put(tenant);
        tenant.create("""
                apiVersion: capstan.dev/v1alpha1
                kind: InferenceService
                metadata: {name: %s}
                spec:
                  model: {from: {uri: "pvc://data/tiny/tiny.onnx"}, digest: "%s"}
                  replicas: 2
                  %s
                  workers:
                    terminationGracePeriodSeconds: 15
                    resources:
                      limits: {cpu: 300m, memory: 512Mi}
                      requests: {cpu: 50m, memory: 256Mi}
                """.formatted(
                        NAME,
                        TinyModel.digest(),
                        routers == 0
                                ? ""
                                : "router: {replicas: %d, resources: {limits: {cpu: 300m, memory: 384Mi}, requests: {cpu: 50m, memory: 256Mi}}}"
                                        .formatted(routers)));
        var service = new Service(cluster, tenant, NAME);
        service.await(
                "both replicas answer",
                status -> Service.answersBy(2).test(status)
                        && (routers == 0 || Integer.valueOf(routers).equals(status.getReadyRouters())));
        return service;
    }

    /**
     * Starts the load.
     *
     * @param node that it comes from; empty for any
     */
    static Bystander under(Service service, String node) {
        var row = new float[1][TinyModel.FEATURES];
        return new Bystander(
                service,
                LoadPod.atHalf(
                        service.tenant(),
                        NAME + "-infsvc." + service.tenant().namespace() + ".svc",
                        80,
                        "/v2/models/" + NAME + "/infer",
                        Inference.json(row),
                        node));
    }

    /** By which pods it is told whether they are the same, and their processes. */
    Map<String, Integer> processes() {
        return service.replicas().stream()
                .collect(Collectors.toMap(
                        pod -> pod.getMetadata().getUid(),
                        pod -> pod.getStatus().getContainerStatuses().getFirst().getRestartCount()));
    }

    void assertAllAnswered(String after) {
        load.assertAllAnswered(after);
    }

    /** Fails if anything was made anew since, or not answered at the first try. */
    void assertUntouched(Map<String, Integer> before, String after) {
        load.assertAllAnswered(after);
        assertEquals(before, processes(), after);
        assertEquals(0, load.again(), "asked again, after " + after);
    }
}
