package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.Voices;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Listens to every worker and spare of the gangs whose workers can be replaced one by one, and tells the workers of new
 * memberships. Off the reconcile threads: a worker that can't be reached delays nothing else. What it knows is lost
 * with the process: the workers tell a new leader again what has happened to them.
 */
public final class GangVoices implements AutoCloseable {
    private final WorkerHttp workers;
    private final Clock clock;
    private final Map<String, Gang> gangs = new ConcurrentHashMap<>();
    private volatile Predicate<String> there = uid -> true;
    private volatile Consumer<JobRef> listener = job -> {};

    public GangVoices(WorkerHttp workers, Clock clock) {
        this.workers = workers;
        this.clock = clock;
    }

    /** Of which jobs, by UID, workers may be listened to at all, see {@link ProgressReader#followOnly}. */
    public void followOnly(Predicate<String> those) {
        there = those;
    }

    /** Who is told of a job whose workers have something new to say. */
    public void onNews(Consumer<JobRef> newListener) {
        listener = newListener;
    }

    /** Listens to these workers of a job, and no others, and tells them what there is to tell. */
    void follow(HasMetadata job, Plan.Gang gang) {
        gangs.compute(job.getMetadata().getUid(), (uid, current) -> {
            if (!there.test(uid)) {
                return current;
            }
            var followed = current == null ? new Gang(JobRef.of(job), uid) : current;
            followed.follow(gang);
            return followed;
        });
    }

    /** Leaves the workers of a job alone. */
    void forget(String jobUid) {
        var gang = gangs.remove(jobUid);
        if (gang != null) {
            gang.close();
        }
    }

    /** What the workers of a job have said. */
    public Voices of(String jobUid) {
        return Optional.ofNullable(gangs.get(jobUid)).map(Gang::voices).orElse(Voices.NONE);
    }

    @Override
    public void close() {
        gangs.keySet().forEach(this::forget);
    }

    private final class Gang {
        private final JobRef job;
        private final GangKey key;
        private final Map<Plan.Peer, WorkerEvents> heard = new HashMap<>();
        private Set<Plan.Peer> spares = Set.of();
        private MembershipWriter writer;

        Gang(JobRef job, String uid) {
            this.job = job;
            key = new GangKey(workers, job, uid);
        }

        synchronized void follow(Plan.Gang gang) {
            spares = Set.copyOf(gang.spares());
            var all =
                    Stream.concat(gang.peers().stream(), gang.spares().stream()).collect(Collectors.toSet());
            heard.entrySet().removeIf(each -> {
                boolean gone = !all.contains(each.getKey());
                if (gone) {
                    each.getValue().close();
                }
                return gone;
            });
            for (var peer : all) {
                heard.computeIfAbsent(
                        peer, worker -> new WorkerEvents(workers, job, key, worker, clock, this::probe, this::news));
            }
            var membership = gang.membership().orElse(null);
            if (writer != null && !writer.isOf(membership)) {
                writer.close();
                writer = null;
            }
            if (writer == null && membership != null) {
                writer = new MembershipWriter(workers, job, key, gang, membership, this::news);
            }
        }

        synchronized void close() {
            heard.values().forEach(WorkerEvents::close);
            heard.clear();
            if (writer != null) {
                writer.close();
            }
        }

        synchronized Voices voices() {
            return new Voices(
                    heard(peer -> !spares.contains(peer), Plan.Peer::rank),
                    heard(spares::contains, Plan.Peer::pod),
                    Optional.ofNullable(writer).flatMap(MembershipWriter::refusal));
        }

        private <K> Map<K, Voices.Heard> heard(Predicate<Plan.Peer> which, Function<Plan.Peer, K> by) {
            return heard.entrySet().stream()
                    .filter(each -> which.test(each.getKey()))
                    .flatMap(each ->
                            each.getValue().heard().stream().map(voice -> Map.entry(by.apply(each.getKey()), voice)))
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, other) -> one));
        }

        /** A peer complains of this one. */
        private void probe(int rank) throws InterruptedException {
            WorkerEvents blamed;
            synchronized (this) {
                blamed = heard.entrySet().stream()
                        .filter(each -> each.getKey().rank() == rank && !spares.contains(each.getKey()))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse(null);
            }
            if (blamed != null) {
                blamed.probe();
            }
        }

        private void news() {
            listener.accept(job);
        }
    }
}
