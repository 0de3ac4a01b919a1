package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The services and network policies that are Capstan's, of which no more is kept than whose they are. */
final class WatchedChildren implements AutoCloseable {
    private final Map<String, List<? extends SteadyInformer<? extends HasMetadata>>> byKind;

    /**
     * Starts reading; no namespaces means all.
     *
     * @param lost is told the UID of each owner of an object that went, or isn't that owner's any more
     */
    WatchedChildren(KubernetesClient client, Set<String> namespaces, Consumer<String> lost) {
        byKind = Map.of(
                HasMetadata.getKind(Service.class),
                start(client, Service.class, Trimmed::service, namespaces, lost),
                HasMetadata.getKind(NetworkPolicy.class),
                start(client, NetworkPolicy.class, Trimmed::policy, namespaces, lost));
    }

    private static <T extends HasMetadata> List<SteadyInformer<T>> start(
            KubernetesClient client,
            Class<T> type,
            UnaryOperator<T> trim,
            Set<String> namespaces,
            Consumer<String> lost) {
        return informers(client, type, namespaces)
                .map(informer -> Informers.start(
                        informer.itemStore(Trimmed.store(trim)),
                        (before, after) -> {
                            owners(before)
                                    .filter(owner -> !after.hasOwnerReferenceFor(owner))
                                    .forEach(lost);
                            return false;
                        },
                        object -> {},
                        object -> owners(object).forEach(lost),
                        () -> {}))
                .toList();
    }

    private static <T extends HasMetadata> Stream<SharedIndexInformer<T>> informers(
            KubernetesClient client, Class<T> type, Set<String> namespaces) {
        var all = client.resources(type);
        return namespaces.isEmpty()
                ? Stream.of(all.inAnyNamespace()
                        .withLabel(Labels.MANAGED_BY, Labels.CAPSTAN)
                        .withLimit(Informers.PAGE)
                        .runnableInformer(0))
                : namespaces.stream()
                        .map(namespace -> all.inNamespace(namespace)
                                .withLabel(Labels.MANAGED_BY, Labels.CAPSTAN)
                                .withLimit(Informers.PAGE)
                                .runnableInformer(0));
    }

    private static Stream<String> owners(HasMetadata object) {
        return object.getMetadata().getOwnerReferences().stream().map(owner -> owner.getUid());
    }

    /** Whether an object was there when that was heard of last, and is the owner's: if not, it may only be new. */
    boolean has(HasMetadata object, String ownerUid) {
        var metadata = object.getMetadata();
        return byKind.getOrDefault(object.getKind(), List.of()).stream()
                .map(informer -> informer.store().getByKey(metadata.getNamespace() + "/" + metadata.getName()))
                .anyMatch(there -> there != null && there.hasOwnerReferenceFor(ownerUid));
    }

    @Override
    public void close() {
        byKind.values().stream().flatMap(List::stream).forEach(SteadyInformer::stop);
    }
}
