package dev.capstan.controllers.gang;

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
 * Which lines a pass looks for room for. To know where a shape fits takes memory for each node, and anybody may ask in
 * as many shapes as they like: all together they get no more than a limit. Where that doesn't do for all, most of it is
 * for those whose turn comes first, the same part for each quota and for each namespace under none. With the rest the
 * others are looked at one after the other, so that nobody waits for ever behind those who can't start.
 */
final class Window {
    private final long mostBytes;
    /** Whether some may be out of view. */
    private boolean narrow;
    /** Who may start some day, and wasn't looked at by the last pass. */
    private List<Line> leftOut = List.of();
    /** How often places that were kept for somebody aren't any more. */
    private long keptNoMore;

    /** @param mostBytes what the tables of all shapes may take together, those of two lines aside */
    Window(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** Chooses anew for one pass. */
    void choose(Lines lines, ShapeTable shapes, NodeTable nodes, Charges charges) {
        if (bytesOfAll(shapes, nodes) > mostBytes) {
            narrow = true;
            // Who is refused by the quota alone needs no look at nodes.
            var all = lines.all().stream()
                    .filter(line -> line.mayEverStart(charges))
                    .sorted(Comparator.comparing(line -> line.inTurn()[0], Gang.BY_TURN))
                    .toList();
            lines.all().forEach(line -> line.inView = false);
            var chosen = new Chosen(nodes, version(nodes));
            chosen.addInTurn(all, mostBytes / 4 * 3);
            chosen.addLeastRecent(all, mostBytes / 4);
            shapes.track(chosen.fits());
            leftOut = all.stream().filter(line -> !line.inView).toList();
        } else if (narrow) {
            narrow = false;
            lines.all().forEach(line -> line.inView = true);
            shapes.track(shapes.all());
            leftOut = List.of();
        }
    }

    /** What the tables take at most. */
    long mostBytes(ShapeTable shapes, NodeTable nodes) {
        long all = bytesOfAll(shapes, nodes);
        return all <= mostBytes ? all : mostBytes + 2 * all / shapes.size();
    }

    /** How many gangs the last pass didn't look at. */
    int leftOut() {
        return leftOut.stream().mapToInt(line -> line.inTurn().length).sum();
    }

    /** Whether one of them may have room by what has changed since it was looked at. */
    boolean isBehind(NodeTable nodes) {
        return leftOut.stream().anyMatch(line -> !line.isEmpty() && line.lookedAt != version(nodes));
    }

    /** Whoever was refused because places were kept for a gang that is gone has to be looked at again. */
    void keptNoMore() {
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
        void addInTurn(List<Line> lines, long bytes) {
            left = bytes;
            boolean any = false;
            var owners = byOwner(lines);
            while (!owners.isEmpty()) {
                var its = owners.poll();
                any |= add(its.next(), !any);
                if (its.hasNext()) {
                    owners.add(its);
                }
            }
        }

        /** Those who haven't been looked at for longest, as long as there is memory; one in any case. */
        void addLeastRecent(List<Line> lines, long bytes) {
            left += bytes;
            boolean any = false;
            var others = lines.stream()
                    .filter(line -> !line.inView)
                    .sorted(Comparator.comparing(line -> line.lookedAt))
                    .toList();
            for (var line : others) {
                any |= add(line, !any);
            }
        }

        private boolean add(Line line, boolean inAnyCase) {
            var more = tables(line);
            more.removeAll(tables);
            long bytes = more.stream().mapToLong(table -> table.bytes(nodes)).sum();
            if (bytes > Math.max(left, 0) && !inAnyCase) {
                return false;
            }
            line.inView = true;
            line.lookedAt = version;
            tables.addAll(more);
            left -= bytes;
            return true;
        }

        Collection<Fit> fits() {
            return tables.stream().map(Table::fit).collect(Collectors.toSet());
        }
    }

    private static ArrayDeque<Iterator<Line>> byOwner(List<Line> inTurn) {
        Map<String, List<Line>> byOwner = new LinkedHashMap<>();
        inTurn.forEach(line ->
                byOwner.computeIfAbsent(owner(line), name -> new ArrayList<>()).add(line));
        return byOwner.values().stream().map(List::iterator).collect(Collectors.toCollection(ArrayDeque::new));
    }

    private static String owner(Line line) {
        return line.ask
                .quota()
                .map(name -> "quota " + name)
                .orElseGet(() -> "namespace " + line.inTurn()[0].job().namespace());
    }

    private static Set<Table> tables(Line line) {
        var tables = new HashSet<Table>();
        for (var choice : line.choices) {
            tables.add(new Table(choice.fit(), null));
            if (choice.domains() != null) {
                tables.add(new Table(choice.fit(), choice.domains()));
            }
        }
        return tables;
    }
}
