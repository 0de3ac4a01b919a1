package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Refusal;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Objects that lie under names which a job or service needs and aren't its own: what an earlier one of its name left
 * behind when it was deleted without them ({@code --cascade=orphan}), or what somebody else has made.
 */
final class TakenNames {
    /** So many are named one by one. */
    private static final int NAMED = 8;

    private TakenNames() {}

    /** Whether an object that has the name isn't the owner's. */
    static boolean isOthers(HasMetadata owner, HasMetadata there) {
        return !there.hasOwnerReferenceFor(owner.getMetadata().getUid());
    }

    /**
     * Whether an object is about to go by itself: what an object of the owner's name had that is gone, and what is
     * being deleted and held by nobody.
     */
    static boolean isLeaving(HasMetadata owner, HasMetadata there) {
        if (isDeleted(there)) {
            return there.getFinalizers().isEmpty();
        }
        return controller(there)
                .filter(other -> owner.getKind().equals(other.getKind())
                        && owner.getMetadata().getName().equals(other.getName()))
                .isPresent();
    }

    /** What there is to say and to do about them. At least one. */
    static Refusal.Taken refusal(HasMetadata owner, List<? extends HasMetadata> there) {
        boolean leaving = there.stream().allMatch(each -> isDeleted(each) || isLeaving(owner, each));
        var sentences = there.stream()
                .collect(Collectors.groupingBy(each -> whose(owner, each), TreeMap::new, Collectors.toList()))
                .entrySet()
                .stream()
                .map(group -> names(group.getValue())
                        + (group.getValue().size() == 1 ? " exists and " : " exist and ")
                        + (group.getValue().size() == 1 ? group.getKey() : plural(group.getKey())))
                .collect(Collectors.joining("; "));
        return new Refusal.Taken(sentences + held(there) + advice(owner, there), leaving);
    }

    private static String whose(HasMetadata owner, HasMetadata there) {
        if (isDeleted(there)) {
            return "is still being deleted"
                    + (there.getFinalizers().isEmpty() ? "" : ", held by " + String.join(", ", there.getFinalizers()));
        }
        var controller = controller(there);
        if (controller.isPresent()) {
            boolean predecessor = isLeaving(owner, there);
            return "belongs to " + (predecessor ? "an earlier " : "")
                    + controller.get().getKind() + " " + controller.get().getName()
                    + (predecessor ? " of this name" : "");
        }
        return isCapstans(there)
                ? "belongs to nobody any more, as its owner was deleted without it"
                : "belongs to somebody else";
    }

    private static String plural(String ofOne) {
        return ofOne.replace("belongs", "belong")
                .replace("is still", "are still")
                .replace("its owner was deleted without it", "their owner was deleted without them");
    }

    private static boolean isCapstans(HasMetadata there) {
        var labels = there.getMetadata().getLabels();
        return labels != null && Labels.CAPSTAN.equals(labels.get(Labels.MANAGED_BY));
    }

    private static boolean isDeleted(HasMetadata there) {
        return there.getMetadata().getDeletionTimestamp() != null;
    }

    private static Optional<OwnerReference> controller(HasMetadata there) {
        return there.getMetadata().getOwnerReferences().stream()
                .filter(reference -> Boolean.TRUE.equals(reference.getController()))
                .findFirst();
    }

    private static String names(List<? extends HasMetadata> objects) {
        var names = objects.stream()
                .limit(NAMED)
                .map(each -> kind(each) + " " + each.getMetadata().getName())
                .collect(Collectors.toCollection(ArrayList::new));
        if (objects.size() > NAMED) {
            names.add((objects.size() - NAMED) + " more");
        }
        return String.join(", ", names);
    }

    private static String kind(HasMetadata object) {
        return object.getKind().toLowerCase(Locale.ROOT);
    }

    /** The devices that pods among them hold, which nobody else gets meanwhile. */
    private static String held(List<? extends HasMetadata> there) {
        var amounts = there.stream()
                .filter(Pod.class::isInstance)
                .flatMap(pod -> ((Pod) pod).getSpec().getContainers().stream())
                .flatMap(TakenNames::limits)
                .filter(limit -> limit.getKey().contains("/"))
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        limit -> limit.getValue().getNumericalAmount(),
                        BigDecimal::add,
                        TreeMap::new));
        return amounts.isEmpty()
                ? ""
                : amounts.entrySet().stream()
                        .map(each -> each.getValue().stripTrailingZeros().toPlainString() + " " + each.getKey())
                        .collect(Collectors.joining(", ", ", and its pods hold ", ""));
    }

    private static Stream<Map.Entry<String, Quantity>> limits(Container container) {
        return container.getResources() == null || container.getResources().getLimits() == null
                ? Stream.empty()
                : container.getResources().getLimits().entrySet().stream();
    }

    private static String advice(HasMetadata owner, List<? extends HasMetadata> there) {
        var staying = there.stream()
                .filter(each -> !isDeleted(each) && !isLeaving(owner, each))
                .limit(NAMED)
                .map(each -> kind(each) + "/" + each.getMetadata().getName())
                .toList();
        return staying.isEmpty()
                ? ""
                : "; if nobody needs them, kubectl delete --namespace=%s %s"
                        .formatted(owner.getMetadata().getNamespace(), String.join(" ", staying));
    }
}
