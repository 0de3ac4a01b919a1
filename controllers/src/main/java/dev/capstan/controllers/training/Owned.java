package dev.capstan.controllers.training;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.crds.training.TrainingJob;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Map;
import java.util.TreeMap;

/** Metadata of what a job owns: labels to find it by, and the owner whose deletion takes it along. */
final class Owned {
    /** Component of the pods that train. */
    static final String WORKER = "worker";
    /** Component of the pods that check data. */
    static final String CHECK = "check";

    private Owned() {}

    static ObjectMeta metadata(TrainingJob job, String name, Map<String, String> moreLabels) {
        return metadata(job, name, WORKER, moreLabels);
    }

    /** The same for what has to do with another component than the workers. Labels of ours win. */
    static ObjectMeta metadata(TrainingJob job, String name, String component, Map<String, String> moreLabels) {
        var labels = new TreeMap<>(moreLabels);
        labels.putAll(component(job, component));
        labels.put(Labels.INSTANCE, Names.of(job.getMetadata().getName()).job());
        labels.put(Labels.PART_OF, Labels.CAPSTAN);
        labels.put(Labels.MANAGED_BY, Labels.CAPSTAN);
        return new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(job.getMetadata().getNamespace())
                .withLabels(labels)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(job.getApiVersion())
                        .withKind(job.getKind())
                        .withName(job.getMetadata().getName())
                        .withUid(job.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(true)
                        .build())
                .build();
    }

    /** Labels that all pods of a job have and no others. */
    static Map<String, String> pods(TrainingJob job) {
        return Map.of(
                Labels.NAME,
                "trainingjob",
                Labels.JOB,
                Names.of(job.getMetadata().getName()).job());
    }

    /** Labels that all workers of a job have and no other pods. */
    static Map<String, String> selector(TrainingJob job) {
        return component(job, WORKER);
    }

    /** Labels of the pods of a job that do one kind of work. */
    static Map<String, String> component(TrainingJob job, String component) {
        var labels = new TreeMap<>(pods(job));
        labels.put(Labels.COMPONENT, component);
        return labels;
    }
}
