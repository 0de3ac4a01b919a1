package dev.capstan.bench.engine;

import dev.capstan.controllers.admission.Decision;
import dev.capstan.controllers.admission.Engine;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.queue.Workload;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Times of the admission engine; see {@link EngineGrowth} for how they are run. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class EngineBenchmark {
    /** So much time passes between two passes of a busy operator. */
    private static final long PAUSE_MILLIS = 50;

    /** All wait, and a quarter of the GPUs is in use. */
    @State(Scope.Thread)
    public static class Waiting {
        @Param("12500")
        int nodes;

        Crowd crowd;
        Engine engine;

        @Setup(Level.Trial)
        public void tell() {
            crowd = new Crowd(nodes, 42);
            engine = crowd.engine();
            crowd.check(engine.cycle(Crowd.NOW));
        }
    }

    /** Those who could be placed were, and the others wait. */
    @State(Scope.Thread)
    public static class Full {
        @Param("12500")
        int nodes;

        Engine engine;
        private List<Decision> running;
        Instant now = Crowd.NOW;
        private int next;
        private boolean ended;

        @Setup(Level.Trial)
        public void grant() {
            engine = new Crowd(nodes, 42).engine();
            running = engine.cycle(now);
            for (var placed : running) {
                begin(placed);
                engine.removeWorkload(placed.id().uid());
            }
            engine.cycle(now);
        }

        /** One event: a job ends and its pods are gone, or the same job has been granted its places. */
        void event() {
            now = now.plusMillis(PAUSE_MILLIS);
            var job = running.get(next);
            if (ended) {
                begin(job);
                next = (next + 1) % running.size();
            } else {
                end(((Decision.Admit) job).workload());
            }
            ended = !ended;
        }

        private void begin(Decision decision) {
            var admitted = (Decision.Admit) decision;
            var workload = admitted.workload();
            var grant = new Grant(
                    workload.id(),
                    1,
                    workload.priority(),
                    admitted.podSets(),
                    Crowd.NOW,
                    Optional.of(Crowd.NOW.plusSeconds(3600 + 7L * workload.minimum())),
                    Crowd.NOW);
            engine.put(grant);
            for (var seats : admitted.podSets()) {
                seats.pods()
                        .forEach(pod -> engine.put(new ClusterView.Pod(
                                workload.uid() + "/" + pod,
                                workload.id().namespace(),
                                seats.nodes().get(pod),
                                false,
                                seats.each(),
                                Optional.of(grant.seat(seats, pod)))));
            }
        }

        private void end(Workload workload) {
            IntStream.range(0, workload.minimum()).forEach(pod -> engine.removePod(workload.uid() + "/" + pod));
            engine.removeGrant(workload.uid());
        }
    }

    /** From nothing: an engine is told of every node, pod, grant, gang and quota, and decides; as a new leader does. */
    @Benchmark
    public List<Decision> fromNothing(Waiting state) {
        return state.crowd.engine().cycle(Crowd.NOW);
    }

    /** A snapshot is taken, every node is looked at anew for every shape, and all who wait are decided on. */
    @Benchmark
    public List<Decision> fullPass(Waiting state) {
        state.engine.recount();
        return state.engine.cycle(Crowd.NOW);
    }

    /** One event, and the pass that follows. */
    @Benchmark
    public List<Decision> incrementalPass(Full state) {
        state.event();
        return state.engine.cycle(state.now);
    }
}
