package dev.capstan.controllers.pods;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.CapstanJob;
import dev.capstan.crds.inference.InferenceService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Metadata of what a job owns: labels to find it by, and the owner whose deletion takes it along. */
public final class Owned {
    /** Component of the pods that do the job's work. */
    static final String WORKER = "worker";
    /** Component of the pods that check data. */
    static final String CHECK = "check";
    /** Component of the pods that answer requests. */
    public static final String REPLICA = "replica";
    /** Component of the pods that pass requests on. */
    public static final String ROUTER = "router";

    private Owned() {}

    static ObjectMeta metadata(PodOwner owner, String name, Map<String, String> moreLabels) {
        return metadata(owner, name, WORKER, moreLabels);
    }

    /** The same for what has to do with another component than the workers. Labels of ours win. */
    public static ObjectMeta metadata(PodOwner owner, String name, String component, Map<String, String> moreLabels) {
        var object = owner.object();
        var labels = new TreeMap<>(wished(object));
        labels.putAll(moreLabels);
        labels.putAll(component(owner, component));
        labels.put(Labels.INSTANCE, owner.names().label());
        labels.put(Labels.PART_OF, Labels.CAPSTAN);
        labels.put(Labels.MANAGED_BY, Labels.CAPSTAN);
        return new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(object.getMetadata().getNamespace())
                .withLabels(labels)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(object.getApiVersion())
                        .withKind(object.getKind())
                        .withName(object.getMetadata().getName())
                        .withUid(object.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(true)
                        .build())
                .build();
    }

    /** Labels that the spec wants on pods: many clusters refuse whatever lacks some, of all kinds. */
    private static Map<String, String> wished(HasMetadata owner) {
        return switch (owner) {
            case CapstanJob<?, ?> job -> job.getSpec().workers().labels();
            case InferenceService service -> service.getSpec().workers().labels();
            default -> Map.of();
        };
    }

    /** {@code secret mnist-tj-peers}: what tells an object from all others of its namespace. */
    public static String key(HasMetadata object) {
        return object.getKind().toLowerCase(Locale.ROOT) + " "
                + object.getMetadata().getName();
    }

    /** Labels that all pods of a job have and no others. */
    public static Map<String, String> pods(PodOwner owner) {
        return Map.of(
                Labels.NAME,
                owner.object().getKind().toLowerCase(Locale.ROOT),
                Labels.JOB,
                owner.names().label());
    }

    /** Labels that all workers of a job have and no other pods. */
    static Map<String, String> selector(PodOwner owner) {
        return component(owner, WORKER);
    }

    /** Labels of the pods of a job or service that do one kind of work, and of no others. */
    public static Map<String, String> component(PodOwner owner, String component) {
        var labels = new TreeMap<>(pods(owner));
        labels.put(Labels.COMPONENT, component);
        return labels;
    }
}
