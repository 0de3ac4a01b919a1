package dev.capstan.controllers.job;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Progress;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Whether workers compute on the GPUs that they hold. Those that don't would keep them from others, at a CPU's speed,
 * and nothing else would say so.
 */
final class GpuUse {
    private GpuUse() {}

    /** Sets the condition of a job that asks for GPUs, once its workers have told what they compute on. */
    static void condition(JobDescription description, JobStatus status, ConditionSet set) {
        var asked = asked(description);
        if (asked.isEmpty()) {
            return;
        }
        var progress = status.getProgress();
        if (progress == null || progress.getDevice() == null) {
            set.carry(Conditions.GPU_USED);
        } else if (progress.getDevice().equals(dev.capstan.protocol.Progress.CPU)) {
            set.no(Conditions.GPU_USED, Reasons.GPU_NOT_USED, message(asked.get(), progress));
        } else {
            set.yes(Conditions.GPU_USED, Reasons.GPU_USED, "the workers compute on " + progress.getDevice());
        }
    }

    private static String message(String asked, Progress progress) {
        return "each worker holds " + asked + " and computes on a CPU"
                + (progress.getEngine() == null ? "" : " (" + progress.getEngine() + ")")
                + ": take workers.resources.limits of GPUs away, so that others can have them, or set workers.image to"
                + " one that computes on GPUs";
    }

    /** The GPUs of each worker, such as {@code 4 nvidia.com/gpu}; empty if there are none. */
    private static Optional<String> asked(JobDescription description) {
        var limits = description.podSets().getFirst().workers().resources().getLimits();
        return Optional.ofNullable(limits)
                .map(all -> new TreeMap<>(all)
                        .entrySet().stream()
                                .filter(limit -> isGpu(limit.getKey())
                                        && limit.getValue().getNumericalAmount().signum() > 0)
                                .map(limit -> limit.getValue() + " " + limit.getKey())
                                .collect(Collectors.joining(", ")))
                .filter(text -> !text.isEmpty());
    }

    /** Devices of other kinds, such as network adapters, compute nothing. Parts of a GPU are called mig-1g.10gb. */
    private static boolean isGpu(String resource) {
        return Resources.isDevice(resource) && (resource.endsWith("/gpu") || resource.startsWith("nvidia.com/"));
    }

    /** A word about it when it is first known. */
    static Optional<Notice> notice(JobState state, JobStatus status) {
        return state.status().flatMap(GpuUse::unused).isPresent()
                ? Optional.empty()
                : unused(status).map(unused -> state.notice(Notice.Reason.GPUNotUsed, unused.getMessage()));
    }

    private static Optional<Condition> unused(JobStatus status) {
        return ConditionSet.find(status.getConditions(), Conditions.GPU_USED)
                .filter(condition -> Conditions.FALSE.equals(condition.getStatus()));
    }
}
