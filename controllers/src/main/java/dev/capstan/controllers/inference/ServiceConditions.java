package dev.capstan.controllers.inference;

import dev.capstan.controllers.inference.ServicePlan.Progress;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Reasons;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;

/**
 * The conditions of a service. It is Ready while enough replicas answer, by whatever revision; what isn't as the spec
 * wants it yet is Reconciling beside that, and what only its user can help is Stalled.
 */
final class ServiceConditions {
    private ServiceConditions() {}

    /** Those of a service that has no model yet. */
    static List<Condition> waiting(ServiceState state, Wait wait) {
        return set(state)
                .no(Conditions.READY, wait)
                .yes(Conditions.RECONCILING, wait)
                .no(Conditions.STALLED, wait.reason().reason(), "")
                .no(Conditions.MODEL_READY, wait)
                .no(Conditions.ADMITTED, wait)
                .no(Conditions.QUOTA_RESERVED, wait)
                .no(Conditions.ROLLOUT_PROGRESSING, wait)
                .list();
    }

    static List<Condition> of(ServiceView view, boolean rolledOut) {
        var set = set(view.state());
        var progress = view.progress();
        // What has been rolled out just now isn't under way any more.
        var open = progress.filter(why -> !(rolledOut && why.reason().equals(Reasons.ROLLING_OUT)));
        var stalled = view.failure().or(() -> gateway(view));
        ready(set, view, open);
        var doing = stalled.isPresent() ? Optional.<Progress>empty() : open;
        doing.ifPresentOrElse(
                why -> set.yes(Conditions.RECONCILING, why.reason(), why.message()),
                () -> set.no(
                        Conditions.RECONCILING, stalled.map(Progress::reason).orElse(Reasons.SERVING), settled(view)));
        stalled.ifPresentOrElse(
                why -> set.yes(Conditions.STALLED, why.reason(), why.message()),
                () -> set.no(Conditions.STALLED, doing.map(Progress::reason).orElse(Reasons.SERVING), ""));
        model(set, view);
        places(set, view);
        rollout(set, view, rolledOut);
        return set.list();
    }

    private static ConditionSet set(ServiceState state) {
        return ConditionSet.after(
                state.status().getConditions(),
                state.service().getMetadata().getGeneration(),
                state.world().now());
    }

    private static String settled(ServiceView view) {
        return "%d of %d replicas answer".formatted(view.ready(), view.wanted())
                + (view.state().routersWanted() > 0
                        ? ", through %d of %d routers"
                                .formatted(view.readyRouters(), view.state().routersWanted())
                        : "");
    }

    private static void ready(ConditionSet set, ServiceView view, Optional<Progress> open) {
        if (view.wanted() == 0) {
            set.yes(Conditions.READY, Reasons.SCALED_TO_ZERO, "spec.replicas is 0");
        } else if (view.isAvailable()) {
            set.yes(Conditions.READY, Reasons.SERVING, settled(view));
        } else {
            set.no(
                    Conditions.READY,
                    open.map(Progress::reason).orElse(Reasons.REPLICAS_STARTING),
                    open.map(Progress::message).orElseGet(() -> settled(view)));
        }
    }

    /** What the spec wants and the cluster doesn't know. */
    private static Optional<Progress> gateway(ServiceView view) {
        return view.state().spec().gateway().isPresent()
                        && !view.state().world().gatewayApi()
                ? Optional.of(
                        new Progress(
                                Reasons.GATEWAY_API_MISSING,
                                "spec.gateway wants an HTTPRoute, and the cluster has no gateway.networking.k8s.io/v1: install the Gateway API, or remove gateway"))
                : Optional.empty();
    }

    private static void model(ConditionSet set, ServiceView view) {
        var target = view.target();
        var what = "revision %d serves %s, %s".formatted(target.getRevision(), target.getSource(), target.getDigest());
        var failure = view.failure().filter(why -> why.reason().equals(Reasons.MODEL_LOAD_FAILED));
        if (view.modelWait().isPresent()) {
            set.no(Conditions.MODEL_READY, view.modelWait().get());
        } else if (view.updatedReady() > 0) {
            var kept = view.state().kept().getOrDefault(Integer.toString(target.getRevision()), target.getKept());
            if (Boolean.FALSE.equals(kept) && isSourceGone(view)) {
                set.yes(
                        Conditions.MODEL_READY,
                        Reasons.MODEL_NOT_KEPT,
                        what
                                + "; its source is overwritten or gone and no copy could be kept beside it, so that it can be served only as long as one of its replicas lives");
            } else {
                set.yes(Conditions.MODEL_READY, Reasons.MODEL_LOADED, what);
            }
        } else if (failure.isPresent()) {
            set.no(Conditions.MODEL_READY, failure.get().reason(), failure.get().message());
        } else {
            set.no(
                    Conditions.MODEL_READY,
                    Reasons.MODEL_LOADING,
                    "no replica has answered by %s yet, %s".formatted(target.getSource(), target.getDigest()));
        }
    }

    private static boolean isSourceGone(ServiceView view) {
        var state = view.state();
        return WantedModel.ref(state.service())
                .filter(ref ->
                        (ref.kind() + "/" + ref.name()).equals(view.target().getSource()))
                .map(ref -> state.world().referents().source().stream()
                        .map(job ->
                                job.getStatus() == null ? null : job.getStatus().getArtifact())
                        .noneMatch(artifact ->
                                artifact != null && view.target().getDigest().equals(artifact.getDigest())))
                .orElse(false);
    }

    private static void places(ConditionSet set, ServiceView view) {
        var how = "%d of %d replicas have a place".formatted(view.placed(), view.wanted());
        var wait = view.hindrance().or(view::seatWait);
        if (view.wanted() == 0) {
            set.no(Conditions.ADMITTED, Reasons.SCALED_TO_ZERO, "spec.replicas is 0");
        } else if (view.placed() >= Math.max(1, view.state().minimum())) {
            set.yes(Conditions.ADMITTED, Reasons.PLACES_GRANTED, how);
        } else if (wait.isPresent()) {
            set.no(Conditions.ADMITTED, wait.get());
        } else {
            set.no(Conditions.ADMITTED, Reasons.WAITING_FOR_CAPACITY, how);
        }
        view.seatWait()
                .ifPresentOrElse(
                        why -> set.no(Conditions.QUOTA_RESERVED, why),
                        () -> set.yes(Conditions.QUOTA_RESERVED, Reasons.PLACES_GRANTED, how));
    }

    private static void rollout(ConditionSet set, ServiceView view, boolean rolledOut) {
        var failure = view.failure();
        if (rolledOut) {
            set.no(
                    Conditions.ROLLOUT_PROGRESSING,
                    Reasons.ROLLED_OUT,
                    "all replicas are of revision " + view.target().getRevision());
        } else if (view.modelWait().isPresent()) {
            set.no(Conditions.ROLLOUT_PROGRESSING, view.modelWait().get());
        } else if (view.hindrance().isPresent()) {
            set.no(Conditions.ROLLOUT_PROGRESSING, view.hindrance().get());
        } else if (failure.isPresent()) {
            set.no(
                    Conditions.ROLLOUT_PROGRESSING,
                    failure.get().reason(),
                    failure.get().message());
        } else {
            set.yes(Conditions.ROLLOUT_PROGRESSING, Reasons.ROLLING_OUT, view.rolling());
        }
    }
}
