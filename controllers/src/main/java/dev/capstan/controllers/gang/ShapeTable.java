package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The shapes that gangs ask in now. What is found out for one gang is found out for all of its shape. Of all shapes
 * those are kept track of that {@link Window} chooses.
 */
final class ShapeTable {
    private final NodeTable nodes;
    private final Map<Shape, Used> used = new LinkedHashMap<>();
    /** Those that are kept track of. */
    private final List<Fit> fits = new ArrayList<>();
    /** Of those, who haven't been looked at yet. */
    private final List<Fit> added = new ArrayList<>();

    private static final class Used {
        final Fit fit;
        int users;

        Used(Fit fit) {
            this.fit = fit;
        }
    }

    ShapeTable(NodeTable nodes) {
        this.nodes = nodes;
    }

    /**
     * How a shape fits; if it is kept track of, that is right from the next {@link #refresh} on, until as many
     * {@link #release} it as used it.
     */
    Fit use(Shape shape) {
        var known = used.computeIfAbsent(shape, name -> {
            var fit = new Fit(shape, nodes.use(shape.each()));
            fits.add(fit);
            added.add(fit);
            return new Used(fit);
        });
        known.users++;
        return known.fit;
    }

    void release(Fit fit) {
        var known = used.get(fit.shape);
        known.users--;
        if (known.users == 0) {
            used.remove(fit.shape);
            fits.remove(fit);
            added.remove(fit);
            nodes.release(fit.each);
        }
    }

    /** Nobody asks for these domains any more. */
    void forget(Domains domains) {
        fits.forEach(fit -> fit.forget(domains));
    }

    /** Keeps track of these shapes from now on, and of no others. */
    void track(Collection<Fit> wanted) {
        var before = Set.copyOf(fits);
        var now = Set.copyOf(wanted);
        fits.removeIf(fit -> !now.contains(fit));
        added.removeIf(fit -> !now.contains(fit));
        before.stream().filter(fit -> !now.contains(fit)).forEach(Fit::clear);
        wanted.stream().filter(fit -> !before.contains(fit)).forEach(fit -> {
            fits.add(fit);
            added.add(fit);
        });
    }

    /** How many shapes there are, those included that nobody keeps track of. */
    int size() {
        return used.size();
    }

    /** All of them. */
    Collection<Fit> all() {
        return used.values().stream().map(its -> its.fit).toList();
    }

    /** How many of them are kept track of. */
    int tracked() {
        return fits.size();
    }

    /** Looks at all rows that have changed since the last time; new shapes look at all. */
    void refresh(long[][] free) {
        fits.forEach(fit -> fit.cover(nodes.size()));
        if (nodes.domains().compact()) {
            fits.forEach(Fit::forgetDomains);
        }
        for (int row : nodes.drainChangedNodes()) {
            fits.forEach(fit -> fit.nodeChanged(nodes, free, row));
        }
        for (var fit : added) {
            for (int row = 0; row < nodes.size(); row++) {
                fit.nodeChanged(nodes, free, row);
            }
        }
        added.clear();
        for (int row : nodes.drainChangedRoom()) {
            roomChanged(free, row);
        }
    }

    /** Looks at a row again, for all shapes. */
    void roomChanged(long[][] free, int row) {
        for (var fit : fits) {
            fit.roomChanged(free, row);
        }
    }
}
