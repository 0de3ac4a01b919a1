package dev.capstan.controllers.inference;

import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.ServiceObjects;
import dev.capstan.crds.inference.Access;
import dev.capstan.crds.inference.Gateway;
import dev.capstan.crds.inference.ParentReference;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The way from Gateways to a service. */
public final class HttpRoutes {
    public static final String API_VERSION = "gateway.networking.k8s.io/v1";
    public static final String KIND = "HTTPRoute";

    private HttpRoutes() {}

    static GenericKubernetesResource of(PodOwner owner, Gateway gateway, Access access) {
        var route = named(owner);
        var spec = new LinkedHashMap<String, Object>();
        spec.put(
                "parentRefs",
                gateway.getParentRefs().stream().map(HttpRoutes::parent).toList());
        if (!gateway.hostnames().isEmpty()) {
            spec.put("hostnames", gateway.hostnames());
        }
        spec.put(
                "rules",
                List.of(Map.of(
                        "backendRefs",
                        List.of(Map.of(
                                "kind",
                                "Service",
                                "name",
                                owner.names().clients(),
                                "port",
                                ServiceObjects.port(access))))));
        route.setAdditionalProperty("spec", spec);
        return route;
    }

    /** One that is named, and says nothing else. */
    static GenericKubernetesResource named(PodOwner owner) {
        var route = new GenericKubernetesResource();
        route.setApiVersion(API_VERSION);
        route.setKind(KIND);
        route.setMetadata(Owned.metadata(owner, owner.names().clients(), Owned.REPLICA, Map.of()));
        return route;
    }

    private static Map<String, Object> parent(ParentReference gateway) {
        var parent = new LinkedHashMap<String, Object>();
        parent.put("kind", "Gateway");
        parent.put("name", gateway.getName());
        gateway.namespace().ifPresent(namespace -> parent.put("namespace", namespace));
        gateway.sectionName().ifPresent(section -> parent.put("sectionName", section));
        return parent;
    }
}
