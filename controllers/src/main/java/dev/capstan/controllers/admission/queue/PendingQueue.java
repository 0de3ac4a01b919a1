package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All waiting gangs, those that ask for the same in one group. */
public final class PendingQueue {
    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final Map<PendingGroup.Ask, PendingGroup> groups = new LinkedHashMap<>();
    private final Map<String, Waiting> byJob = new HashMap<>();
    private QuotaAccounting accounting;

    /** A gang and where it stands. */
    public record Waiting(Gang gang, PendingGroup group) {}

    public PendingQueue(NodeTable nodes, ShapeTable shapes, QuotaAccounting accounting) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.accounting = accounting;
    }

    public Collection<PendingGroup> all() {
        return groups.values();
    }

    public Collection<Waiting> waiting() {
        return byJob.values();
    }

    public Waiting of(String jobUid) {
        return byJob.get(jobUid);
    }

    public void put(Gang gang) {
        var before = byJob.get(gang.job().uid());
        if (before != null && before.gang().equals(gang)) {
            return;
        }
        remove(gang.job().uid());
        var ask = PendingGroup.Ask.of(gang, accounting.quotaOf(gang.job().namespace()));
        var group = groups.computeIfAbsent(ask, this::group);
        group.add(gang);
        byJob.put(gang.job().uid(), new Waiting(gang, group));
    }

    public void remove(String jobUid) {
        var gone = byJob.remove(jobUid);
        if (gone != null) {
            gone.group().remove(gone.gang());
            if (gone.group().isEmpty()) {
                groups.remove(gone.group().ask);
                release(gone.group());
            }
        }
    }

    /** The quotas are others now: each gang looks for its group anew. */
    public void under(QuotaAccounting fresh) {
        accounting = fresh;
        var gangs = byJob.values().stream().map(Waiting::gang).toList();
        var before = List.copyOf(groups.values());
        byJob.clear();
        groups.clear();
        gangs.forEach(this::put);
        // Only now: what is known of a shape is still known of those who ask in it.
        before.forEach(this::release);
    }

    private void release(PendingGroup group) {
        group.choices.forEach(choice -> shapes.release(choice.fit()));
        if (group.domains != null && nodes.domains().release(group.domains)) {
            shapes.forget(group.domains);
        }
    }

    private PendingGroup group(PendingGroup.Ask ask) {
        var options = ask.quota()
                .map(name -> accounting
                        .named(name)
                        .map(quota -> accounting.options(quota, ask.each(), ask.size()))
                        .orElse(List.of()))
                .orElse(List.of(QuotaAccounting.Option.FREE));
        var domains = ask.topology()
                .map(topology -> nodes.domains().use(topology.label()))
                .orElse(null);
        var choices = options.stream()
                .map(option -> new PendingGroup.Choice(option, shapes.use(shape(ask, option)), domains))
                .toList();
        return new PendingGroup(ask, choices, domains);
    }

    private static PodShape shape(PendingGroup.Ask ask, QuotaAccounting.Option option) {
        return new PodShape(
                ask.each(),
                ask.where(),
                option.flavor().map(flavor -> flavor.nodeLabels()).orElse(Map.of()),
                option.earlier());
    }
}
