package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.Workload;
import java.util.List;
import java.util.Optional;

/** What a scheduling cycle decides on one workload. */
public sealed interface Decision {
    WorkloadId id();

    /** It gets places. */
    sealed interface Granting extends Decision {
        Workload workload();

        /** Of each pod set that gets any, which; a pod that gets none here has no node. */
        List<Grant.Seats> podSets();

        /** By which it is admitted; empty for none. */
        Optional<String> quota();

        /** Of that quota, what it is charged to. */
        List<String> flavors();

        @Override
        default WorkloadId id() {
            return workload().id();
        }

        /** How many pods get places. */
        default int size() {
            return podSets().stream().mapToInt(Grant.Seats::count).sum();
        }
    }

    /** The minimum of all its pod sets gets places, and so it may start. */
    record Admit(Workload workload, List<Grant.Seats> podSets, Optional<String> quota, List<String> flavors)
            implements Granting {
        public Admit {
            for (var podSet : workload.podSets()) {
                int placed = podSets.stream()
                        .filter(seats -> seats.podSet().equals(podSet.name()))
                        .mapToInt(Grant.Seats::count)
                        .sum();
                if (placed != podSet.minimum()) {
                    throw new IllegalArgumentException(
                            "all or nothing: %d of %d %s".formatted(placed, podSet.minimum(), podSet.name()));
                }
            }
        }
    }

    /** It has places, and gets some of those that it lacks. */
    record Fill(Workload workload, List<Grant.Seats> podSets, Optional<String> quota, List<String> flavors)
            implements Granting {}

    /** It has to give its places up for others. */
    record Evict(WorkloadId id, String why) implements Decision {}
}
