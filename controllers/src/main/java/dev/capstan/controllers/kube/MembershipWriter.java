package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells all workers of a gang who is in it, each again until it knows: for each a virtual thread. */
final class MembershipWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipWriter.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    /** All others wait for one that starts. */
    private static final Duration LONGEST_PAUSE_OF_A_NEWCOMER = Duration.ofMillis(200);

    private static final int TAKEN = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_NOW = 503;
    /** Those by which it says that it never will. */
    private static final List<Integer> REFUSALS = List.of(400, 404, 409, NOT_NOW);

    private final WorkerHttp workers;
    private final JobRef job;
    private final GangKey key;
    private final Membership membership;
    private final Runnable news;
    private final List<Thread> threads;
    private volatile String refusal;

    /** @param news is run when a worker refuses it */
    MembershipWriter(
            WorkerHttp workers, JobRef job, GangKey key, Plan.Gang gang, Membership membership, Runnable news) {
        this.workers = workers;
        this.job = job;
        this.key = key;
        this.membership = membership;
        this.news = news;
        threads = gang.peers().stream()
                .map(peer -> Thread.ofVirtual()
                        .name("membership " + peer.pod())
                        .unstarted(() -> tell(peer, gang.newcomers().contains(peer.rank()))))
                .toList();
        threads.forEach(Thread::start);
    }

    boolean isOf(Membership other) {
        return membership.equals(other);
    }

    /** Why a worker can't go on in it; empty if none has said so. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }

    /** @param comes whether it takes a lost one's place: then it may just not be ready yet */
    private void tell(Plan.Peer peer, boolean comes) {
        var pause = FIRST_PAUSE;
        var text = Json.write(membership);
        while (true) {
            try {
                var bearer = key.bearer(peer.worker());
                var answer = workers.put(peer.worker(), bearer, Contract.MEMBERSHIP_PATH, text);
                if (answer.statusCode() == TAKEN) {
                    return;
                }
                if (answer.statusCode() == UNAUTHORIZED) {
                    key.isWrong(bearer);
                } else if (REFUSALS.contains(answer.statusCode()) && !(comes && answer.statusCode() == NOT_NOW)) {
                    LOG.info(
                            "{}: {} doesn't take term {}: {} {}",
                            job,
                            peer.pod(),
                            membership.term(),
                            answer.statusCode(),
                            answer.body());
                    refusal = "worker %d (pod %s) can't go on in term %d (it answered %d)"
                            .formatted(peer.rank(), peer.pod(), membership.term(), answer.statusCode());
                    news.run();
                    return;
                }
            } catch (IOException | RuntimeException e) {
                LOG.debug("{}: {} can't be told of term {}: {}", job, peer.pod(), membership.term(), e.toString());
            } catch (InterruptedException e) {
                // There is another, or none is needed any more.
                return;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
            var longest = comes ? LONGEST_PAUSE_OF_A_NEWCOMER : LONGEST_PAUSE;
            pause = pause.multipliedBy(2).compareTo(longest) < 0 ? pause.multipliedBy(2) : longest;
        }
    }
}
