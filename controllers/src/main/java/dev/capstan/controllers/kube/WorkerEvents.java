package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.Voices;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Json;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one worker tells, on a request that is held open to it: a virtual thread of its own. */
final class WorkerEvents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerEvents.class);
    private static final Duration LONGEST = Duration.ofSeconds(Contract.EVENTS_SECONDS + 2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final int NOT_FOUND = 404;
    private static final int UNAUTHORIZED = 401;
    /** Of what a worker has told; a tenant's program may talk without end. */
    private static final int MOST = 1000;

    private final WorkerHttp workers;
    private final JobRef job;
    private final GangKey key;
    private final Plan.Peer peer;
    private final Clock clock;
    private final Probe probe;
    private final Runnable news;
    private final Thread thread;
    private volatile Voices.Heard heard;
    /** Whether it was asked in vain whether it lives. What hangs may go on to say that nothing happens to it. */
    private volatile boolean inVain;

    /** Asks whether a worker of whom another complains answers. */
    interface Probe {
        void of(int rank) throws InterruptedException;
    }

    /** @param news is run when it has told something, can't be reached any more, or can again */
    WorkerEvents(WorkerHttp workers, JobRef job, GangKey key, Plan.Peer peer, Clock clock, Probe probe, Runnable news) {
        this.workers = workers;
        this.job = job;
        this.key = key;
        this.peer = peer;
        this.clock = clock;
        this.probe = probe;
        this.news = news;
        thread = Thread.ofVirtual().name("events " + peer.pod()).start(this::run);
    }

    /** What it has said; empty until it has answered or couldn't be reached. */
    Optional<Voices.Heard> heard() {
        return Optional.ofNullable(heard);
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /** Finds out whether it answers now. A request that is held open may not notice for long that nobody is there. */
    void probe() throws InterruptedException {
        reached(lives());
    }

    private boolean lives() throws InterruptedException {
        boolean answers = false;
        try {
            answers = workers.get(peer.worker(), "", Contract.LIVE_PATH).statusCode() == 200;
        } catch (IOException e) {
            LOG.debug("{}: {} doesn't answer: {}", job, peer.pod(), e.toString());
        }
        inVain = !answers;
        return answers;
    }

    private void run() {
        var pause = FIRST_PAUSE;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                var bearer = key.bearer(peer.worker());
                var answer = workers.hold(
                        peer.worker(), bearer, Contract.EVENTS_PATH + "?" + Contract.AFTER + "=" + last(), LONGEST);
                switch (answer.statusCode()) {
                    case 200 -> {
                        take(Json.read(answer.body(), Events.class));
                        pause = FIRST_PAUSE;
                        continue;
                    }
                    case NOT_FOUND -> {
                        // Of a release that has nothing to tell.
                        return;
                    }
                    case UNAUTHORIZED -> key.isWrong(bearer);
                    default -> LOG.debug("{}: {} answered {}", job, peer.pod(), answer.statusCode());
                }
            } catch (IOException | RuntimeException e) {
                if (reached(false)) {
                    LOG.debug("{}: {} can't be heard: {}", job, peer.pod(), e.toString());
                    news.run();
                }
            } catch (InterruptedException e) {
                return;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private long last() {
        return Optional.ofNullable(heard)
                .flatMap(Voices.Heard::events)
                .filter(events -> !events.events().isEmpty())
                .map(events -> events.events().getLast().number())
                .orElse(0L);
    }

    private void take(Events answer) throws InterruptedException {
        var told = answer.events() == null ? List.<Events.Event>of() : answer.events();
        for (var event : told) {
            if (event.kind() == Events.Kind.LOST) {
                LOG.info("{}: {}: {}", job, peer.pod(), event.message());
                for (int rank : event.ranks() == null ? List.<Integer>of() : event.ranks()) {
                    probe.of(rank);
                }
            }
        }
        boolean reached = !inVain || lives();
        boolean isNews;
        synchronized (this) {
            var before = Optional.ofNullable(heard).flatMap(Voices.Heard::events);
            var all = new ArrayList<>(before.map(Events::events).orElse(List.of()));
            all.addAll(told);
            var latest = all.subList(Math.max(0, all.size() - MOST), all.size());
            var events = new Events(
                    answer.attempt(), answer.rank(), answer.term(), answer.recoverable(), List.copyOf(latest));
            isNews = before.isEmpty()
                    || !told.isEmpty()
                    || before.get().recoverable() != answer.recoverable()
                    || heard.reached() != reached;
            var at = told.isEmpty() && heard != null ? heard.at() : now();
            heard = new Voices.Heard(peer.pod(), reached, Optional.of(events), at);
        }
        if (isNews) {
            news.run();
        }
    }

    /** Answers whether that is news. */
    private synchronized boolean reached(boolean does) {
        var before = heard;
        heard = new Voices.Heard(
                peer.pod(),
                does,
                Optional.ofNullable(before).flatMap(Voices.Heard::events),
                before == null ? now() : before.at());
        return before == null || before.reached() != does;
    }

    private Instant now() {
        return clock.instant();
    }
}
