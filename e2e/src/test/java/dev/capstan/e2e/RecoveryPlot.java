package dev.capstan.e2e;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Distributions of seconds: how many of all took at most so long, a stepped curve each, as an SVG image. */
final class RecoveryPlot {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 320;
    private static final int MARGIN = 50;
    private static final List<String> COLOURS = List.of("#1b6ca8", "#3c7a3b", "#c8553d");
    private static final int TICKS = 8;

    private RecoveryPlot() {}

    /** @param seconds by their name, sorted, at least one each */
    static String svg(Map<String, List<Double>> seconds) {
        double longest =
                seconds.values().stream().mapToDouble(List::getLast).max().orElse(1);
        double tick = Math.ceil(longest / TICKS);
        double end = tick * Math.ceil(longest / tick);
        var svg = new StringBuilder(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n"
                        .formatted(WIDTH, HEIGHT));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (double at = 0; at <= end + 1e-9; at += tick) {
            line(svg, x(at, end), MARGIN, x(at, end), HEIGHT - MARGIN);
            text(svg, x(at, end), HEIGHT - MARGIN + 16, "middle", "#000", "%.0f".formatted(at));
        }
        for (int percent = 0; percent <= 100; percent += 25) {
            line(svg, MARGIN, y(percent / 100.0), WIDTH - MARGIN, y(percent / 100.0));
            text(svg, MARGIN - 6, y(percent / 100.0) + 4, "end", "#000", percent + " %");
        }
        text(svg, WIDTH / 2.0, HEIGHT - 12, "middle", "#000", "seconds from the kill to the next completed step");
        int number = 0;
        for (var each : seconds.entrySet()) {
            var colour = COLOURS.get(number % COLOURS.size());
            curve(svg, each.getValue(), end, colour);
            text(svg, MARGIN + 120.0 * number++, MARGIN - 16, "start", colour, each.getKey());
        }
        return svg.append("</svg>\n").toString();
    }

    private static void curve(StringBuilder svg, List<Double> sorted, double end, String colour) {
        var path = new StringBuilder(String.format(Locale.ROOT, "M%.1f %.1f", x(0, end), y(0)));
        for (int i = 0; i < sorted.size(); i++) {
            path.append(
                    String.format(Locale.ROOT, " H%.1f V%.1f", x(sorted.get(i), end), y((i + 1.0) / sorted.size())));
        }
        path.append(String.format(Locale.ROOT, " H%.1f", x(end, end)));
        svg.append("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n".formatted(path, colour));
    }

    private static double x(double seconds, double end) {
        return MARGIN + seconds / end * (WIDTH - 2.0 * MARGIN);
    }

    private static double y(double share) {
        return HEIGHT - MARGIN - share * (HEIGHT - 2.0 * MARGIN);
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n",
                x1,
                y1,
                x2,
                y2));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String colour, String words) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
                x,
                y,
                anchor,
                colour,
                words));
    }
}
