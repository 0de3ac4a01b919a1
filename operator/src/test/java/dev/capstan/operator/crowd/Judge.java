package dev.capstan.operator.crowd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Goes through all that the watches saw, and finds every promise of admission that was broken at any moment; the end
 * state wouldn't show it.
 */
final class Judge {
    /**
     * What the cluster is like.
     *
     * @param gpusOfNode how many GPUs each node has
     * @param mostGpus by namespace, what its quota may use at most
     * @param timeoutMillis how long a gang may be bound in part
     */
    record Rules(int gpusOfNode, Map<String, Integer> mostGpus, long timeoutMillis) {}

    /**
     * @param broken promises, a sentence each
     * @param jobs how many there were
     * @param complete how many of them are complete
     * @param grants how many were seen
     * @param rolledBack attempts of which pods were made and that were given up before they were whole
     * @param begunAnew attempts that were whole and were given up
     * @param pods how many were made
     * @param longestPartialMillis the longest time for which some of a gang's pods were bound and others weren't yet
     * @param mostGpusInUse the most GPUs that were bound at once
     */
    record Verdict(
            List<String> broken,
            int jobs,
            int complete,
            int grants,
            int rolledBack,
            int begunAnew,
            int pods,
            long longestPartialMillis,
            int mostGpusInUse) {}

    private record Attempt(String jobUid, int number) {}

    private final Rules rules;
    private final List<String> broken = new ArrayList<>();
    private final Map<String, Event.Job> jobs = new HashMap<>();
    private final Map<Attempt, Map<Integer, String>> grants = new HashMap<>();
    private final Map<String, Event.Pod> pods = new HashMap<>();
    /** The pods, by UID, that were on a node when it went: they hold nothing of it any more. */
    private final Set<String> lost = new HashSet<>();
    /** How many pods there are of each attempt of which any was made. */
    private final Map<Attempt, Integer> alive = new HashMap<>();

    private final Map<String, Integer> gpusByNode = new HashMap<>();
    private final Map<String, Integer> gpusByNamespace = new TreeMap<>();
    /** By attempt, the ranks that are bound, and since when the first was. */
    private final Map<Attempt, Set<Integer>> bound = new HashMap<>();

    private final Map<Attempt, Long> firstBound = new HashMap<>();
    /** Attempts of which all pods were bound at the same time. */
    private final Set<Attempt> whole = new HashSet<>();

    private final Set<Attempt> givenUp = new HashSet<>();
    private final Set<String> completed = new HashSet<>();
    private long longestPartial;
    private int made;
    private int inUse;
    private int mostInUse;

    private Judge(Rules rules) {
        this.rules = rules;
    }

    static Verdict judge(Rules rules, List<Event> events) {
        var judge = new Judge(rules);
        events.stream().sorted(Comparator.comparingLong(Event::revision)).forEach(judge::hear);
        judge.end(events.stream().mapToLong(Event::millis).max().orElse(0));
        return new Verdict(
                judge.broken,
                judge.jobs.size(),
                judge.completed.size(),
                judge.grants.size(),
                judge.givenUp(false),
                judge.givenUp(true),
                judge.made,
                judge.longestPartial,
                judge.mostInUse);
    }

    private void hear(Event event) {
        switch (event.thing()) {
            case Event.Node node -> {
                if (event.gone()) {
                    lose(node, event.millis());
                }
            }
            case Event.Job job -> hear(job, event.gone());
            case Event.Pod pod -> hear(pod, event);
        }
    }

    private void hear(Event.Job job, boolean gone) {
        if (gone) {
            broken.add("job " + job.name() + " was lost");
            return;
        }
        var earlier = jobs.put(job.uid(), job);
        if (earlier != null && earlier.attempt() != job.attempt()) {
            givenUp.add(new Attempt(job.uid(), earlier.attempt()));
        }
        if (job.attempt() > 0) {
            var before = grants.putIfAbsent(new Attempt(job.uid(), job.attempt()), job.nodes());
            if (before != null && !before.equals(job.nodes())) {
                broken.add("attempt %d of job %s was granted twice: %s, then %s"
                        .formatted(job.attempt(), job.name(), before, job.nodes()));
            }
            if (job.nodes().size() != job.replicas()) {
                broken.add("job %s was granted %d places of %d"
                        .formatted(job.name(), job.nodes().size(), job.replicas()));
            }
        }
        if (job.complete()) {
            if (completed.add(job.uid())) {
                checkWhole(job);
            }
        } else if (completed.contains(job.uid())) {
            broken.add("job " + job.name() + " was complete, and then it wasn't");
        }
    }

    /** A job can only be complete if all of its workers were there. */
    private void checkWhole(Event.Job job) {
        if (!whole.contains(new Attempt(job.uid(), job.attempt()))) {
            broken.add("job %s was complete and its %d pods had never been bound at the same time"
                    .formatted(job.name(), job.replicas()));
        }
    }

    /** How many attempts of which pods were made were given up: those that had been whole, or those that hadn't. */
    private int givenUp(boolean afterWhole) {
        return (int) givenUp.stream()
                .filter(attempt -> alive.containsKey(attempt) && whole.contains(attempt) == afterWhole)
                .count();
    }

    private void hear(Event.Pod pod, Event event) {
        var before = pods.get(pod.uid());
        var attempt = new Attempt(pod.jobUid(), pod.attempt());
        if (before == null && !event.gone()) {
            alive.merge(attempt, 1, Integer::sum);
            made++;
            checkGrant(pod);
        }
        if (before != null && takes(before)) {
            take(before, -1);
        }
        if (event.gone()) {
            if (pods.remove(pod.uid()) != null && !lost.remove(pod.uid())) {
                leave(pod, event.millis());
            }
            return;
        }
        pods.put(pod.uid(), pod);
        if (takes(pod)) {
            take(pod, 1);
            checkRoom(pod);
        }
        if (pod.node() != null && !lost.contains(pod.uid())) {
            if (!pod.node().equals(pod.meantFor())) {
                broken.add("pod %s was bound to %s and meant for %s".formatted(pod.name(), pod.node(), pod.meantFor()));
            }
            firstBound.putIfAbsent(attempt, event.millis());
            var ranks = bound.computeIfAbsent(attempt, name -> new HashSet<>());
            ranks.add(pod.rank());
            var job = jobs.get(pod.jobUid());
            if (job != null && ranks.size() == job.replicas()) {
                whole.add(attempt);
                wholeOrGone(attempt, event.millis());
            }
        }
    }

    /** What is left of a pod on a node that is gone is only its object, until somebody deletes that. */
    private void lose(Event.Node node, long millis) {
        pods.values().stream()
                .filter(pod -> node.name().equals(pod.node()) && !lost.contains(pod.uid()))
                .forEach(pod -> {
                    if (takes(pod)) {
                        take(pod, -1);
                    }
                    lost.add(pod.uid());
                    if (takes(pod)) {
                        take(pod, 1);
                    }
                    leave(pod, millis);
                });
    }

    private void leave(Event.Pod pod, long millis) {
        var attempt = new Attempt(pod.jobUid(), pod.attempt());
        bound.computeIfAbsent(attempt, name -> new HashSet<>()).remove(pod.rank());
        if (alive.merge(attempt, -1, Integer::sum) == 0) {
            wholeOrGone(attempt, millis);
        }
    }

    /** By the grant that the job had when the pod was made: an earlier one counts for nothing. */
    private void checkGrant(Event.Pod pod) {
        var job = jobs.get(pod.jobUid());
        if (job == null || job.attempt() != pod.attempt()) {
            broken.add("pod " + pod.name() + " was made without a grant");
        } else if (pod.meantFor() == null || !pod.meantFor().equals(job.nodes().get(pod.rank()))) {
            broken.add("pod %s was made for %s, and %s was granted"
                    .formatted(pod.name(), pod.meantFor(), job.nodes().get(pod.rank())));
        }
    }

    private void checkRoom(Event.Pod pod) {
        if (gpusByNode.get(pod.node()) > rules.gpusOfNode()) {
            broken.add("node %s has %d GPUs and pods hold %d of them"
                    .formatted(pod.node(), rules.gpusOfNode(), gpusByNode.get(pod.node())));
        }
        var most = rules.mostGpus().get(pod.namespace());
        if (most != null && gpusByNamespace.get(pod.namespace()) > most) {
            broken.add("namespace %s may use %d GPUs and holds %d"
                    .formatted(pod.namespace(), most, gpusByNamespace.get(pod.namespace())));
        }
    }

    private void take(Event.Pod pod, int sign) {
        // Also for one that was lost: the node may come back before it goes.
        gpusByNode.merge(pod.node(), sign * pod.gpus(), Integer::sum);
        if (!lost.contains(pod.uid())) {
            gpusByNamespace.merge(pod.namespace(), sign * pod.gpus(), Integer::sum);
            inUse += sign * pod.gpus();
            mostInUse = Math.max(mostInUse, inUse);
        }
    }

    private void wholeOrGone(Attempt attempt, long millis) {
        var since = firstBound.remove(attempt);
        if (since != null) {
            partial(attempt, millis - since);
            // Later events of the same pods begin no new window.
            firstBound.put(attempt, Long.MAX_VALUE);
        }
    }

    private void partial(Attempt attempt, long millis) {
        if (millis < 0) {
            return;
        }
        longestPartial = Math.max(longestPartial, millis);
        if (millis > rules.timeoutMillis()) {
            broken.add("attempt %d of job %s was bound in part for %d ms"
                    .formatted(attempt.number(), name(attempt.jobUid()), millis));
        }
    }

    private void end(long lastMillis) {
        firstBound.forEach((attempt, since) -> {
            if (since != Long.MAX_VALUE) {
                partial(attempt, lastMillis - since);
            }
        });
        jobs.values().stream()
                .filter(job -> !completed.contains(job.uid()))
                .forEach(job ->
                        broken.add("job " + job.name() + " isn't complete" + (job.failed() ? ": it failed" : "")));
    }

    private String name(String jobUid) {
        return jobs.containsKey(jobUid) ? jobs.get(jobUid).name() : jobUid;
    }

    private static boolean takes(Event.Pod pod) {
        return pod.node() != null && !pod.ended();
    }
}
