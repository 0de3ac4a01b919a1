package dev.capstan.bench.engine;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Curves on two logarithmic axes, as an SVG image. */
final class Plot {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 400;
    private static final int MARGIN = 60;
    private static final List<String> COLOURS = List.of("#1b6ca8", "#c8553d", "#3c7a3b", "#7a4f9a");

    private Plot() {}

    /** @param curves by their name, milliseconds by number of nodes; all above 0 */
    static String svg(Map<String, Map<Integer, Double>> curves) {
        var xs = curves.values().stream()
                .flatMap(curve -> curve.keySet().stream())
                .mapToDouble(Integer::doubleValue)
                .summaryStatistics();
        var ys = curves.values().stream()
                .flatMap(curve -> curve.values().stream())
                .mapToDouble(Double::doubleValue)
                .summaryStatistics();
        var horizontal = new Axis(xs.getMin(), xs.getMax(), MARGIN, WIDTH - 2.5 * MARGIN);
        var vertical = new Axis(ys.getMin(), ys.getMax(), HEIGHT - MARGIN, -(HEIGHT - 2.0 * MARGIN));
        var svg = new StringBuilder(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n"
                        .formatted(WIDTH, HEIGHT));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (double tick = horizontal.firstTick(); tick <= xs.getMax() * 1.001; tick *= 10) {
            line(svg, horizontal.at(tick), MARGIN, horizontal.at(tick), HEIGHT - MARGIN, "#ddd");
            text(svg, horizontal.at(tick), HEIGHT - MARGIN + 16, "middle", "%.0f".formatted(tick));
        }
        for (double tick = vertical.firstTick(); tick <= ys.getMax() * 1.001; tick *= 10) {
            line(svg, MARGIN, vertical.at(tick), WIDTH - 1.5 * MARGIN, vertical.at(tick), "#ddd");
            text(svg, MARGIN - 6, vertical.at(tick) + 4, "end", String.format(Locale.ROOT, "%s ms", shortest(tick)));
        }
        text(svg, (WIDTH - MARGIN) / 2.0, HEIGHT - 18, "middle", "nodes");
        int number = 0;
        for (var curve : curves.entrySet()) {
            curve(svg, curve.getKey(), curve.getValue(), horizontal, vertical, COLOURS.get(number++ % COLOURS.size()));
        }
        return svg.append("</svg>\n").toString();
    }

    private static void curve(
            StringBuilder svg,
            String name,
            Map<Integer, Double> points,
            Axis horizontal,
            Axis vertical,
            String colour) {
        var path = new StringBuilder();
        double x = 0;
        double y = 0;
        for (var point : points.entrySet()) {
            x = horizontal.at(point.getKey());
            y = vertical.at(point.getValue());
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : " L", x, y));
            svg.append(String.format(
                    Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, colour));
        }
        svg.append("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n".formatted(path, colour));
        text(svg, x + 8, y + 4, "start", name);
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2, String colour) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
                x1,
                y1,
                x2,
                y2,
                colour));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String words) {
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words));
    }

    private static String shortest(double value) {
        return value >= 1 ? "%.0f".formatted(value) : Double.toString(Math.round(value * 1e6) / 1e6);
    }

    /** Values from {@code least} to {@code most} on so many pixels from {@code start} on. */
    private record Axis(double least, double most, double start, double length) {
        double at(double value) {
            double span = Math.max(1e-9, Math.log(most) - Math.log(least));
            return start + (Math.log(value) - Math.log(least)) / span * length;
        }

        double firstTick() {
            return Math.pow(10, Math.ceil(Math.log10(least) - 1e-9));
        }
    }
}
