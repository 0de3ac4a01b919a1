package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.capacity.Occupancy;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.DeviceUse;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.forecast.Reservation;
import dev.capstan.controllers.admission.queue.NodeBackoff;
import dev.capstan.controllers.admission.queue.Pending;
import dev.capstan.controllers.admission.queue.PendingQueue;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import dev.capstan.controllers.admission.queue.ShapeMemoryBudget;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.ListedResources;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.admission.quota.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides who gets places: for the whole cluster, all jobs and all quotas. It is told of what changes, and at each pass
 * decides on what it knows then; it reads and writes nothing else, and the same events give the same decisions.
 *
 * <p>What it decides takes effect with {@link #put(Grant)}: whoever writes the grants knows what became of them. A
 * workload waits as long as it holds fewer places than its pod sets have pods, or until {@link #removeWorkload}.
 *
 * <p>How much memory it takes is bounded by what it knows of, see {@link #mostBytes}; nothing that has come and gone is
 * kept. Not for use by several threads at once.
 */
public final class Engine {
    /** How many granted places may wait for their pods. */
    static final int MOST_UNDER_WAY = 500;
    /** Whoever takes longer than this has trouble of their own, and keeps nobody else waiting. */
    private static final Duration UNDER_WAY_FOR = Duration.ofSeconds(30);

    private final NodeTable nodes = new NodeTable();
    private final ShapeTable shapes = new ShapeTable(nodes);
    private final Occupancy occupancy = new Occupancy(nodes);
    private final ListedResources listed = new ListedResources();
    private final NodeBackoff backoff = new NodeBackoff();
    private final PendingQueue queue = new PendingQueue(nodes, shapes, occupancy.accounting());
    private final ShapeMemoryBudget budget;
    private Map<QuotaFlavor, Reservation> reservations = Map.of();
    /** The accounts by which these were decided. */
    private QuotaAccounting charged;

    private SchedulingCycle last;
    /** By quota, the first of each workload that waits, in the order of their turns; null until somebody asks. */
    private Map<Optional<String>, List<Pending>> queues;

    /** @param tableBytes what the tables of where pods fit may take, see {@link ShapeMemoryBudget} */
    public Engine(long tableBytes) {
        budget = new ShapeMemoryBudget(tableBytes);
    }

    /** Adds a node, or changes it. */
    public void put(ClusterView.Node node) {
        if (nodes.put(node)) {
            occupancy.flavorsMayHaveChanged();
        }
    }

    public void removeNode(String name) {
        nodes.remove(name);
        occupancy.flavorsMayHaveChanged();
    }

    /** Adds a pod, or changes it. */
    public void put(ClusterView.Pod pod) {
        occupancy.put(pod);
    }

    /** The node that was granted to a seat has refused its pod: it is barred for the job's next pods for a while. */
    public void refused(ClusterView.Seat seat, String podUid) {
        occupancy.nodeOf(seat).ifPresent(node -> backoff.refused(seat, node, podUid));
    }

    public void removePod(String uid) {
        occupancy.removePod(uid);
    }

    /** Adds a grant, or changes it; a workload has one at most. */
    public void put(Grant grant) {
        occupancy.put(grant);
        queue.holds(grant.uid(), occupancy.grant(grant.uid()));
    }

    public void removeGrant(String uid) {
        occupancy.removeGrant(uid);
        queue.holds(uid, null);
    }

    /** Adds a workload that asks for places, or changes it. */
    public void put(Workload workload) {
        queue.put(workload, occupancy.grant(workload.uid()));
    }

    public void removeWorkload(String uid) {
        var waiting = queue.of(uid);
        if (waiting.stream()
                .anyMatch(each ->
                        reservations.values().stream().anyMatch(reservation -> reservation.isFor(each.pending())))) {
            budget.keptNoMore();
        }
        queue.remove(uid);
    }

    /** A job is gone, with all that was remembered of it. */
    public void forget(String jobUid) {
        removeWorkload(jobUid);
        removeGrant(jobUid);
        backoff.forget(jobUid);
    }

    /** Sets who is under which quota. */
    public void put(QuotaBook quotas) {
        if (quotas != occupancy.accounting().book()) {
            occupancy.chargeTo(QuotaAccounting.none(quotas, nodes));
            queue.under(occupancy.accounting());
        }
    }

    /**
     * One scheduling cycle: decides about all who wait, as things are now.
     *
     * @return who gets places, in the order of their turns; about all others see {@link #reason} and {@link #explain}
     */
    public List<Decision> cycle(Instant now) {
        for (var uid : backoff.jobs()) {
            queue.workload(uid).ifPresent(workload -> put(workload.notOn(backoff.of(uid, now))));
        }
        queue.refresh();
        if (occupancy.accounting() != charged) {
            // Of other accounts, or counted anew by other nodes: what comes back to them is to be found out again.
            charged = occupancy.accounting();
            reservations = Map.of();
        }
        budget.choose(queue, shapes, nodes, charged);
        last = new SchedulingCycle(nodes, shapes, occupancy, queue, reservations, now);
        last.run();
        reservations = last.reservations();
        queues = null;
        return last.decisions();
    }

    /** Whether a pass is worth while though nothing has changed: the last one couldn't look at all. */
    public boolean isBehind() {
        return budget.isBehind(nodes);
    }

    /**
     * Of what the last cycle decided, what is to be carried out now, in the order of their turns. Pods that are made
     * and bound all at once keep each other from becoming whole workloads: on a slow control plane all of them would be
     * rolled back. So only so many may be under way, and a workload that is bigger only alone.
     */
    public List<Decision> paced(List<Decision> decisions, Instant now) {
        int underWay = occupancy.emptySeats(now.minus(UNDER_WAY_FOR));
        for (int i = 0; i < decisions.size(); i++) {
            int size = switch (decisions.get(i)) {
                case Decision.Granting places -> places.size();
                case Decision.Evict evict -> 0;
            };
            if (underWay > 0 && underWay + size > MOST_UNDER_WAY) {
                return decisions.subList(0, i);
            }
            underWay += size;
        }
        return decisions;
    }

    /** Looks at every node anew at the next pass. That changes no decision: everything is kept up to date. */
    public void recount() {
        nodes.allChanged();
    }

    /** How many workloads wait, those included that the last cycle placed. */
    public int waiting() {
        return queue.size();
    }

    /** How many turns the last cycle didn't look for room for, for want of memory. */
    public int leftOut() {
        return budget.leftOut();
    }

    /** How much memory it takes at most, in bytes, by the nodes, pods, grants and waiting workloads that there are. */
    public long mostBytes() {
        return Footprint.most(nodes, shapes, occupancy, queue, budget);
    }

    /**
     * Why a workload, or the first of the pods that it lacks, wasn't placed by the last cycle; of no meaning if it was,
     * empty if it doesn't wait, or didn't then.
     */
    public Optional<PendingReason> reason(String uid) {
        return queue.of(uid).stream().findFirst().map(last::reason);
    }

    /**
     * For a person: why it wasn't placed, with the numbers as they were after the last cycle, and what is to be
     * expected.
     */
    public String explain(String uid) {
        var waiting = queue.of(uid).getFirst();
        var shortage = new Shortage(
                lacking(uid, waiting.pending()), waiting.pending(), waiting.group(), last.reason(waiting), nodes, last);
        return last.asIfNothingWereKeptFor(waiting.pending(), shortage::message) + turn(waiting) + expected(waiting);
    }

    private int lacking(String uid, Pending first) {
        return (int) queue.of(uid).stream()
                .filter(each -> each.pending().podSet() == first.podSet())
                .count();
    }

    /** Whether places are kept for a workload, or for one of the pods that it lacks. */
    boolean isNext(String uid) {
        return queue.of(uid).stream()
                .anyMatch(waiting ->
                        reservations.values().stream().anyMatch(reservation -> reservation.isFor(waiting.pending())));
    }

    /** What each quota's jobs use after the last cycle's grants have been put. */
    public List<Usage> usage() {
        var pending = new HashMap<String, Integer>();
        var admitted = new HashMap<String, Integer>();
        queue.firsts()
                .filter(waiting -> !waiting.pending().isFill())
                .forEach(
                        waiting -> waiting.group().ask.quota().ifPresent(name -> pending.merge(name, 1, Integer::sum)));
        var accounting = occupancy.accounting();
        occupancy
                .allGrants()
                .forEach(grant ->
                        accounting.quotaOf(grant.namespace()).ifPresent(name -> admitted.merge(name, 1, Integer::sum)));
        var missing = listed.missing(accounting.book(), nodes);
        return accounting.book().quotas().stream()
                .map(quota -> new Usage(
                        quota.name(),
                        pending.getOrDefault(quota.name(), 0),
                        admitted.getOrDefault(quota.name(), 0),
                        accounting.ledger().uses(quota),
                        missing.get(quota.name())))
                .toList();
    }

    /** How each kind of device is used, by the name of its resource. */
    public List<DeviceUse> devices() {
        return nodes.devices();
    }

    private String turn(PendingQueue.Waiting waiting) {
        if (queues == null) {
            queues = new HashMap<>();
            queue.firsts()
                    .forEach(each -> queues.computeIfAbsent(each.group().ask.quota(), name -> new ArrayList<>())
                            .add(each.pending()));
            queues.values().forEach(some -> some.sort(Pending.BY_TURN));
        }
        var quota = waiting.group().ask.quota();
        var inTurn = queues.get(quota);
        int place = 1 + Collections.binarySearch(inTurn, waiting.pending(), Pending.BY_TURN);
        return "; place %d of %d in the queue%s"
                .formatted(
                        place,
                        inTurn.size(),
                        quota.map(name -> " of quota " + name).orElse(""));
    }

    private String expected(PendingQueue.Waiting waiting) {
        if (!waiting.group().inView) {
            return "";
        }
        for (var kept : reservations.values()) {
            if (kept.isFor(waiting.pending())) {
                return "; it is next: places are kept for it"
                        + kept.starts()
                                .map(time -> ", expected to start " + Shortage.at(time))
                                .orElse("");
            }
        }
        return switch (last.reason(waiting)) {
            case NO_ROOM_NOW, NO_DOMAIN_NOW, NO_QUOTA_NOW ->
                last.forecast(waiting.group())
                        .map(time -> "; not before " + Shortage.at(time))
                        .orElse("");
            case NOT_LOOKED_AT, QUOTA_STOPPED, QUOTA_CONFLICT, NO_DOMAIN_EVER, NO_ROOM_EVER, NO_QUOTA_EVER, NO_FLAVOR ->
                "";
        };
    }
}
