package dev.capstan.bench.engine;

import dev.capstan.controllers.admission.Engine;
import dev.capstan.controllers.admission.Placed;
import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.queue.Gang;
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
            crowd.check(engine.pass(Crowd.NOW));
        }
    }

    /** Those who could be placed were, and the others wait. */
    @State(Scope.Thread)
    public static class Full {
        @Param("12500")
        int nodes;

        Engine engine;
        private List<Placed> running;
        Instant now = Crowd.NOW;
        private int next;
        private boolean ended;

        @Setup(Level.Trial)
        public void grant() {
            engine = new Crowd(nodes, 42).engine();
            running = engine.pass(now);
            for (var placed : running) {
                engine.removeGang(placed.gang().job().uid());
                begin(placed);
            }
            engine.pass(now);
        }

        /** One event: a job ends and its pods are gone, or the same job has been granted its places. */
        void event() {
            now = now.plusMillis(PAUSE_MILLIS);
            var job = running.get(next);
            if (ended) {
                begin(job);
                next = (next + 1) % running.size();
            } else {
                end(job.gang());
            }
            ended = !ended;
        }

        private void begin(Placed placed) {
            var gang = placed.gang();
            engine.put(new ClusterView.Hold(
                    gang.job().uid(),
                    gang.job().namespace(),
                    1,
                    placed.nodes(),
                    gang.each(),
                    Crowd.NOW,
                    Optional.of(Crowd.NOW.plusSeconds(3600 + 7L * gang.size()))));
            IntStream.range(0, gang.size())
                    .forEach(rank -> engine.put(new ClusterView.Pod(
                            gang.job().uid() + "/" + rank,
                            gang.job().namespace(),
                            placed.nodes().get(rank),
                            false,
                            gang.each(),
                            Optional.of(new ClusterView.Seat(
                                    gang.job().namespace(), gang.job().uid(), 1, rank)))));
        }

        private void end(Gang gang) {
            IntStream.range(0, gang.size())
                    .forEach(rank -> engine.removePod(gang.job().uid() + "/" + rank));
            engine.removeHold(gang.job().uid());
        }
    }

    /** From nothing: an engine is told of every node, pod, grant, gang and quota, and decides; as a new leader does. */
    @Benchmark
    public List<Placed> fromNothing(Waiting state) {
        return state.crowd.engine().pass(Crowd.NOW);
    }

    /** A snapshot is taken, every node is looked at anew for every shape, and all who wait are decided on. */
    @Benchmark
    public List<Placed> fullPass(Waiting state) {
        state.engine.recount();
        return state.engine.pass(Crowd.NOW);
    }

    /** One event, and the pass that follows. */
    @Benchmark
    public List<Placed> incrementalPass(Full state) {
        state.event();
        return state.engine.pass(state.now);
    }
}
