package dev.capstan.controllers.lineage;

import dev.capstan.controllers.plan.JobRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Jobs that go on from each other's models: none of them can ever begin. */
public final class ModelCycle {
    /** Longer lineages than that aren't followed to their ends. */
    private static final int LONGEST = 32;

    private ModelCycle() {}

    /**
     * The circle that a job is in.
     *
     * @param from the job whose model another goes on from, if it names one and hasn't found it yet
     * @return the job itself, the one that it goes on from, and so on; empty if that doesn't lead back to it
     */
    public static List<JobRef> of(JobRef job, Function<JobRef, Optional<JobRef>> from) {
        var jobs = new ArrayList<JobRef>();
        for (var next = Optional.of(job); next.isPresent() && jobs.size() < LONGEST; next = from.apply(next.get())) {
            if (!jobs.isEmpty() && next.get().equals(job)) {
                return List.copyOf(jobs);
            }
            if (jobs.contains(next.get())) {
                // It leads into a circle that is others' affair.
                return List.of();
            }
            jobs.add(next.get());
        }
        return List.of();
    }

    /** What there is to do about a circle, for the first of its jobs. */
    public static String sentence(List<JobRef> cycle) {
        var waits = new ArrayList<String>();
        for (int i = 0; i < cycle.size(); i++) {
            var next = cycle.get((i + 1) % cycle.size());
            waits.add(named(cycle.get(i)) + (i == 0 ? " waits for the model of " : " for that of ") + named(next));
        }
        return String.join(", ", waits)
                + ": none of them can ever begin. Delete one of them, and apply it again with another model.from";
    }

    private static String named(JobRef job) {
        return job.kind() + " " + job.name();
    }
}
