package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.ReplicaPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of the API server before places are asked for: would it take the pods, and what does it add to them?
 */
public final class ServiceTrials {
    private ServiceTrials() {}

    /**
     * What was asked before a service that lacks places began to ask for them, to be asked by a new leader; nothing if
     * it lacks none.
     */
    public static List<DryRun> asked(InferenceService service, ServiceWorld world, WorkerSettings settings) {
        if (!ServiceWorkloads.asks(service)) {
            return List.of();
        }
        var state = new ServiceState(service, world, settings);
        return state.match()
                .or(() -> state.revision(state.status().getUpdatingRevision()))
                .or(state::stable)
                .map(target -> of(state, target, state.status().getSeats().getReplicas(), state.routersWanted()))
                .orElse(List.of());
    }

    /** What is asked when a plan wants more pods than the status says, or other routers than the last spec did. */
    static List<DryRun> beforeAsking(ServiceView view, int seats) {
        var state = view.state();
        var before = state.status().getSeats();
        int more = seats - (before == null ? 0 : before.getReplicas());
        boolean edited = !state.service()
                .getMetadata()
                .getGeneration()
                .equals(state.status().getObservedGeneration());
        int live = (int) state.routers().stream().filter(Replica::isLive).count();
        return of(state, view.target(), more, more > 0 || edited ? state.routersWanted() - live : 0);
    }

    private static List<DryRun> of(ServiceState state, Revision target, int replicas, int routers) {
        var trials = new ArrayList<DryRun>();
        if (replicas > 0) {
            state.template(target)
                    .ifPresent(template -> trials.add(trial(
                            state,
                            state.owner(state.files().volumes(target, template)),
                            state.kind(target, template),
                            replicas)));
        }
        if (routers > 0) {
            trials.add(trial(state, state.owner(ServiceState.none()), state.routerKind(), routers));
        }
        return trials;
    }

    private static DryRun trial(ServiceState state, PodOwner owner, ReplicaPods.Kind kind, int count) {
        int rank = kind.set().firstRank();
        // By a name that is free: of one that is taken the API server says nothing but that.
        return new DryRun(
                ReplicaPods.pod(
                        owner,
                        kind,
                        rank,
                        state.freeIncarnation(owner, kind, rank),
                        Optional.empty(),
                        state.settings()),
                count);
    }
}
