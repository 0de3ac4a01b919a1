package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.queue.Gang;
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
            all.add(new Taken(hold.namespace(), node, hold.each()));
        });
        return all;
    }

    /** Who was placed takes it, too. */
    static void add(List<Taken> taken, Placed placed) {
        placed.nodes()
                .forEach(node -> taken.add(new Taken(
                        placed.gang().job().namespace(), node, placed.gang().each())));
    }

    long free(String node, String resource, List<Taken> taken) {
        return cluster.nodes().get(node).allocatable().get(resource)
                - taken.stream()
                        .filter(each -> each.node().equals(node))
                        .mapToLong(each -> each.amount().get(resource))
                        .sum();
    }

    /** How many pods of a gang fit on a node. */
    private int fits(Gang gang, String node, List<Taken> taken) {
        long pods = gang.size();
        for (var each : gang.each().thousandths().entrySet()) {
            pods = Math.min(pods, Math.max(0, free(node, each.getKey(), taken)) / each.getValue());
        }
        return (int) pods;
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

    /** What a gang has to answer for to its quota. */
    static Map<String, Long> answersFor(Gang gang, Quota quota) {
        var all = new TreeMap<String, Long>();
        gang.each().thousandths().forEach((resource, amount) -> {
            boolean listed =
                    quota.flavors().stream().anyMatch(flavor -> flavor.limits().containsKey(resource));
            if (amount > 0 && (resource.contains("/") || listed)) {
                all.put(resource, amount * gang.size());
            }
        });
        return all;
    }

    static boolean suits(Gang gang, ClusterView.Node node) {
        return node.ready()
                && node.schedulable()
                && !gang.where().barred().contains(node.name())
                && node.labels()
                        .entrySet()
                        .containsAll(gang.where().nodeSelector().entrySet());
    }

    static Optional<String> domain(Gang.Topology topology, ClusterView.Node node) {
        return topology.label().equals("kubernetes.io/hostname")
                ? Optional.of(node.name())
                : Optional.ofNullable(node.labels().get(topology.label()));
    }

    /** Whether all pods of a gang have room on such nodes: since they are alike, however they are put. */
    private boolean hasRoom(Gang gang, Optional<String> flavor, List<Taken> taken) {
        var quota = quotaOf(gang.job().namespace());
        var byDomain = new HashMap<Optional<String>, Integer>();
        int all = 0;
        for (var node : cluster.nodes().values()) {
            boolean ofFlavor = flavor.isEmpty()
                    || flavorOf(quota.orElseThrow(), node)
                            .map(Quota.Flavor::name)
                            .equals(flavor);
            if (ofFlavor && suits(gang, node)) {
                int here = fits(gang, node.name(), taken);
                all += here;
                gang.topology()
                        .flatMap(topology -> domain(topology, node))
                        .ifPresent(domain -> byDomain.merge(Optional.of(domain), here, Integer::sum));
            }
        }
        boolean required = gang.topology().filter(Gang.Topology::required).isPresent();
        return required ? byDomain.values().stream().anyMatch(here -> here >= gang.size()) : all >= gang.size();
    }

    /** Whether quota and room would let a gang start beside what is taken. */
    boolean couldStart(Gang gang, List<Taken> taken) {
        if (cluster.book().quotaOf(gang.job().namespace()).isEmpty()) {
            return hasRoom(gang, Optional.empty(), taken);
        }
        var quota = quotaOf(gang.job().namespace());
        if (quota.isEmpty() || quota.get().stopped()) {
            return false;
        }
        var wanted = answersFor(gang, quota.get());
        if (wanted.isEmpty()) {
            return hasRoom(gang, Optional.empty(), taken);
        }
        return quota.get().flavors().stream()
                .anyMatch(flavor -> flavor.limits().keySet().containsAll(wanted.keySet())
                        && wanted.entrySet().stream()
                                .allMatch(each ->
                                        mayUse(quota.get(), flavor.name(), each.getKey(), each.getValue(), taken))
                        && hasRoom(gang, Optional.of(flavor.name()), taken));
    }
}
