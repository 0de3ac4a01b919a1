package dev.capstan.bench.serving;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Keeps all figures, raw ones in a file, and tells at the end what they come to. */
final class Report implements AutoCloseable {
    /** Clients by whom throughput is told. */
    static final int MANY = 64;

    private static final String OURS = "Capstan";

    private final Path file;
    private final PrintWriter raw;
    private final Map<Key, List<Load>> loads = new LinkedHashMap<>();
    private final Map<Key, Target> ways = new LinkedHashMap<>();
    private final Map<BenchModels, List<Load>> singles = new LinkedHashMap<>();
    private final Map<BenchModels, List<Double>> floors = new LinkedHashMap<>();
    private final Map<String, List<Double>> starts = new LinkedHashMap<>();
    private final Map<String, Double> memory = new LinkedHashMap<>();
    private final Map<Integer, Double> clients = new LinkedHashMap<>();

    private record Key(BenchModels model, String server, int clients) {}

    Report(Path file) throws IOException {
        this.file = file;
        raw = new PrintWriter(Files.newBufferedWriter(file));
        raw.println("what,model,server,clients,per_second,p50_ms,p99_ms");
    }

    void load(BenchModels model, Target target, int clients, Load load) {
        var key = new Key(model, target.server(), clients);
        loads.computeIfAbsent(key, each -> new ArrayList<>()).add(load);
        ways.put(key, target);
        row("load", model.served(), target.server(), clients, load);
    }

    /** The bare runtime, a sample at a time. */
    void single(BenchModels model, Load load) {
        singles.computeIfAbsent(model, each -> new ArrayList<>()).add(load);
        row("floor", model.served(), "onnxruntime", 1, load);
    }

    /** The bare runtime's samples a second, in batches. */
    void floor(BenchModels model, Load load) {
        floors.computeIfAbsent(model, each -> new ArrayList<>()).add(load.perSecond());
        row("floor_batched", model.served(), "onnxruntime", 1, load);
    }

    void clients(int count, Load load) {
        clients.put(count, load.perSecond());
        row("clients", "none", "none", count, load);
    }

    void coldStart(String server, double seconds) {
        starts.computeIfAbsent(server, each -> new ArrayList<>()).add(seconds);
        row("cold_start", "mlp", server, 1, new Load(0, seconds * 1e3, seconds * 1e3));
    }

    void memory(String server, double megabytes) {
        memory.put(server, megabytes);
    }

    private void row(String what, String model, String server, int count, Load load) {
        raw.println(String.format(
                Locale.ROOT,
                "%s,%s,%s,%d,%.1f,%.4f,%.4f",
                what,
                model,
                server,
                count,
                load.perSecond(),
                load.p50(),
                load.p99()));
        raw.flush();
    }

    void print() {
        System.out.println(
                "| model | clients | server | by | answers/s | p50, ms | p99, ms | Capstan answers, times as many |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        loads.keySet().forEach(this::line);
        floors.forEach((model, perSecond) -> System.out.printf(
                Locale.ROOT,
                "| %s | | ONNX Runtime alone | in-process | %.0f | %.3f | %.3f | %s |%n",
                model.served(),
                new Samples(perSecond).median(),
                Samples.of(singles.get(model), Load::p50).median(),
                Samples.of(singles.get(model), Load::p99).median(),
                answers(model, OURS, MANY).over(new Samples(perSecond)).spread("%.2f")));
        System.out.println();
        System.out.println("| server | MB of memory after the load | seconds from its start to its first answer |");
        System.out.println("|---|---|---|");
        memory.forEach((server, megabytes) -> System.out.printf(
                Locale.ROOT,
                "| %s | %.0f | %s |%n",
                server,
                megabytes,
                starts.containsKey(server) ? new Samples(starts.get(server)).spread("%.2f") : ""));
        System.out.println();
        clients.forEach((count, perSecond) -> System.out.printf(
                Locale.ROOT,
                "%d clients of a server that computes nothing get %.0f answers/s: as many can be asked for%n",
                count,
                perSecond));
        keys();
    }

    private void line(Key key) {
        var mine = loads.get(key);
        var way = ways.get(key);
        var by = way.way() == Target.Way.GRPC ? "gRPC" : way.way() == Target.Way.REST ? "REST, JSON" : "REST, binary";
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %s | %s | %.0f | %.3f | %.3f | %s |%n",
                key.model().served(),
                key.clients(),
                key.server(),
                by + (way.model().equals(key.model().served()) ? "" : ", batched"),
                Samples.of(mine, Load::perSecond).median(),
                Samples.of(mine, Load::p50).median(),
                Samples.of(mine, Load::p99).median(),
                key.server().equals(OURS)
                        ? ""
                        : answers(key.model(), OURS, key.clients())
                                .over(Samples.of(mine, Load::perSecond))
                                .spread("%.2f"));
    }

    private Samples answers(BenchModels model, String server, int count) {
        return Samples.of(loads.get(new Key(model, server, count)), Load::perSecond);
    }

    private Samples p50(String server) {
        return Samples.of(loads.get(new Key(BenchModels.MLP, server, 1)), Load::p50);
    }

    private void keys() {
        var ours = answers(BenchModels.MLP, OURS, MANY);
        var added = p50(OURS).minus(Samples.of(singles.get(BenchModels.MLP), Load::p50));
        System.out.printf(
                Locale.ROOT,
                "vs_mlserver=%.2f vs_kserve=%.2f added_p50_ms=%.3f router_ms=%.3f vs_floor=%.3f cold_start_s=%.2f csv=%s%n",
                ours.over(answers(BenchModels.MLP, "MLServer", MANY)).median(),
                ours.over(answers(BenchModels.MLP, "KServe", MANY)).median(),
                added.median(),
                p50("router").minus(p50(OURS)).median(),
                answers(BenchModels.CONVOLUTIONS, OURS, MANY)
                        .over(new Samples(floors.get(BenchModels.CONVOLUTIONS)))
                        .median(),
                new Samples(starts.get(OURS)).median(),
                file);
    }

    @Override
    public void close() {
        raw.close();
    }
}
