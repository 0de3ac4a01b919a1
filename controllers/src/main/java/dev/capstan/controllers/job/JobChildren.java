package dev.capstan.controllers.job;

import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.pods.CheckPods;
import dev.capstan.controllers.pods.JobNetworkPolicy;
import dev.capstan.controllers.pods.Rendezvous;
import dev.capstan.controllers.pods.WorkerPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a job's work is made of: pods last, since they mount the rest. */
final class JobChildren {
    private JobChildren() {}

    /** What is missing of an attempt that has places. */
    static Children gang(JobState state) {
        var owner = state.description().owner();
        var objects = new ArrayList<HasMetadata>();
        objects.add(Rendezvous.service(owner));
        objects.addAll(forAllPods(state));
        var there = Gang.of(state.world().pods(), state.attempt(), state.description())
                .bySeat()
                .keySet();
        objects.addAll(pods(
                state,
                IntStream.range(0, state.seats().count())
                        .filter(seat ->
                                !there.contains(seat) && !state.world().strays().containsKey(seat))
                        .boxed()
                        .toList()));
        return Children.made(Rendezvous.secret(owner), objects);
    }

    /** The pods of these seats that are to be made now, each for the place that its seat has. */
    static List<HasMetadata> pods(JobState state, List<Integer> numbers) {
        var description = state.description();
        var seats = state.seats();
        var nodes = state.job().getStatus().getAdmission().getPlacements().stream()
                .collect(Collectors.toMap(Placement::getRank, Placement::getNode));
        return numbers.stream()
                .<HasMetadata>map(seat -> {
                    var pod = WorkerPods.pod(
                            description.owner(),
                            description.podSet(seat),
                            state.attempt(),
                            seat,
                            seats.incarnation(seat),
                            Optional.of(nodes.get(seat)),
                            state.settings());
                    return seats.rank(seat)
                            .map(rank -> WorkerPods.holding(pod, rank))
                            .orElseGet(() -> WorkerPods.standingBy(pod));
                })
                .toList();
    }

    /**
     * What the pods of an attempt need while they run.
     *
     * @param model the configuration in the job's own copy, if it has one
     */
    static List<HasMetadata> needed(JobDescription description, WorkerSettings settings, Optional<String> model) {
        var owner = description.owner();
        var objects = new ArrayList<HasMetadata>();
        objects.add(Rendezvous.secret(owner));
        if (!DataCheck.isDue(description)) {
            objects.add(Rendezvous.service(owner));
        }
        objects.add(JobNetworkPolicy.of(owner, settings));
        objects.add(jobFile(description, settings, description.job().getStatus().getAttempt()));
        model.ifPresent(json -> objects.add(Rendezvous.model(owner, json)));
        return List.copyOf(objects);
    }

    /** Of what running pods need, that which is gone. */
    static Children gone(JobState state) {
        var gone = state.world().gone().stream().collect(Collectors.partitioningBy(Secret.class::isInstance));
        return Children.UNTOUCHED.remaking(
                gone.get(true).stream().map(Secret.class::cast).findFirst(), gone.get(false));
    }

    /** The pod that checks the data, for the place that was granted to it. */
    static Children check(JobState state) {
        var description = state.description();
        var owner = description.owner();
        var node = state.job()
                .getStatus()
                .getAdmission()
                .getPlacements()
                .getFirst()
                .getNode();
        var objects = new ArrayList<>(forAllPods(state));
        objects.add(CheckPods.pod(owner, description.check(), state.attempt(), Optional.of(node), state.settings()));
        return Children.made(Rendezvous.secret(owner), objects);
    }

    /**
     * Asks whether the API server would take the pods that the job is about to queue for, and takes the last attempt's
     * job file away.
     *
     * <p>A job that was rolled back doesn't queue before it has all the names that it keeps: if somebody else has one
     * of them, it would be granted places for nothing again and again. So it is with a check of the data that came to
     * nothing.
     */
    static Children beforeQueueing(JobState state) {
        var owner = state.description().owner();
        var attempts = state.attempts();
        boolean checks = DataCheck.isDue(state.description());
        boolean inVain = (checks ? attempts.checks() : attempts.rollbacks()) > 0;
        var asked = Children.tried(trials(state));
        var names = checks ? forAllAttempts(state) : namesToKeep(state);
        var children = inVain
                ? asked.making(Rendezvous.secret(owner), names)
                : attempts.number() == 1 ? asked.ifFree(firstNames(state, names)) : asked;
        return attempts.number() == 1
                ? children
                : children.dropping(jobFile(state.description(), state.settings(), attempts.number() - 1));
    }

    /** Whether the API server would take the pods that the job queues for. */
    static List<DryRun> trials(JobState state) {
        return DataCheck.isDue(state.description()) ? List.of(checkDryRun(state)) : dryRuns(state);
    }

    /** The names that all attempts need, and the first one's job file. */
    private static List<HasMetadata> firstNames(JobState state, List<HasMetadata> names) {
        var owner = state.description().owner();
        var all = new ArrayList<HasMetadata>();
        all.add(Rendezvous.secret(owner));
        all.addAll(names);
        all.add(jobFile(state.description(), state.settings(), state.attempt()));
        return all;
    }

    private static List<DryRun> dryRuns(JobState state) {
        var description = state.description();
        return description.podSets().stream()
                .map(set -> new DryRun(
                        WorkerPods.pod(
                                description.owner(),
                                set,
                                state.attempt(),
                                set.firstRank(),
                                Optional.empty(),
                                state.settings()),
                        set.replicas()))
                .toList();
    }

    private static DryRun checkDryRun(JobState state) {
        var description = state.description();
        return new DryRun(
                CheckPods.pod(
                        description.owner(), description.check(), state.attempt(), Optional.empty(), state.settings()),
                1);
    }

    private static List<HasMetadata> namesToKeep(JobState state) {
        var objects = new ArrayList<HasMetadata>();
        objects.add(Rendezvous.service(state.description().owner()));
        objects.addAll(forAllAttempts(state));
        return objects;
    }

    private static List<HasMetadata> forAllPods(JobState state) {
        var objects = forAllAttempts(state);
        objects.add(jobFile(state.description(), state.settings(), state.attempt()));
        return objects;
    }

    private static HasMetadata jobFile(JobDescription description, WorkerSettings settings, int attempt) {
        return Rendezvous.jobFile(description.owner(), JobFiles.of(description, attempt, settings.timeouts()));
    }

    private static List<HasMetadata> forAllAttempts(JobState state) {
        var owner = state.description().owner();
        var objects = new ArrayList<HasMetadata>();
        objects.add(JobNetworkPolicy.of(owner, state.settings()));
        state.world()
                .referents()
                .lookup()
                .flatMap(Referents.Lookup::model)
                .ifPresent(json -> objects.add(Rendezvous.model(owner, json)));
        return objects;
    }
}
