package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodOwner;
import dev.capstan.controllers.pods.ReplicaPods;
import dev.capstan.controllers.pods.ServiceNetworkPolicy;
import dev.capstan.controllers.pods.ServiceObjects;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.Revision;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The objects of a service: those that follow its spec, and its pods, each for its seat. */
final class ServiceChildren {
    private final ServiceView view;
    private final ServiceState state;
    private final PodOwner owner;
    private final List<Revision> kept;

    ServiceChildren(ServiceView view) {
        this.view = view;
        this.state = view.state();
        this.kept = Revisions.kept(state, view.target());
        this.owner = state.owner(kept);
    }

    /**
     * What a new revision needs before it is listed. Those before it are told of it, too: a replica of theirs that
     * starts anew must not take its model's copy for one that nobody wants any more.
     */
    Children revision() {
        return Children.UNTOUCHED.applying(
                kept.stream().flatMap(revision -> config(revision).stream()).collect(Collectors.toList()));
    }

    /** What there is to do. */
    Children all() {
        return ServiceUpkeep.remade(state, owner, wanted(), this::configs);
    }

    private Stream<ConfigMap> configs() {
        return Stream.concat(
                kept.stream().flatMap(revision -> config(revision).stream()),
                Stream.of(ServiceObjects.routers(owner, state.files().routers())));
    }

    private Children wanted() {
        var seats = view.seats();
        var children = dropped(Children.UNTOUCHED)
                .alsoDelete(Stream.concat(seats.replicas().delete().stream(), seats.routers().delete().stream())
                        .toList());
        var apply = new ArrayList<HasMetadata>();
        objects().stream().filter(this::isToApply).forEach(apply::add);
        if (view.hindrance().isPresent()) {
            return children.applying(apply);
        }
        var pods = new ArrayList<HasMetadata>(replicas());
        Set<String> made = seats.replicas().make().stream()
                .map(SeatPlan.Make::revision)
                .collect(Collectors.toCollection(HashSet::new));
        // Somebody may have deleted what their pods are to mount.
        kept.stream()
                .filter(revision -> made.contains(Integer.toString(revision.getRevision())))
                .flatMap(revision -> config(revision).stream())
                .forEach(apply::add);
        if (!seats.routers().make().isEmpty()) {
            apply.add(ServiceObjects.routers(owner, state.files().routers()));
            pods.addAll(routers());
        }
        var applying = children.applying(apply);
        return pods.isEmpty() ? applying : applying.making(ServiceObjects.secret(owner), pods);
    }

    private List<HasMetadata> objects() {
        var spec = state.spec();
        var objects = new ArrayList<HasMetadata>();
        objects.add(ServiceNetworkPolicy.of(owner, spec.gateway().isPresent(), state.settings()));
        objects.add(ServiceObjects.replicas(owner));
        // As long as no router is ready, clients reach replicas straight: nobody has to wait for them.
        boolean routed = state.routersWanted() > 0 && view.readyRouters() > 0;
        // A client whose node lives has a router that does: the others' nodes may die unnoticed by it. Replicas
        // compute,
        // and are to get as much each, wherever clients are.
        objects.add(ServiceObjects.clients(
                owner,
                routed ? Owned.ROUTER : Owned.REPLICA,
                spec.access(),
                routed && state.world().sameNode()));
        objects.add(ServiceObjects.budget(owner, Owned.REPLICA, state.minimum()));
        if (state.routersWanted() > 0) {
            objects.add(ServiceObjects.budget(owner, Owned.ROUTER, state.routersWanted() - 1));
        }
        if (state.world().gatewayApi()) {
            spec.gateway().ifPresent(gateway -> objects.add(HttpRoutes.of(owner, gateway, spec.access())));
        }
        return objects;
    }

    private boolean isToApply(HasMetadata object) {
        return there(object).map(there -> Drift.is(object, there)).orElse(true);
    }

    private Optional<HasMetadata> there(HasMetadata object) {
        return state.world().objects().stream()
                .filter(there -> there.getKind().equals(object.getKind())
                        && there.getMetadata()
                                .getName()
                                .equals(object.getMetadata().getName()))
                .findFirst();
    }

    /** What isn't needed any more. */
    private Children dropped(Children children) {
        var dropped = children;
        for (var revision : state.listed()) {
            if (!kept.stream().map(Revision::getRevision).toList().contains(revision.getRevision())) {
                dropped = dropped.dropping(named(owner, owner.names().revision(revision.getRevision())));
            }
        }
        var budget = ServiceObjects.budget(owner, Owned.ROUTER, 0);
        if (state.routersWanted() == 0 && there(budget).isPresent()) {
            dropped =
                    dropped.dropping(budget).dropping(named(owner, owner.names().routers()));
        }
        var route = HttpRoutes.named(owner);
        if (state.spec().gateway().isEmpty() && there(route).isPresent()) {
            dropped = dropped.dropping(route);
        }
        return dropped;
    }

    /** A config map by its name alone. */
    static ConfigMap named(PodOwner owner, String name) {
        var config = new ConfigMap();
        config.setMetadata(Owned.metadata(owner, name, Owned.REPLICA, Map.of()));
        return config;
    }

    private Optional<ConfigMap> config(Revision revision) {
        return state.template(revision)
                .map(template -> ServiceObjects.revision(
                        owner, revision.getRevision(), state.files().replicas(revision, template, kept), template));
    }

    private List<Pod> replicas() {
        return view.seats().replicas().make().stream()
                .flatMap(make -> kept.stream()
                        .filter(revision ->
                                Integer.toString(revision.getRevision()).equals(make.revision()))
                        .flatMap(revision ->
                                state.template(revision).stream().map(template -> replica(make, revision, template))))
                .toList();
    }

    private Pod replica(SeatPlan.Make make, Revision revision, InferenceServiceSpec template) {
        return pod(state.owner(state.files().volumes(revision, template)), state.kind(revision, template), make);
    }

    private List<Pod> routers() {
        var kind = state.routerKind();
        return view.seats().routers().make().stream()
                .map(make -> pod(state.owner(ServiceState.none()), kind, make))
                .toList();
    }

    /** Of a name that no pod has that is still there. */
    private Pod pod(PodOwner whose, ReplicaPods.Kind kind, SeatPlan.Make make) {
        int incarnation = state.freeIncarnation(whose, kind, make.rank());
        return ReplicaPods.pod(whose, kind, make.rank(), incarnation, Optional.of(make.node()), state.settings());
    }
}
