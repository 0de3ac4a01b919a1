package dev.capstan.controllers.gang;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All waiting gangs, those that ask for the same in one line. */
final class Lines {
    private final NodeTable nodes;
    private final ShapeTable shapes;
    private final Map<Line.Ask, Line> lines = new LinkedHashMap<>();
    private final Map<String, Waiting> byJob = new HashMap<>();
    private Charges charges;

    /** A gang and where it stands. */
    record Waiting(Gang gang, Line line) {}

    Lines(NodeTable nodes, ShapeTable shapes, Charges charges) {
        this.nodes = nodes;
        this.shapes = shapes;
        this.charges = charges;
    }

    Collection<Line> all() {
        return lines.values();
    }

    Collection<Waiting> waiting() {
        return byJob.values();
    }

    Waiting of(String jobUid) {
        return byJob.get(jobUid);
    }

    void put(Gang gang) {
        var before = byJob.get(gang.job().uid());
        if (before != null && before.gang().equals(gang)) {
            return;
        }
        remove(gang.job().uid());
        var ask = Line.Ask.of(gang, charges.quotaOf(gang.job().namespace()));
        var line = lines.computeIfAbsent(ask, this::line);
        line.add(gang);
        byJob.put(gang.job().uid(), new Waiting(gang, line));
    }

    void remove(String jobUid) {
        var gone = byJob.remove(jobUid);
        if (gone != null) {
            gone.line().remove(gone.gang());
            if (gone.line().isEmpty()) {
                lines.remove(gone.line().ask);
                release(gone.line());
            }
        }
    }

    /** The quotas are others now: each gang looks for its line anew. */
    void under(Charges fresh) {
        charges = fresh;
        var gangs = byJob.values().stream().map(Waiting::gang).toList();
        var before = List.copyOf(lines.values());
        byJob.clear();
        lines.clear();
        gangs.forEach(this::put);
        // Only now: what is known of a shape is still known of those who ask in it.
        before.forEach(this::release);
    }

    private void release(Line line) {
        line.choices.forEach(choice -> shapes.release(choice.fit()));
        if (line.domains != null && nodes.domains().release(line.domains)) {
            shapes.forget(line.domains);
        }
    }

    private Line line(Line.Ask ask) {
        var options = ask.quota()
                .map(name -> charges.named(name)
                        .map(quota -> charges.options(quota, ask.each(), ask.size()))
                        .orElse(List.of()))
                .orElse(List.of(Charges.Option.FREE));
        var domains = ask.topology()
                .map(topology -> nodes.domains().use(topology.label()))
                .orElse(null);
        var choices = options.stream()
                .map(option -> new Line.Choice(option, shapes.use(shape(ask, option)), domains))
                .toList();
        return new Line(ask, choices, domains);
    }

    private static Shape shape(Line.Ask ask, Charges.Option option) {
        return new Shape(
                ask.each(),
                ask.where(),
                option.flavor().map(flavor -> flavor.nodeLabels()).orElse(Map.of()),
                option.earlier());
    }
}
