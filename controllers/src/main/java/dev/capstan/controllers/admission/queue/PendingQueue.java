package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.fit.Domains;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** All who wait for places, those that ask for the same in one group. */
public final class PendingQueue {
    /** Of pod sets that may each go to several flavors: every combination would be too many to try. */
    private static final int MOST_CHOICES = 64;

    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final Map<PendingGroup.Ask, PendingGroup> groups = new LinkedHashMap<>();
    private final Map<String, Entry> byUid = new HashMap<>();
    /** Those who hold places, and whose further pods have to be where these are. */
    private final Set<String> bound = new HashSet<>();

    private QuotaAccounting accounting;

    /**
     * A workload that asks for places.
     *
     * @param grant what it holds already; null for nothing
     * @param domain where its further pods have to be; empty if they may be anywhere, or nobody knows
     * @param waiting what of it waits, in the order of its turns
     */
    private record Entry(Workload workload, Grant grant, Optional<String> domain, List<Waiting> waiting) {}

    /** Who waits, and among whom. */
    public record Waiting(Pending pending, PendingGroup group) {}

    public PendingQueue(NodeTable nodes, ShapeTable shapes, QuotaAccounting accounting) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.accounting = accounting;
    }

    public Collection<PendingGroup> all() {
        return groups.values();
    }

    /** For each workload that waits the first of it. */
    public Stream<Waiting> firsts() {
        return byUid.values().stream()
                .filter(entry -> !entry.waiting().isEmpty())
                .map(entry -> entry.waiting().getFirst());
    }

    /** How many workloads wait. */
    public int size() {
        return (int) firsts().count();
    }

    /** How many have a turn: a workload without places one, others as many as they lack pods. */
    public int turns() {
        return byUid.values().stream().mapToInt(entry -> entry.waiting().size()).sum();
    }

    /** The workload as it was last put, waiting or not; empty if it wasn't. */
    public Optional<Workload> workload(String uid) {
        return Optional.ofNullable(byUid.get(uid)).map(Entry::workload);
    }

    /** What of a workload waits, in the order of its turns. */
    public List<Waiting> of(String uid) {
        var entry = byUid.get(uid);
        return entry == null ? List.of() : entry.waiting();
    }

    /**
     * Adds a workload, or changes it.
     *
     * @param grant what it holds; null for nothing
     */
    public void put(Workload workload, Grant grant) {
        var its = grant != null && grant.attempt() == workload.attempt() ? grant : null;
        var before = byUid.get(workload.uid());
        if (before != null && before.grant() == its && before.workload().equals(workload)) {
            return;
        }
        remove(workload.uid());
        add(workload, its);
    }

    /** A workload that waits holds something else now; null for nothing. */
    public void holds(String uid, Grant grant) {
        var entry = byUid.get(uid);
        if (entry != null) {
            put(entry.workload(), grant);
        }
    }

    /** Nodes may have other labels than when it was found out where the pods of some are. */
    public void refresh() {
        for (var uid : List.copyOf(bound)) {
            var entry = byUid.get(uid);
            if (!domain(entry.workload(), entry.grant()).equals(entry.domain())) {
                remove(uid);
                add(entry.workload(), entry.grant());
            }
        }
    }

    public void remove(String uid) {
        var gone = byUid.remove(uid);
        if (gone != null) {
            bound.remove(uid);
            gone.waiting().forEach(this::remove);
        }
    }

    private void remove(Waiting gone) {
        gone.group().remove(gone.pending());
        if (gone.group().isEmpty()) {
            groups.remove(gone.group().ask);
            release(gone.group());
        }
    }

    /** The quotas are others now: each looks for its group anew. */
    public void under(QuotaAccounting fresh) {
        accounting = fresh;
        var entries = List.copyOf(byUid.values());
        var before = List.copyOf(groups.values());
        byUid.clear();
        groups.clear();
        entries.forEach(entry -> add(entry.workload(), entry.grant()));
        // Only now: what is known of a shape is still known of those who ask in it.
        before.forEach(this::release);
    }

    private void add(Workload workload, Grant grant) {
        var uid = workload.uid();
        if (grant == null) {
            var waiting = add(minimum(workload), Pending.minimum(workload));
            byUid.put(uid, new Entry(workload, null, Optional.empty(), List.of(waiting)));
            return;
        }
        var domain = domain(workload, grant);
        boolean isBound =
                workload.topology().filter(Workload.Topology::required).isPresent();
        if (isBound) {
            bound.add(uid);
        }
        var waiting = isBound && domain.isEmpty() ? List.<Waiting>of() : fills(workload, grant, domain);
        byUid.put(uid, new Entry(workload, grant, domain, waiting));
    }

    private Waiting add(PendingGroup.Ask ask, Pending pending) {
        var group = groups.computeIfAbsent(ask, this::group);
        group.add(pending);
        return new Waiting(pending, group);
    }

    /** All that a workload lacks, pod by pod. */
    private List<Waiting> fills(Workload workload, Grant grant, Optional<String> domain) {
        var all = new ArrayList<Waiting>();
        for (int number = 0; number < workload.podSets().size(); number++) {
            var podSet = workload.podSets().get(number);
            var where = domain.map(value -> podSet.where()
                            .within(workload.topology().orElseThrow().label(), value))
                    .orElse(podSet.where());
            var ask = new PendingGroup.Ask(
                    accounting.quotaOf(workload.id().namespace()),
                    List.of(new PendingGroup.Part(podSet.name(), podSet.each(), where, 1)),
                    Optional.empty(),
                    workload.longest());
            var seats = grant.seats(podSet.name());
            for (int pod = 0; pod < podSet.count(); pod++) {
                if (seats.isEmpty() || !seats.get().has(pod)) {
                    all.add(add(ask, new Pending(workload, number, pod)));
                }
            }
        }
        return List.copyOf(all);
    }

    /** The domain that a workload's pods are in, if they have to be in one. */
    private Optional<String> domain(Workload workload, Grant grant) {
        var topology = workload.topology().filter(Workload.Topology::required);
        return topology.isEmpty()
                ? Optional.empty()
                : grant.nodes()
                        .map(nodes::row)
                        .filter(row -> row >= 0 && nodes.node(row) != null)
                        .flatMap(row ->
                                Optional.ofNullable(nodes.node(row)
                                                .labels()
                                                .get(topology.get().label()))
                                        .stream())
                        .findFirst();
    }

    private PendingGroup.Ask minimum(Workload workload) {
        return new PendingGroup.Ask(
                accounting.quotaOf(workload.id().namespace()),
                parts(workload.podSets()),
                workload.topology(),
                workload.longest());
    }

    private static List<PendingGroup.Part> parts(List<PodSet> podSets) {
        if (podSets.size() == 1) {
            return List.of(part(podSets.getFirst()));
        }
        return podSets.stream()
                .filter(podSet -> podSet.minimum() > 0)
                .map(PendingQueue::part)
                .sorted(PendingGroup.Part.BIGGEST_FIRST)
                .toList();
    }

    private static PendingGroup.Part part(PodSet podSet) {
        return new PendingGroup.Part(podSet.name(), podSet.each(), podSet.where(), podSet.minimum());
    }

    private void release(PendingGroup group) {
        group.choices.forEach(choice -> {
            for (var fit : choice.fits) {
                shapes.release(fit);
            }
        });
        if (group.domains != null && nodes.domains().release(group.domains)) {
            shapes.forget(group.domains);
        }
    }

    private PendingGroup group(PendingGroup.Ask ask) {
        var domains = ask.topology()
                .map(topology -> nodes.domains().use(topology.label()))
                .orElse(null);
        var choices = combinations(ask.parts().stream()
                        .map(part -> options(ask.quota(), part))
                        .toList())
                .stream()
                .map(options -> choice(ask, options, domains))
                .toList();
        return new PendingGroup(ask, choices, domains);
    }

    private PendingGroup.Choice choice(PendingGroup.Ask ask, List<QuotaAccounting.Option> options, Domains domains) {
        var fits = new Fit[options.size()];
        for (int part = 0; part < fits.length; part++) {
            fits[part] = shapes.use(shape(ask.parts().get(part), options.get(part)));
        }
        return new PendingGroup.Choice(
                options.toArray(QuotaAccounting.Option[]::new),
                fits,
                ask.parts().stream().mapToInt(PendingGroup.Part::count).toArray(),
                domains);
    }

    private List<QuotaAccounting.Option> options(Optional<String> quota, PendingGroup.Part part) {
        return quota.map(name -> accounting
                        .named(name)
                        .map(its -> accounting.options(its, part.each(), part.count()))
                        .orElse(List.of()))
                .orElse(List.of(QuotaAccounting.Option.FREE));
    }

    /** One option for each part, in every way: what is tried first is what the quota lists first. */
    private static List<List<QuotaAccounting.Option>> combinations(List<List<QuotaAccounting.Option>> ofParts) {
        List<List<QuotaAccounting.Option>> all = List.of(List.of());
        for (var options : ofParts) {
            all = all.stream()
                    .flatMap(some -> options.stream()
                            .map(option -> Stream.concat(some.stream(), Stream.of(option))
                                    .toList()))
                    .limit(MOST_CHOICES)
                    .toList();
        }
        return all;
    }

    private static PodShape shape(PendingGroup.Part part, QuotaAccounting.Option option) {
        return new PodShape(
                part.each(),
                part.where(),
                option.flavor().map(flavor -> flavor.nodeLabels()).orElse(Map.of()),
                option.earlier());
    }
}
