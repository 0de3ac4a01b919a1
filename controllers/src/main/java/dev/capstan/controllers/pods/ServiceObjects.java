package dev.capstan.controllers.pods;

import dev.capstan.crds.inference.Access;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.ServiceFile;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What an InferenceService owns beside its pods. */
public final class ServiceObjects {
    /** Port of the service for the protocol's REST, in plain text. */
    public static final int HTTP = 80;
    /** The same by TLS. */
    public static final int HTTPS = 443;
    /** Key, in a revision's config map, of how it is served. */
    public static final String TEMPLATE = "revision.json";

    private static final String SAME_NODE = "PreferSameNode";

    private ServiceObjects() {}

    /** Port of the service for the protocol's REST. */
    public static int port(Access access) {
        return access.tls().isPresent() ? HTTPS : HTTP;
    }

    /**
     * The way in.
     *
     * @param component which pods are reached: {@link Owned#REPLICA} or {@link Owned#ROUTER}
     * @param sameNode whether those on the client's own node are preferred
     */
    public static Service clients(PodOwner owner, String component, Access access, boolean sameNode) {
        boolean tls = access.tls().isPresent();
        return new ServiceBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().clients(), component, Map.of()))
                .withNewSpec()
                .withSelector(Owned.component(owner, component))
                .withTrafficDistribution(sameNode ? SAME_NODE : null)
                .withPorts(
                        new ServicePortBuilder()
                                .withName(tls ? "https" : "http")
                                .withProtocol("TCP")
                                .withPort(port(access))
                                .withTargetPort(new IntOrString(Contract.REST_PORT))
                                .withAppProtocol(tls ? "https" : "http")
                                .build(),
                        new ServicePortBuilder()
                                .withName("grpc")
                                .withProtocol("TCP")
                                .withPort(Contract.GRPC_PORT)
                                .withTargetPort(new IntOrString(Contract.GRPC_PORT))
                                // The standard's word is for HTTP/2 in plain text; there is none for gRPC by TLS.
                                .withAppProtocol(tls ? "https" : "kubernetes.io/h2c")
                                .build())
                .endSpec()
                .build();
    }

    /** By this name routers find replicas, and replicas each other, before they are ready. */
    public static Service replicas(PodOwner owner) {
        return new ServiceBuilder()
                .withMetadata(Owned.metadata(owner, owner.names().replicas(), Owned.REPLICA, Map.of()))
                .withNewSpec()
                .withClusterIP("None")
                .withPublishNotReadyAddresses(true)
                .withSelector(Owned.component(owner, Owned.REPLICA))
                .withPorts(port("http", Contract.REST_PORT), port("management", Contract.MANAGEMENT_PORT))
                .endSpec()
                .build();
    }

    private static ServicePort port(String name, int number) {
        return new ServicePortBuilder()
                .withName(name)
                .withProtocol("TCP")
                .withPort(number)
                .withTargetPort(new IntOrString(number))
                .build();
    }

    /** Keeps drains from taking more pods of a component than may be missed. */
    public static PodDisruptionBudget budget(PodOwner owner, String component, int minAvailable) {
        var name = component.equals(Owned.ROUTER)
                ? owner.names().routers()
                : owner.names().replicas();
        return new PodDisruptionBudgetBuilder()
                .withMetadata(Owned.metadata(owner, name, component, Map.of()))
                .withNewSpec()
                .withMinAvailable(new IntOrString(minAvailable))
                // A pod that isn't ready serves nobody: a drain needn't wait until it does.
                .withUnhealthyPodEvictionPolicy("AlwaysAllow")
                .withNewSelector()
                .withMatchLabels(Owned.component(owner, component))
                .endSelector()
                .endSpec()
                .build();
    }

    /**
     * What the replicas of a revision are told, and how it is served, so that it can be made again when the spec says
     * something else.
     */
    public static ConfigMap revision(PodOwner owner, int revision, ServiceFile file, Object template) {
        return config(owner, owner.names().revision(revision), Owned.REPLICA, file, Optional.of(template));
    }

    /**
     * By which its pods and the operator know each other. Not immutable as a job's is: kubelets would never look at
     * another one of its name, should somebody delete it.
     */
    public static Secret secret(PodOwner owner) {
        return new SecretBuilder(Rendezvous.secret(owner)).withImmutable(null).build();
    }

    /** What routers are told. */
    public static ConfigMap routers(PodOwner owner, ServiceFile file) {
        return config(owner, owner.names().routers(), Owned.ROUTER, file, Optional.empty());
    }

    private static ConfigMap config(
            PodOwner owner, String name, String component, ServiceFile file, Optional<Object> template) {
        var data = new HashMap<String, String>();
        data.put(PodVolumes.SERVICE_FILE, Json.write(file));
        template.ifPresent(how -> data.put(TEMPLATE, Json.write(how)));
        return new ConfigMapBuilder()
                .withMetadata(Owned.metadata(owner, name, component, Map.of()))
                .withData(data)
                .build();
    }

    /** How pods find the certificate and the token that their service's spec names. */
    public static ServiceFile.Access access(Access access) {
        return new ServiceFile.Access(
                access.tls().map(tls -> PodVolumes.TLS).orElse(null),
                access.token().map(token -> PodVolumes.TOKEN).orElse(null),
                access.modelRepository());
    }
}
