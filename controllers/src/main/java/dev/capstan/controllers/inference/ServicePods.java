package dev.capstan.controllers.inference;

import dev.capstan.controllers.pods.PodSet;
import dev.capstan.crds.Block;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.inference.Rollout;
import dev.capstan.crds.inference.Seats;
import dev.capstan.protocol.Contract;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The pod sets of a service: its replicas and, if there are any, its routers. Ranks of routers begin beyond all that a
 * replica can have, so that no change of the number of replicas moves them.
 */
public final class ServicePods {
    /** Name of the pod set of replicas. */
    public static final String REPLICA = "replica";
    /** Name of the pod set of routers. */
    public static final String ROUTER = "router";
    /** Rank of the first router. */
    public static final int FIRST_ROUTER = InferenceServiceSpec.MAX_REPLICAS + Rollout.MAX_SURGE;

    private ServicePods() {}

    /** All pod sets, the replicas first. */
    public static List<PodSet> sets(InferenceService service) {
        return Stream.concat(Stream.of(replicas(service)), routers(service).stream())
                .toList();
    }

    /** As many as the status says that places are asked for: those that are wanted, and a rollout's surge. */
    public static PodSet replicas(InferenceService service) {
        int count = Optional.ofNullable(service.getStatus())
                .map(InferenceServiceStatus::getSeats)
                .map(Seats::getReplicas)
                .orElse(0);
        return new PodSet(REPLICA, Contract.SERVE, 0, count, service.getSpec().workers());
    }

    /** As replicas, but for what each of them gets; empty if clients reach replicas straight. */
    public static Optional<PodSet> routers(InferenceService service) {
        var spec = service.getSpec();
        return spec.router()
                .map(router -> new PodSet(
                        ROUTER,
                        Contract.ROUTE,
                        FIRST_ROUTER,
                        router.replicas(),
                        Block.copy(spec.workers()).setResources(router.resources())));
    }
}
