package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.queue.ShapeMemoryBudget;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The shapes that gangs ask in now. What is found out for one gang is found out for all of its shape. Of all shapes
 * those are kept track of that {@link ShapeMemoryBudget} chooses.
 */
public final class ShapeTable {
    private final NodeTable nodes;
    private final Shared<PodShape, Fit> used = new Shared<>();
    /** Those that are kept track of. */
    private final List<Fit> fits = new ArrayList<>();
    /** Of those, who haven't been looked at yet. */
    private final List<Fit> unseen = new ArrayList<>();

    public ShapeTable(NodeTable nodes) {
        this.nodes = nodes;
    }

    /**
     * How a shape fits; if it is kept track of, that is right from the next {@link #refresh} on, until as many
     * {@link #release} it as used it.
     */
    public Fit use(PodShape shape) {
        return used.use(shape, added -> {
            var fit = new Fit(added, nodes.use(added.each()));
            fits.add(fit);
            unseen.add(fit);
            return fit;
        });
    }

    public void release(Fit fit) {
        if (used.release(fit.shape)) {
            fits.remove(fit);
            unseen.remove(fit);
            nodes.release(fit.each);
        }
    }

    /** Nobody asks for these domains any more. */
    public void forget(Domains domains) {
        fits.forEach(fit -> fit.forget(domains));
    }

    /** Keeps track of these shapes from now on, and of no others. */
    public void track(Collection<Fit> wanted) {
        var before = Set.copyOf(fits);
        var now = Set.copyOf(wanted);
        fits.removeIf(fit -> !now.contains(fit));
        unseen.removeIf(fit -> !now.contains(fit));
        before.stream().filter(fit -> !now.contains(fit)).forEach(Fit::clear);
        wanted.stream().filter(fit -> !before.contains(fit)).forEach(fit -> {
            fits.add(fit);
            unseen.add(fit);
        });
    }

    /** How many shapes there are, those included that nobody keeps track of. */
    public int size() {
        return used.size();
    }

    /** All of them. */
    public Collection<Fit> all() {
        return used.all();
    }

    /** How many of them are kept track of. */
    public int tracked() {
        return fits.size();
    }

    /** Looks at all rows that have changed since the last time; new shapes look at all. */
    public void refresh(long[][] free) {
        fits.forEach(fit -> fit.cover(nodes.size()));
        if (nodes.domains().compact()) {
            fits.forEach(Fit::forgetDomains);
        }
        for (int row : nodes.drainChangedNodes()) {
            fits.forEach(fit -> fit.nodeChanged(nodes, free, row));
        }
        for (var fit : unseen) {
            for (int row = 0; row < nodes.size(); row++) {
                fit.nodeChanged(nodes, free, row);
            }
        }
        unseen.clear();
        for (int row : nodes.drainChangedRoom()) {
            roomChanged(free, row);
        }
    }

    /** Looks at a row again, for all shapes. */
    public void roomChanged(long[][] free, int row) {
        for (var fit : fits) {
            fit.roomChanged(free, row);
        }
    }
}
