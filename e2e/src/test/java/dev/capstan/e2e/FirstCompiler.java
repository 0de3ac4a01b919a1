package dev.capstan.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Map;

/**
 * The pods that Capstan makes for a test do without the JVM's second compiler, as test JVMs do: nearly all of them end
 * before what it compiles pays, and a worker's start, some epochs and its end take half as much of a processor. A
 * cluster's admin may add to pods; the image has the flags that users get, and the demo, benchmarks and chaos run by
 * them.
 */
final class FirstCompiler {
    /** Label of the namespaces where it is so. */
    static final Map<String, String> LABEL = Map.of("capstan.dev/compilers", "first");

    private FirstCompiler() {}

    /**
     * A test whose pods run by the image's flags. Only what the second compiler makes of AES-GCM, by which workers
     * exchange their gradients, is as fast as the processor: several of them with a hundred thousand parameters need
     * it.
     */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @interface Exempt {}

    /**
     * Has the API server see to it, from a second later on. Nothing depends on it, so pods are made where it can't be
     * done, too.
     */
    static void set(Cluster cluster) {
        cluster.client().resourceList("""
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: MutatingAdmissionPolicy
                        metadata: {name: first-compiler}
                        spec:
                          failurePolicy: Ignore
                          reinvocationPolicy: Never
                          matchConstraints:
                            namespaceSelector: {matchLabels: {capstan.dev/compilers: first}}
                            objectSelector: {matchExpressions: [{key: capstan.dev/job, operator: Exists}]}
                            resourceRules:
                            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
                          mutations:
                          - patchType: ApplyConfiguration
                            applyConfiguration:
                              expression: >-
                                Object{spec: Object.spec{containers: object.spec.containers.map(container,
                                Object.spec.containers{name: container.name, env: [Object.spec.containers.env{
                                name: "JDK_JAVA_OPTIONS", value: "-XX:TieredStopAtLevel=1"}]})}}
                        ---
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: MutatingAdmissionPolicyBinding
                        metadata: {name: first-compiler}
                        spec: {policyName: first-compiler}
                        """).serverSideApply();
    }
}
