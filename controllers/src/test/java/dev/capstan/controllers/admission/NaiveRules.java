package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.Quota;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The rules of admission once more, slow and simple: all is counted anew each time. */
final class NaiveRules {
    private final NaiveCluster cluster;

    NaiveRules(NaiveCluster cluster) {
        this.cluster = cluster;
    }

    /** Who takes what where, one entry for each pod and each empty seat. */
    record Taken(String namespace, String node, Resources amount) {}

    List<Taken> taken() {
        var all = new ArrayList<Taken>();
        cluster.pods().stream()
                .filter(pod -> pod.node() != null && !pod.finished())
                .forEach(pod -> all.add(new Taken(pod.namespace(), pod.node(), pod.requests())));
        cluster.emptySeats().forEach((seat, node) -> {
            var hold = cluster.hold(seat.jobUid());
            all.add(new Taken(hold.namespace(), node, cluster.seatsOf(seat).each()));
        });
        return all;
    }

    /** Who was placed takes it, too. */
    static void add(List<Taken> taken, Decision.Granting placed) {
        for (var seats : placed.podSets()) {
            seats.pods()
                    .forEach(rank -> taken.add(
                            new Taken(placed.id().namespace(), seats.nodes().get(rank), seats.each())));
        }
    }

    long free(String node, String resource, List<Taken> taken) {
        return cluster.nodes().get(node).allocatable().get(resource)
                - taken.stream()
                        .filter(each -> each.node().equals(node))
                        .mapToLong(each -> each.amount().get(resource))
                        .sum();
    }

    /** Pods that are asked for: so many, all alike. */
    record Pods(Resources each, NodeConstraints where, int count) {}

    /**
     * What has to have places together.
     *
     * @param pods of each size
     */
    record Ask(String namespace, List<Pods> pods, Optional<Workload.Topology> topology) {
        /**
         * Instead, as many pods that each take what the biggest of these take. If those have room these do, however
         * they are put.
         */
        Pods bounding() {
            var biggest = pods.stream().map(Pods::each).reduce(Resources.NONE, Resources::max);
            return new Pods(
                    biggest,
                    pods.getFirst().where(),
                    pods.stream().mapToInt(Pods::count).sum());
        }
    }

    /** What a workload asks for: its minimum, or each of the pods that it lacks. */
    List<Ask> asks(Workload workload, Optional<Grant> grant) {
        var namespace = workload.id().namespace();
        if (grant.isEmpty()) {
            return List.of(new Ask(
                    namespace,
                    workload.podSets().stream()
                            .filter(podSet -> podSet.minimum() > 0)
                            .map(podSet -> new Pods(podSet.each(), podSet.where(), podSet.minimum()))
                            .toList(),
                    workload.topology()));
        }
        return workload.podSets().stream()
                .filter(podSet -> grant.get()
                                .seats(podSet.name())
                                .map(seats -> seats.count())
                                .orElse(0)
                        < podSet.count())
                .flatMap(podSet -> besideOthers(workload, grant.get(), podSet.where()).stream()
                        .map(where -> new Ask(namespace, List.of(new Pods(podSet.each(), where, 1)), Optional.empty())))
                .toList();
    }

    /** Where further pods may go: with a topology that is required only to where the others are, if that is known. */
    private Optional<NodeConstraints> besideOthers(Workload workload, Grant grant, NodeConstraints where) {
        var topology = workload.topology().filter(Workload.Topology::required);
        return topology.isEmpty()
                ? Optional.of(where)
                : grant.nodes()
                        .filter(cluster.nodes()::containsKey)
                        .flatMap(node ->
                                Optional.ofNullable(cluster.nodes()
                                                .get(node)
                                                .labels()
                                                .get(topology.get().label()))
                                        .stream())
                        .findFirst()
                        .map(value -> where.within(topology.get().label(), value));
    }

    /** How many such pods fit on a node. */
    private int fits(Pods pods, String node, List<Taken> taken) {
        long most = pods.count();
        for (var each : pods.each().thousandths().entrySet()) {
            most = Math.min(most, Math.max(0, free(node, each.getKey(), taken)) / each.getValue());
        }
        return (int) most;
    }

    Optional<Quota> quotaOf(String namespace) {
        return cluster.book()
                .quotaOf(namespace)
                .flatMap(name -> cluster.book().quotas().stream()
                        .filter(quota -> quota.name().equals(name))
                        .findFirst());
    }

    static Optional<Quota.Flavor> flavorOf(Quota quota, ClusterView.Node node) {
        return quota.flavors().stream()
                .filter(flavor ->
                        node.labels().entrySet().containsAll(flavor.nodeLabels().entrySet()))
                .findFirst();
    }

    /** What a quota's namespaces take of a resource on nodes of a flavor. */
    long used(Quota quota, String flavor, String resource, List<Taken> taken) {
        return taken.stream()
                .filter(each -> quotaOf(each.namespace()).equals(Optional.of(quota))
                        && cluster.nodes().containsKey(each.node()))
                .filter(each -> flavorOf(quota, cluster.nodes().get(each.node()))
                        .filter(its -> its.name().equals(flavor))
                        .isPresent())
                .mapToLong(each -> each.amount().get(resource))
                .sum();
    }

    /**
     * Whether a quota may have used so much: within its borrowing limit, and all members together, each with at least
     * what it doesn't lend, within what the cohort has.
     */
    boolean mayUse(Quota quota, String flavor, String resource, long amount, List<Taken> taken) {
        var limit = limit(quota, flavor, resource).orElseThrow();
        long wanted = used(quota, flavor, resource, taken) + amount;
        if (wanted <= unlent(limit)) {
            return true;
        }
        if (limit.borrowing().isPresent()
                && wanted > limit.nominal() + limit.borrowing().get()) {
            return false;
        }
        long nominal = 0;
        long claimed = 0;
        for (var member : cluster.book().quotas()) {
            boolean same = member.name().equals(quota.name());
            var its = limit(member, flavor, resource);
            if (its.isPresent()
                    && (same || quota.cohort() != null && quota.cohort().equals(member.cohort()))) {
                nominal += its.get().nominal();
                claimed += Math.max(unlent(its.get()), same ? wanted : used(member, flavor, resource, taken));
            }
        }
        return claimed <= nominal;
    }

    private static Optional<Quota.Limit> limit(Quota quota, String flavor, String resource) {
        return quota.flavors().stream()
                .filter(each -> each.name().equals(flavor))
                .findFirst()
                .map(each -> each.limits().get(resource));
    }

    private static long unlent(Quota.Limit limit) {
        return limit.lending().map(lent -> Math.max(0, limit.nominal() - lent)).orElse(0L);
    }

    /** What pods have to answer for to their quota. */
    static Map<String, Long> answersFor(Pods pods, Quota quota) {
        var all = new TreeMap<String, Long>();
        pods.each().thousandths().forEach((resource, amount) -> {
            boolean listed =
                    quota.flavors().stream().anyMatch(flavor -> flavor.limits().containsKey(resource));
            if (amount > 0 && (resource.contains("/") || listed)) {
                all.put(resource, amount * pods.count());
            }
        });
        return all;
    }

    static boolean suits(NodeConstraints where, ClusterView.Node node) {
        return node.ready()
                && node.schedulable()
                && !where.barred().contains(node.name())
                && node.labels().entrySet().containsAll(where.nodeSelector().entrySet());
    }

    static Optional<String> domain(Workload.Topology topology, ClusterView.Node node) {
        return topology.label().equals("kubernetes.io/hostname")
                ? Optional.of(node.name())
                : Optional.ofNullable(node.labels().get(topology.label()));
    }

    /** Whether all have room on such nodes: since they are alike, however they are put. */
    private boolean hasRoom(Ask ask, Optional<String> flavor, List<Taken> taken) {
        var quota = quotaOf(ask.namespace());
        var pods = ask.bounding();
        var byDomain = new HashMap<Optional<String>, Integer>();
        int all = 0;
        for (var node : cluster.nodes().values()) {
            boolean ofFlavor = flavor.isEmpty()
                    || flavorOf(quota.orElseThrow(), node)
                            .map(Quota.Flavor::name)
                            .equals(flavor);
            if (ofFlavor && suits(pods.where(), node)) {
                int here = fits(pods, node.name(), taken);
                all += here;
                ask.topology()
                        .flatMap(topology -> domain(topology, node))
                        .ifPresent(domain -> byDomain.merge(Optional.of(domain), here, Integer::sum));
            }
        }
        boolean required = ask.topology().filter(Workload.Topology::required).isPresent();
        return required ? byDomain.values().stream().anyMatch(here -> here >= pods.count()) : all >= pods.count();
    }

    /**
     * Whether quota and room would let a workload start beside what is taken, or have one more of its pods. Of pods of
     * several sizes it says so only if there can be no doubt.
     */
    boolean couldStart(Workload workload, Optional<Grant> grant, List<Taken> taken) {
        return asks(workload, grant).stream().anyMatch(ask -> couldStart(ask, taken));
    }

    private boolean couldStart(Ask ask, List<Taken> taken) {
        if (cluster.book().quotaOf(ask.namespace()).isEmpty()) {
            return hasRoom(ask, Optional.empty(), taken);
        }
        var quota = quotaOf(ask.namespace());
        if (quota.isEmpty() || quota.get().stopped()) {
            return false;
        }
        var wanted = new TreeMap<String, Long>();
        int free = 0;
        for (var pods : ask.pods()) {
            var its = answersFor(pods, quota.get());
            free += its.isEmpty() ? 1 : 0;
            its.forEach((resource, amount) -> wanted.merge(resource, amount, Long::sum));
        }
        if (free == ask.pods().size()) {
            return hasRoom(ask, Optional.empty(), taken);
        }
        return free == 0
                && quota.get().flavors().stream()
                        .anyMatch(flavor -> flavor.limits().keySet().containsAll(wanted.keySet())
                                && wanted.entrySet().stream()
                                        .allMatch(each -> mayUse(
                                                quota.get(), flavor.name(), each.getKey(), each.getValue(), taken))
                                && hasRoom(ask, Optional.of(flavor.name()), taken));
    }
}
