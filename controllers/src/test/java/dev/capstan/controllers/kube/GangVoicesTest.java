package dev.capstan.controllers.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.job.Voices;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.testing.Jobs;
import dev.capstan.controllers.testing.PlayedWorker;
import dev.capstan.crds.testing.ApiServer;
import dev.capstan.crds.training.TrainingJob;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Membership;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test plays the workers. */
class GangVoicesTest {
    private static ApiServer api;

    private final BlockingQueue<JobRef> news = new LinkedBlockingQueue<>();
    private TrainingJob job;
    private PlayedWorker zero;
    private PlayedWorker one;
    private WorkerHttp http;
    private GangVoices voices;

    @BeforeAll
    static void startApi() {
        api = ApiServer.shared();
    }

    @BeforeEach
    void startWorkers() throws IOException {
        var namespace = api.newNamespace("voices");
        job = Jobs.mnist(namespace, "a", 2);
        job.getMetadata().setUid("uid-" + namespace);
        api.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("a-peers")
                        .endMetadata()
                        .withStringData(Map.of("token", "open-sesame"))
                        .build())
                .create();
        zero = new PlayedWorker(0, "127.18.30.1", 0);
        one = new PlayedWorker(1, "127.18.30.2", zero.port());
        http = new WorkerHttp(api.client(), zero.port());
        voices = new GangVoices(http, Clock.systemUTC());
        voices.onNews(news::add);
    }

    @AfterEach
    void stop() {
        voices.close();
        http.close();
        zero.close();
        one.close();
    }

    @Test
    void whatAWorkerTellsIsHeardOnceAndAtOnce() throws InterruptedException {
        follow(Optional.empty());
        var first = await(heard -> heard.heard().size() == 2).heard().get(0);
        assertTrue(first.reached() && first.events().orElseThrow().recoverable());
        news.clear();
        zero.happens(Events.Kind.LOST, 0, 1);
        zero.happens(Events.Kind.RECOVERED, 1);
        assertEquals(JobRef.of(job), news.poll(10, TimeUnit.SECONDS));
        await(heard -> told(heard, 0).size() == 2);
        Thread.sleep(300);
        assertEquals(
                List.of(1L, 2L),
                told(voices.of(uid()), 0).stream().map(Events.Event::number).toList());
        voices.forget(uid());
        assertEquals(Voices.NONE, voices.of(uid()));
    }

    @Test
    void whoeverIsGoneIsNewsByItself() {
        follow(Optional.empty());
        await(heard -> heard.heard().size() == 2);
        news.clear();
        one.close();
        await(heard -> !heard.heard().get(1).reached());
        assertTrue(voices.of(uid()).heard().get(0).reached());
        assertTrue(news.contains(JobRef.of(job)));
    }

    /** Its machine has lost power, say: a connection to it stays open until somebody sends something. */
    @Test
    void whoeverIsBlamedAndHangsIsFoundOutWithinASecondOrTwo() {
        follow(Optional.empty());
        await(heard -> heard.heard().size() == 2);
        one.hangs = true;
        zero.happens(Events.Kind.LOST, 0, 1);
        await(heard -> !heard.heard().get(1).reached());
        assertEquals(1, told(voices.of(uid()), 0).size());
    }

    @Test
    void allAreToldOfAMembershipAgainUntilTheyTakeIt() throws InterruptedException {
        var first = membership(1);
        one.answer = 500;
        follow(Optional.of(first));
        assertEquals(first, zero.memberships.poll(10, TimeUnit.SECONDS));
        assertEquals(first, one.memberships.poll(10, TimeUnit.SECONDS));
        assertNotNull(one.memberships.poll(10, TimeUnit.SECONDS), "again");
        one.answer = 200;
        await(heard -> one.term() == 1);
        one.memberships.clear();
        follow(Optional.of(first));
        Thread.sleep(500);
        assertEquals(0, zero.memberships.size() + one.memberships.size(), "each once");
        assertEquals(Optional.empty(), voices.of(uid()).refusal());

        zero.answer = 503;
        follow(Optional.of(membership(2)));
        assertNotNull(zero.memberships.poll(10, TimeUnit.SECONDS));
        assertNotNull(zero.memberships.poll(10, TimeUnit.SECONDS), "who just comes may not be ready yet");
        assertEquals(Optional.empty(), voices.of(uid()).refusal());
        one.answer = 503;
        follow(Optional.of(membership(3)));
        await(heard -> heard.refusal().isPresent());
        assertEquals(
                "worker 1 (pod a-1) can't go on in term 3 (it answered 503)",
                voices.of(uid()).refusal().orElseThrow());
        follow(Optional.empty());
        assertEquals(Optional.empty(), voices.of(uid()).refusal());
    }

    /** Its seat has the number that another's rank is. */
    @Test
    void aSpareIsHeardByItselfToldNothingAndNotTakenForTheRankOfItsNumber() throws InterruptedException {
        var first = membership(1);
        var ranks = List.of(peer(0, zero));
        var spare = new Plan.Peer(0, "a-spare", peer(1, one).worker());
        voices.follow(
                job, new Plan.Gang(ranks, List.of(spare), Optional.of(first), Set.of(), List.of(), Optional.empty()));
        assertEquals(first, zero.memberships.poll(10, TimeUnit.SECONDS));
        var heard = await(now -> now.heard().size() == 1 && now.spares().size() == 1);
        assertEquals("a-0", heard.heard().get(0).pod());
        assertTrue(heard.spares().get("a-spare").events().orElseThrow().recoverable());

        // Rank 0 is blamed: it is asked whether it lives, and the spare isn't.
        one.hangs = true;
        zero.happens(Events.Kind.LOST, 0, 0);
        await(now -> !told(now, 0).isEmpty());
        assertTrue(voices.of(uid()).heard().get(0).reached());
        assertTrue(voices.of(uid()).spares().get("a-spare").reached());
        assertEquals(0, one.memberships.size());

        // It takes a rank: it is told from then on.
        voices.follow(
                job,
                new Plan.Gang(
                        List.of(new Plan.Peer(0, "a-spare", spare.worker())),
                        List.of(),
                        Optional.of(membership(2)),
                        Set.of(0),
                        List.of(),
                        Optional.empty()));
        assertEquals(membership(2), one.memberships.poll(10, TimeUnit.SECONDS));
        assertEquals(0, voices.of(uid()).spares().size());
    }

    @Test
    void workersOfAJobThatIsGoneAreLeftAlone() {
        voices.followOnly(uid -> false);
        follow(Optional.of(membership(1)));
        assertEquals(Voices.NONE, voices.of(uid()));
    }

    private void follow(Optional<Membership> membership) {
        voices.follow(
                job,
                new Plan.Gang(
                        List.of(peer(0, zero), peer(1, one)),
                        List.of(),
                        membership,
                        Set.of(0),
                        List.of(),
                        Optional.empty()));
    }

    private static Plan.Peer peer(int rank, PlayedWorker worker) {
        return new Plan.Peer(rank, "a-" + rank, new Plan.Follow(1, worker.ip(), "a-peers", JobFile.VERSION));
    }

    private static Membership membership(int term) {
        return new Membership(1, term, List.of(new Membership.Member("a-0", "1"), new Membership.Member("a-1", "2")));
    }

    private static List<Events.Event> told(Voices voices, int rank) {
        return voices.heard().get(rank).events().orElseThrow().events();
    }

    private Voices await(Predicate<Voices> is) {
        var deadline = Instant.now().plus(Duration.ofSeconds(10));
        while (!is.test(voices.of(uid()))) {
            assertTrue(Instant.now().isBefore(deadline), () -> voices.of(uid()).toString());
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return voices.of(uid());
    }

    private String uid() {
        return job.getMetadata().getUid();
    }
}
