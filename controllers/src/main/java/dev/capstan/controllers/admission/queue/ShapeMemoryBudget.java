package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.fit.Domains;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.ShapeTable;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which groups a pass looks for room for. To know where a shape fits takes memory for each node, and anybody may ask in
 * as many shapes as they like: all together they get no more than a limit. Where that doesn't do for all, most of it is
 * for those whose turn comes first, the same part for each quota and for each namespace under none. With the rest the
 * others are looked at one after the other, so that nobody waits for ever behind those who can't start.
 */
public final class ShapeMemoryBudget {
    private final long mostBytes;
    /** Whether some may be out of view. */
    private boolean narrow;
    /** Who may start some day, and wasn't looked at by the last pass. */
    private List<PendingGroup> leftOut = List.of();
    /** How often places that were kept for somebody aren't any more. */
    private long keptNoMore;

    /** @param mostBytes what the tables of all shapes may take together, those of two groups aside */
    public ShapeMemoryBudget(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** Chooses anew for one pass. */
    public void choose(PendingQueue queue, ShapeTable shapes, NodeTable nodes, QuotaAccounting accounting) {
        if (bytesOfAll(shapes, nodes) > mostBytes) {
            narrow = true;
            // Who is refused by the quota alone needs no look at nodes.
            var all = queue.all().stream()
                    .filter(group -> group.mayEverStart(accounting))
                    .sorted(Comparator.comparing(group -> group.inTurn()[0], Pending.BY_TURN))
                    .toList();
            queue.all().forEach(group -> group.inView = false);
            var chosen = new Chosen(nodes, version(nodes));
            chosen.addInTurn(all, mostBytes / 4 * 3);
            chosen.addLeastRecent(all, mostBytes / 4);
            shapes.track(chosen.fits());
            leftOut = all.stream().filter(group -> !group.inView).toList();
        } else if (narrow) {
            narrow = false;
            queue.all().forEach(group -> group.inView = true);
            shapes.track(shapes.all());
            leftOut = List.of();
        }
    }

    /** What the tables take at most. */
    public long mostBytes(ShapeTable shapes, NodeTable nodes) {
        long all = bytesOfAll(shapes, nodes);
        return all <= mostBytes ? all : mostBytes + 2 * all / shapes.size();
    }

    /** How many gangs the last pass didn't look at. */
    public int leftOut() {
        return leftOut.stream().mapToInt(group -> group.inTurn().length).sum();
    }

    /** Whether one of them may have room by what has changed since it was looked at. */
    public boolean isBehind(NodeTable nodes) {
        return leftOut.stream().anyMatch(group -> !group.isEmpty() && group.lookedAt != version(nodes));
    }

    /** Whoever was refused because places were kept for a gang that is gone has to be looked at again. */
    public void keptNoMore() {
        keptNoMore++;
    }

    /** It changes with all that those out of view may have been refused for. */
    private long version(NodeTable nodes) {
        return nodes.version() + keptNoMore;
    }

    /** At most: each shape may be asked for by each label. */
    private static long bytesOfAll(ShapeTable shapes, NodeTable nodes) {
        return shapes.size()
                * ((long) Fit.BYTES_PER_ROW * nodes.size()
                        + (long) Fit.BYTES_PER_DOMAIN * nodes.domains().count());
    }

    /** Numbers for each row, or for each domain of a label, that somebody in view needs. */
    private record Table(Fit fit, Domains domains) {
        long bytes(NodeTable nodes) {
            return domains == null
                    ? (long) Fit.BYTES_PER_ROW * nodes.size()
                    : (long) Fit.BYTES_PER_DOMAIN * domains.count();
        }
    }

    private static final class Chosen {
        private final NodeTable nodes;
        private final long version;
        private final Set<Table> tables = new HashSet<>();
        private long left;

        Chosen(NodeTable nodes, long version) {
            this.nodes = nodes;
            this.version = version;
        }

        /** One of each owner after the other, as long as there is memory; the first in any case. */
        void addInTurn(List<PendingGroup> groups, long bytes) {
            left = bytes;
            boolean any = false;
            var owners = byOwner(groups);
            while (!owners.isEmpty()) {
                var its = owners.poll();
                any |= add(its.next(), !any);
                if (its.hasNext()) {
                    owners.add(its);
                }
            }
        }

        /** Those who haven't been looked at for longest, as long as there is memory; one in any case. */
        void addLeastRecent(List<PendingGroup> groups, long bytes) {
            left += bytes;
            boolean any = false;
            var others = groups.stream()
                    .filter(group -> !group.inView)
                    .sorted(Comparator.comparing(group -> group.lookedAt))
                    .toList();
            for (var group : others) {
                any |= add(group, !any);
            }
        }

        private boolean add(PendingGroup group, boolean inAnyCase) {
            var more = tables(group);
            more.removeAll(tables);
            long bytes = more.stream().mapToLong(table -> table.bytes(nodes)).sum();
            if (bytes > Math.max(left, 0) && !inAnyCase) {
                return false;
            }
            group.inView = true;
            group.lookedAt = version;
            tables.addAll(more);
            left -= bytes;
            return true;
        }

        Collection<Fit> fits() {
            return tables.stream().map(Table::fit).collect(Collectors.toSet());
        }
    }

    private static ArrayDeque<Iterator<PendingGroup>> byOwner(List<PendingGroup> inTurn) {
        Map<String, List<PendingGroup>> byOwner = new LinkedHashMap<>();
        inTurn.forEach(group ->
                byOwner.computeIfAbsent(owner(group), name -> new ArrayList<>()).add(group));
        return byOwner.values().stream().map(List::iterator).collect(Collectors.toCollection(ArrayDeque::new));
    }

    private static String owner(PendingGroup group) {
        return group.ask
                .quota()
                .map(name -> "quota " + name)
                .orElseGet(
                        () -> "namespace " + group.inTurn()[0].workload().id().namespace());
    }

    private static Set<Table> tables(PendingGroup group) {
        var tables = new HashSet<Table>();
        for (var choice : group.choices) {
            for (var fit : choice.fits) {
                tables.add(new Table(fit, null));
                if (choice.domains != null) {
                    tables.add(new Table(fit, choice.domains));
                }
            }
        }
        return tables;
    }
}
