package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The shapes that gangs ask in now. What is found out for one gang is found out for all of its shape. */
final class ShapeTable {
    private final NodeTable nodes;
    private final Map<Shape, Used> used = new LinkedHashMap<>();
    private final List<Fit> fits = new ArrayList<>();
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
     * How a shape fits; it is right from the next {@link #refresh} on, until as many {@link #release} it as used it.
     */
    Fit use(Shape shape) {
        var known = used.computeIfAbsent(shape, name -> {
            var fit = new Fit(shape, nodes.amounts(shape.each()));
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
        }
    }

    /** Looks at all rows that have changed since the last time; new shapes look at all. */
    void refresh(long[][] free) {
        fits.forEach(fit -> fit.cover(nodes.size()));
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

    int size() {
        return fits.size();
    }
}
