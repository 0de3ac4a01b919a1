package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.plan.WaitReason;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.controllers.pods.ReplicaPods;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.protocol.Endpoints;
import dev.capstan.protocol.JobFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to do about a service, from the service and the world as they were read together. The same service and world
 * give the same plan.
 *
 * <p>A service goes this way: its model is there, a revision is listed, seats are asked for and granted, pods are made,
 * they load the model and answer. It has no end; each pass compares what is with what is wanted.
 *
 * @param plan status, children and notices
 * @param ask replicas to be asked how far they are
 * @param routing what routers are to be told
 */
public record ServicePlan(Plan<InferenceServiceStatus> plan, List<Ask> ask, Optional<Routing> routing) {
    /** How soon to look again for what nobody tells of, such as a secret that is missing, or a webhook that refuses. */
    private static final Duration SOONEST = Duration.ofSeconds(5);

    private static final Duration LATEST = Duration.ofMinutes(2);

    /**
     * A replica to be asked.
     *
     * @param podUid its pod's UID
     * @param target how to reach it
     */
    public record Ask(String podUid, Plan.Follow target) {}

    /**
     * What routers are to be told.
     *
     * @param routers the addresses of all that run
     * @param replicas among which they choose
     * @param waiting what is waited for while none is ready; null if nothing is known
     */
    public record Routing(List<String> routers, List<Endpoints.Replica> replicas, String waiting) {}

    /** What to do; nothing for a service that is being deleted, whose children go with it. */
    public static Optional<ServicePlan> decide(InferenceService service, ServiceWorld world, WorkerSettings settings) {
        return service.getMetadata().getDeletionTimestamp() != null
                ? Optional.empty()
                : Optional.of(plan(new ServiceState(service, world, settings), Optional.empty()));
    }

    /** What to do when the API server hasn't taken a child of the last plan; nothing more is made by this one. */
    public static ServicePlan refused(
            InferenceService service, ServiceWorld world, WorkerSettings settings, Refusal refusal) {
        var wait = switch (refusal) {
            case Refusal.Denied(var child, var message) ->
                new Wait(WaitReason.POD_REFUSED, child + " was refused: " + message);
            case Refusal.OverQuota(var message) -> new Wait(WaitReason.EXCEEDS_RESOURCE_QUOTA, message);
            case Refusal.Taken(var message, var leaving) -> new Wait(WaitReason.NAME_TAKEN, message);
        };
        return plan(new ServiceState(service, world, settings), Optional.of(wait));
    }

    /** Whether the next plan needs to know what is there of that which nobody watches: when something is to be made. */
    public static boolean needsLookup(InferenceService service) {
        var status = service.getStatus();
        return status == null
                || status.getUpdatingRevision() != null
                || status.getRevision() == null
                || !service.getMetadata().getGeneration().equals(status.getObservedGeneration())
                || status.getReadyReplicas() == null
                || status.getReadyReplicas() < service.getSpec().replicas();
    }

    private static ServicePlan plan(ServiceState state, Optional<Wait> refusal) {
        var missing = ServiceReferences.missing(state);
        var match = state.match();
        boolean fresh = match.isEmpty()
                && state.wanted() instanceof WantedModel.Known
                && missing.isEmpty()
                && refusal.isEmpty();
        var target = fresh
                ? Optional.of(Revisions.next(state))
                : match.or(() -> state.revision(state.status().getUpdatingRevision()))
                        .or(state::stable);
        var hindrance = refusal.or(() -> missing);
        if (target.isEmpty()) {
            return unplaced(state, hindrance);
        }
        var seats = ServiceSeats.of(state, target.get());
        var view = new ServiceView(state, target.get(), seats, hindrance);
        var status = ServiceStatus.of(view);
        var notices = new ArrayList<>(ServiceStatus.notices(view, status));
        var children = Children.UNTOUCHED;
        if (refusal.isPresent()) {
            // Whatever was refused may be what all else needs.
            status.setSeats(state.status().getSeats());
        } else if (fresh) {
            // Its pods are made by a later plan, which reads its number from the API server.
            status.setSeats(state.status().getSeats());
            children = new ServiceChildren(view).revision();
            notices.add(new Notice(
                    Notice.Reason.RevisionCreated,
                    target.get().getRevision(),
                    "revision %d serves %s, %s"
                            .formatted(
                                    target.get().getRevision(),
                                    target.get().getSource(),
                                    target.get().getDigest())));
        } else {
            children = new ServiceChildren(view)
                    .all()
                    .trying(ServiceTrials.beforeAsking(view, status.getSeats().getReplicas()));
            ServiceUpkeep.notice(state, target.get(), children).ifPresent(notices::add);
        }
        var plan = new Plan<>(
                status, children, List.copyOf(notices), Optional.empty(), Optional.empty(), Optional.empty(), false);
        return new ServicePlan(again(plan, view), asks(state), routing(view));
    }

    /** No model is known, so nothing is asked for or made. */
    private static ServicePlan unplaced(ServiceState state, Optional<Wait> hindrance) {
        var wait = state.wanted() instanceof WantedModel.Missing(var why) ? why : hindrance.orElseThrow();
        var plan = Plan.of(ServiceStatus.waiting(state, wait));
        return new ServicePlan(
                hindrance.isPresent() ? plan.again(lookAgain(state, wait)) : plan, List.of(), Optional.empty());
    }

    /** Soon at first, and more and more seldom the longer it has been waited for. */
    private static Duration lookAgain(ServiceState state, Wait wait) {
        var waited = ConditionSet.find(state.status().getConditions(), Conditions.RECONCILING)
                .filter(condition -> Conditions.TRUE.equals(condition.getStatus())
                        && condition.getReason().equals(wait.reason().reason()))
                .map(condition -> Duration.between(
                        Instant.parse(condition.getLastTransitionTime()),
                        state.world().now()))
                .orElse(SOONEST);
        return bounded(waited);
    }

    private static Plan<InferenceServiceStatus> again(Plan<InferenceServiceStatus> plan, ServiceView view) {
        var state = view.state();
        var world = state.world();
        var delays = new ArrayList<Duration>();
        world.untilOneIsLost().ifPresent(delays::add);
        Stream.concat(state.replicas().stream(), state.routers().stream())
                .flatMap(pod -> Stream.concat(
                        Replica.untilRefused(pod.pod(), world.now()).stream(), untilAsked(pod, world.now()).stream()))
                .filter(Duration::isPositive)
                .forEach(delays::add);
        view.seats().untilNoRoom().ifPresent(delays::add);
        view.hindrance().map(wait -> lookAgain(state, wait)).ifPresent(delays::add);
        return delays.stream().min(Duration::compareTo).map(plan::again).orElse(plan);
    }

    /** How soon to ask what the kubelet says of a pod that doesn't come to run: more and more seldom. */
    private static Optional<Duration> untilAsked(Replica pod, Instant now) {
        return PodReport.quietSince(pod.pod())
                .map(since -> Duration.between(since, now))
                .map(waited -> waited.compareTo(PodReport.QUIET) <= 0
                        ? PodReport.QUIET.minus(waited).plusMillis(1)
                        : bounded(waited));
    }

    private static Duration bounded(Duration waited) {
        return waited.compareTo(SOONEST) < 0 ? SOONEST : waited.compareTo(LATEST) > 0 ? LATEST : waited;
    }

    private static List<Ask> asks(ServiceState state) {
        return state.replicas().stream()
                .filter(Replica::isLive)
                .filter(replica -> replica.pod().getStatus() != null
                        && replica.pod().getStatus().getPodIP() != null)
                .filter(replica -> !replica.isReady() || !isKnown(state, replica))
                .map(replica -> new Ask(replica.pod().getMetadata().getUid(), follow(state, replica)))
                .toList();
    }

    /** Whether a replica that answers has said all that there is to say. */
    private static boolean isKnown(ServiceState state, Replica replica) {
        var said = state.world().servings().get(replica.pod().getMetadata().getUid());
        return said != null && said.digest() != null && said.kept() != null;
    }

    private static Plan.Follow follow(ServiceState state, Replica replica) {
        return new Plan.Follow(
                ReplicaPods.ATTEMPT,
                replica.pod().getStatus().getPodIP(),
                state.owner(ServiceState.none()).names().secret(),
                JobFile.VERSION);
    }

    private static Optional<Routing> routing(ServiceView view) {
        var state = view.state();
        if (state.routers().isEmpty()) {
            return Optional.empty();
        }
        var replicas = state.replicas().stream()
                .filter(Replica::isLive)
                .filter(replica -> replica.pod().getStatus() != null
                        && replica.pod().getStatus().getPodIP() != null)
                .map(replica -> new Endpoints.Replica(
                        replica.pod().getStatus().getPodIP(), Integer.parseInt(replica.revision())))
                .toList();
        var routers = state.routers().stream()
                .filter(Replica::isLive)
                .filter(router -> router.pod().getStatus() != null
                        && router.pod().getStatus().getPodIP() != null)
                .map(router -> router.pod().getStatus().getPodIP())
                .toList();
        return Optional.of(new Routing(
                routers, replicas, view.progress().map(Progress::message).orElse(null)));
    }

    /** Why a service isn't as its spec wants it, in the words of a condition. */
    record Progress(String reason, String message) {
        static Progress of(Wait wait) {
            return new Progress(wait.reason().reason(), wait.message());
        }
    }
}
