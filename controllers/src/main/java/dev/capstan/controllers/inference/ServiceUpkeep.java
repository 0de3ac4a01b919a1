package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.ServiceObjects;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.Revision;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What running pods of a service need that nobody watches: it is looked for by name, and made again when it is gone.
 */
public final class ServiceUpkeep {
    private ServiceUpkeep() {}

    /** What these pods need, by name alone; nothing if there are none. */
    public static List<HasMetadata> needed(InferenceService service, List<Pod> pods) {
        if (pods.isEmpty()) {
            return List.of();
        }
        var owner = new PodOwner(service, ServiceReferences.SHORT_NAME, ServiceState.none(), false);
        var needed = new ArrayList<HasMetadata>();
        needed.add(ServiceObjects.secret(owner));
        pods.stream()
                .map(pod -> config(owner, pod))
                .distinct()
                .sorted()
                .map(name -> ServiceChildren.named(owner, name))
                .forEach(needed::add);
        return needed;
    }

    private static String config(PodOwner owner, Pod pod) {
        var labels = pod.getMetadata().getLabels();
        var revision = labels.getOrDefault(Labels.REVISION, "");
        return Owned.REPLICA.equals(labels.get(Labels.COMPONENT)) && revision.matches(ServiceState.REVISION)
                ? owner.names().revision(Integer.parseInt(revision))
                : owner.names().routers();
    }

    /**
     * A plan's children, and what is gone of that which can be made again.
     *
     * @param configs all config maps of the service, as they are to be
     */
    static Children remade(ServiceState state, PodOwner owner, Children children, Supplier<Stream<ConfigMap>> configs) {
        var gone = state.world().gone();
        if (gone.isEmpty()) {
            return children;
        }
        var there = children.apply().stream().map(Owned::key).collect(Collectors.toSet());
        var apply = new ArrayList<>(children.apply());
        configs.get()
                .filter(object -> gone.contains(Owned.key(object)) && !there.contains(Owned.key(object)))
                .forEach(apply::add);
        var secret = ServiceObjects.secret(owner);
        var applying = children.applying(apply);
        return gone.contains(Owned.key(secret)) && children.peersSecret().isEmpty()
                ? applying.remaking(Optional.of(secret), children.make())
                : applying;
    }

    /** Tells what of it a plan makes again. */
    static Optional<Notice> notice(ServiceState state, Revision target, Children children) {
        var made = Stream.concat(children.peersSecret().stream(), children.apply().stream())
                .map(Owned::key)
                .filter(state.world().gone()::contains)
                .collect(Collectors.toCollection(TreeSet::new));
        return made.isEmpty()
                ? Optional.empty()
                : Optional.of(new Notice(
                        Notice.Reason.Remade,
                        target.getRevision(),
                        "somebody deleted %s, which the pods need: made again".formatted(String.join(", ", made)),
                        // It may happen several times to a revision.
                        Long.toHexString(state.world().now().getEpochSecond())));
    }
}
