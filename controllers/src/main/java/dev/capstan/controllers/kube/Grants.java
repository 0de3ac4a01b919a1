package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.Placed;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.crds.Admission;
import dev.capstan.crds.Placement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Grants that were written, until the cache of jobs shows them; so no place is given away twice in between.
 *
 * <p>A write without an answer may or may not have happened, and may even happen later. Its places stay held, and it is
 * written again, on the version of the job that it was decided on: then it is either taken, or refused because the job
 * has changed, and from then on the first one can't be taken any more either.
 */
final class Grants<R extends HasMetadata> {
    private static final Logger LOG = LoggerFactory.getLogger(Grants.class);
    private static final String FIELD_MANAGER = "capstan-admission";

    private final KubernetesClient client;
    private final StatusPatch patch;
    private final BiFunction<R, Integer, Boolean> hasGrant;
    private final OnRefusal<R> onRefusal;
    private final Meters meters;
    private final Clock clock;
    private final Map<String, Open<R>> open = new LinkedHashMap<>();

    /** Is told of each gang whose grant the API server refuses, and in which words. */
    interface OnRefusal<R> {
        void refused(R job, Gang gang, String words);
    }

    /** @param hasGrant whether a job, as read, has a grant for an attempt */
    Grants(
            KubernetesClient client,
            BiFunction<R, Integer, Boolean> hasGrant,
            OnRefusal<R> onRefusal,
            Meters meters,
            Clock clock) {
        this.client = client;
        this.patch = new StatusPatch(client, FIELD_MANAGER);
        this.hasGrant = hasGrant;
        this.onRefusal = onRefusal;
        this.meters = meters;
        this.clock = clock;
    }

    private record Open<R>(R job, Placed places, Admission admission, boolean written) {}

    /** The places that a job was granted, or may have been, as long as the cache doesn't show it. */
    Optional<ClusterView.Hold> hold(String jobUid) {
        return Optional.ofNullable(open.get(jobUid))
                .map(grant -> new ClusterView.Hold(
                        jobUid,
                        grant.places().gang().job().namespace(),
                        grant.places().gang().attempt(),
                        grant.places().nodes(),
                        grant.places().gang().each(),
                        Instant.parse(grant.admission().getTime()),
                        Optional.empty()));
    }

    /** The jobs whose grants the cache doesn't show yet. */
    Set<String> open() {
        return Set.copyOf(open.keySet());
    }

    /** Whether a grant's fate isn't known yet. */
    boolean anyUnknown() {
        return open.values().stream().anyMatch(grant -> !grant.written());
    }

    /** Writes a grant to the job that it was decided on; answers whether it is there for sure. */
    boolean write(R job, Placed places) {
        var placements = IntStream.range(0, places.nodes().size())
                .mapToObj(rank ->
                        new Placement().setRank(rank).setNode(places.nodes().get(rank)))
                .toList();
        var admission = new Admission()
                .setAttempt(places.gang().attempt())
                .setTime(clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
                .setQuota(places.quota().orElse(null))
                .setFlavor(places.flavor().orElse(null))
                .setPlacements(placements);
        return write(new Open<>(job, places, admission, false));
    }

    /** Writes again what had no answer, and forgets what the cached jobs show, or what can't come true any more. */
    void settle(Map<String, R> jobsByUid) {
        for (var grant : List.copyOf(open.values())) {
            var uid = grant.places().gang().job().uid();
            var cached = jobsByUid.get(uid);
            boolean shown = cached != null
                    && hasGrant.apply(cached, grant.places().gang().attempt());
            if (shown) {
                open.remove(uid);
            } else if (!grant.written()) {
                write(grant);
            } else if (cached == null || newer(cached, grant.job())) {
                // Granted, and overtaken since by a version of the job that needs it no more, or by its deletion.
                check(grant);
            }
        }
    }

    private boolean write(Open<R> grant) {
        var uid = grant.places().gang().job().uid();
        try {
            patch.apply(grant.job(), Map.of("admission", grant.admission()));
            open.put(uid, new Open<>(grant.job(), grant.places(), grant.admission(), true));
            return true;
        } catch (KubernetesClientException e) {
            switch (e.getCode()) {
                case HttpURLConnection.HTTP_CONFLICT -> {
                    meters.conflict();
                    open.put(uid, grant);
                    check(grant);
                }
                case HttpURLConnection.HTTP_NOT_FOUND -> open.remove(uid);
                case HttpURLConnection.HTTP_UNAUTHORIZED -> {
                    // Of ourselves, and no fault of this job's: it would be the same with the next. One that was
                    // written
                    // before without an answer stays open.
                    throw e;
                }
                default -> failed(grant, e);
            }
            return false;
        }
    }

    private void failed(Open<R> grant, KubernetesClientException e) {
        var gang = grant.places().gang();
        var denial = Denials.definite(e);
        if (denial.isPresent()) {
            if (open.containsKey(gang.job().uid())) {
                // It was written before without an answer, and may have been taken then.
                check(grant);
            }
            if (!open.containsKey(gang.job().uid())) {
                onRefusal.refused(grant.job(), gang, denial.get());
            }
            return;
        }
        meters.unknownGrant();
        LOG.warn(
                "{}: no answer whether places were granted, holds them: {}",
                ChildWriter.of(grant.job()),
                e.getMessage());
        open.put(gang.job().uid(), grant);
    }

    /** Reads the job itself, past the cache: either it has this grant, or it never will. */
    private void check(Open<R> grant) {
        var uid = grant.places().gang().job().uid();
        try {
            var read = client.resource(grant.job()).get();
            boolean same = read != null && uid.equals(read.getMetadata().getUid());
            if (same && hasGrant.apply(read, grant.places().gang().attempt())) {
                open.put(uid, new Open<>(read, grant.places(), grant.admission(), true));
            } else {
                open.remove(uid);
            }
        } catch (KubernetesClientException e) {
            LOG.warn("{}: can't be read to see its grant: {}", ChildWriter.of(grant.job()), e.getMessage());
        }
    }

    private static boolean newer(HasMetadata cached, HasMetadata decidedOn) {
        return !cached.getMetadata()
                .getResourceVersion()
                .equals(decidedOn.getMetadata().getResourceVersion());
    }
}
