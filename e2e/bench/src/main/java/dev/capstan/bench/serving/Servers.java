package dev.capstan.bench.serving;

import dev.capstan.bench.Ports;
import dev.capstan.bench.serving.Target.Way;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.ServiceFile;
import dev.capstan.worker.artifact.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How each server is started: all on the same core, with the same models.
 *
 * @param folder with the models; what servers are told and what they say goes there, too
 * @param scripts folder of the Python programs
 * @param java the worker's Java with its flags
 * @param cache of classes, as the image has one
 * @param jars the worker's class path
 * @param classes those of this benchmark
 * @param withMlserver Python that has MLServer
 * @param withKserve Python that has KServe's
 */
record Servers(
        Path folder,
        Path scripts,
        List<String> java,
        Path cache,
        String jars,
        Path classes,
        Path withMlserver,
        Path withKserve) {
    /** The core of whatever answers. */
    static final int CORE = 0;

    private static final String UID = "3f0d0a3c-6a0b-4a3e-8a52-5a2c8d8f6f11";
    private static final String TOKEN = "token of the benchmark";
    private static final int DELAY_MICROS = 2000;
    private static final int TOGETHER = 32;
    private static final String BATCHED = "-batched";

    /**
     * A server that runs.
     *
     * @param ports of REST and gRPC, then others
     * @param variants in which a model can be asked, by its name without any addition
     */
    record Running(String name, Pinned process, List<Integer> ports, Map<String, List<Target>> variants)
            implements AutoCloseable {
        @Override
        public void close() {
            process.close();
        }
    }

    Running ours() throws IOException {
        var ports = Ports.free(3);
        var models = new ArrayList<ServiceFile.Model>();
        for (var each : BenchModels.values()) {
            var file = each.in(folder);
            var place = new JobFile.Place(file.toString(), "pvc://models/" + each.served(), null);
            models.add(new ServiceFile.Model(
                    each.served(),
                    new JobFile.From(place, FileDigest.of(file)),
                    ServiceFile.Runtime.ONNX,
                    null,
                    null,
                    List.of()));
        }
        var own = told("capstan", models, null);
        var command = new ArrayList<>(java);
        command.addAll(List.of(
                "-XX:AOTCache=" + cache, "-Xlog:aot=off", "-cp", jars, "dev.capstan.worker.Main", Contract.SERVE));
        var environment = Map.of(
                "CAPSTAN_SERVICE_FILE", own.resolve("service.json").toString(),
                "CAPSTAN_TOKEN_FILE", own.resolve("token").toString(),
                "CAPSTAN_SCRATCH", own.resolve("scratch").toString(),
                "CAPSTAN_TERMINATION_MESSAGE", own.resolve("outcome").toString(),
                "CAPSTAN_REST_PORT", String.valueOf(ports.get(0)),
                "CAPSTAN_GRPC_PORT", String.valueOf(ports.get(1)),
                "CAPSTAN_MANAGEMENT_PORT", String.valueOf(ports.get(2)),
                "OMP_NUM_THREADS", "1");
        var process = Pinned.start("capstan", CORE, folder, environment, command);
        return new Running("Capstan", process, ports, variants("Capstan", ports, Way.REST_BINARY, false));
    }

    /** A router in front of that server, which it finds by name. */
    Running router(Running replica) throws IOException {
        var ports = Ports.free(3);
        var own = told("router", List.of(), "localhost:" + replica.ports().get(2));
        var command = new ArrayList<>(own(RouterProcess.class, "-XX:AOTCache=" + cache, "-Xlog:aot=off"));
        command.addAll(List.of(
                own.resolve("service.json").toString(), own.resolve("token").toString()));
        Stream.concat(ports.stream(), replica.ports().stream())
                .map(String::valueOf)
                .forEach(command::add);
        var process = Pinned.start("router", CORE, folder, Map.of(), command);
        return new Running("router", process, ports, variants("router", ports, Way.REST_BINARY, false));
    }

    private Path told(String name, List<ServiceFile.Model> models, String replicas) throws IOException {
        var own = Files.createDirectories(folder.resolve(name));
        var file = new ServiceFile(
                ServiceFile.VERSION,
                new ServiceFile.Service("default", "bench", UID, 1),
                models,
                new ServiceFile.Batching(TOGETHER, DELAY_MICROS),
                new ServiceFile.Limits(16 << 20, 256, 30_000),
                new ServiceFile.Access(null, null, false),
                replicas);
        Files.writeString(own.resolve("service.json"), Json.write(file));
        Files.writeString(own.resolve("token"), TOKEN);
        Files.createDirectories(own.resolve("scratch"));
        return own;
    }

    /** Each model twice, with its adaptive batching and without; in the main process, which is faster on one core. */
    Running mlserver() throws IOException {
        var ports = Ports.free(3);
        var own = Files.createDirectories(folder.resolve("mlserver"));
        Files.writeString(own.resolve("settings.json"), """
                {"host": "127.0.0.1", "http_port": %d, "grpc_port": %d, "metrics_port": %d, "parallel_workers": 0,
                 "debug": false, "gzip_enabled": false}
                """.formatted(ports.get(0), ports.get(1), ports.get(2)));
        for (var each : BenchModels.values()) {
            for (boolean batched : new boolean[] {false, true}) {
                var name = each.served() + (batched ? BATCHED : "");
                Files.writeString(
                        Files.createDirectories(own.resolve(name)).resolve("model-settings.json"),
                        """
                        {"name": "%s", "implementation": "mlserver_onnx.OnnxModel", "max_batch_size": %d,
                         "max_batch_time": %s, "parameters": {"uri": "%s", "version": "1"}}
                        """.formatted(name, batched ? TOGETHER : 0, batched ? DELAY_MICROS / 1e6 : 0, each.in(folder)));
            }
        }
        var process = Pinned.start(
                "mlserver",
                CORE,
                own,
                Map.of("PYTHONPATH", scripts.toString(), "OMP_NUM_THREADS", "1"),
                List.of(withMlserver.resolveSibling("mlserver").toString(), "start", "."));
        return new Running("MLServer", process, ports, variants("MLServer", ports, Way.REST, true));
    }

    /** Its own batching is a program beside it, for version 1 of its protocol, which comes with no package. */
    Running kserve() throws IOException {
        var ports = Ports.free(2);
        var command = new ArrayList<>(List.of(
                withKserve.toString(),
                scripts.resolve("kserve_onnx.py").toString(),
                String.valueOf(ports.get(0)),
                String.valueOf(ports.get(1))));
        for (var each : BenchModels.values()) {
            command.add(each.served() + "=" + each.in(folder));
        }
        var process = Pinned.start("kserve", CORE, folder, Map.of("OMP_NUM_THREADS", "1"), command);
        return new Running("KServe", process, ports, variants("KServe", ports, Way.REST_BINARY, false));
    }

    private static Map<String, List<Target>> variants(String server, List<Integer> ports, Way byRest, boolean batched) {
        var all = new HashMap<String, List<Target>>();
        for (var each : BenchModels.values()) {
            var variants = new ArrayList<Target>();
            for (var name : batched ? List.of(each.served(), each.served() + BATCHED) : List.of(each.served())) {
                variants.add(new Target(server, byRest, ports.get(0), name));
                variants.add(new Target(server, Way.GRPC, ports.get(1), name));
            }
            all.put(each.served(), variants);
        }
        return all;
    }

    /** A server that computes nothing. */
    Running nothing(int port, int requestBytes, Question question) throws IOException {
        var command = new ArrayList<>(own(NullServer.class));
        command.addAll(List.of(String.valueOf(port), String.valueOf(requestBytes)));
        for (float each : question.answer()) {
            command.add(String.valueOf(each));
        }
        var process = Pinned.start("nothing", CORE, folder, Map.of(), command);
        return new Running("nothing", process, List.of(port), Map.of());
    }

    Floor floor() throws IOException {
        var models = Arrays.stream(BenchModels.values())
                .map(each -> each.in(folder).toString())
                .toList();
        var inJava = new ArrayList<>(own(FloorProcess.class));
        inJava.addAll(models);
        var inPython = new ArrayList<>(
                List.of(withKserve.toString(), scripts.resolve("floor.py").toString()));
        inPython.addAll(models);
        var threads = Map.of("OMP_NUM_THREADS", "1");
        return Floor.of(
                Pinned.startAnswering("floor-java", CORE, folder, threads, inJava),
                Pinned.startAnswering("floor-python", CORE, folder, threads, inPython));
    }

    /** A class of this benchmark, in a process of its own. */
    private List<String> own(Class<?> main, String... flags) {
        var command = new ArrayList<>(java);
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", jars + ":" + classes, main.getName()));
        return command;
    }
}
