package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobKeys;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the operator does for a gang that has lost ranks: says to each who is in it, and hears how that went. */
final class Regrouped implements AutoCloseable {
    private static final long LIMIT_SECONDS = 120;
    private static final int NOBODY_LISTENS = 0;

    private final HttpClient client = HttpClient.newHttpClient();
    private final JobFile job;
    private final String bearer;
    private final List<Membership.Member> members;
    private int term = Membership.FIRST;

    Regrouped(JobFile job, String token) {
        this.job = job;
        members = new ArrayList<>(job.peers().stream()
                .map(each -> new Membership.Member("pod", each))
                .toList());
        bearer = JobKeys.bearer(
                job.version(),
                token.getBytes(StandardCharsets.UTF_8),
                job.job().uid(),
                job.job().attempt());
    }

    /** Another worker has a rank's place from the next term on. */
    void at(int rank, String pod, String address) {
        members.set(rank, new Membership.Member(pod, address));
    }

    /**
     * Another term, told to each of these ports until it takes it.
     *
     * @return false if one can't, since its training is over
     */
    boolean next(List<Integer> httpPorts) throws Exception {
        term++;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        for (int port : httpPorts) {
            var answer = tellOrNobodyListens(port);
            while (answer == NOBODY_LISTENS && System.nanoTime() < end) {
                Thread.sleep(20);
                answer = tellOrNobodyListens(port);
            }
            if (answer == 503 || answer == NOBODY_LISTENS) {
                return false;
            }
            assertEquals(200, answer, "term " + term + " isn't taken");
        }
        return true;
    }

    private int tellOrNobodyListens(int port) throws Exception {
        try {
            return tell(port, term);
        } catch (IOException e) {
            return NOBODY_LISTENS;
        }
    }

    /** Tells one worker of a term; returns the HTTP status. */
    int tell(int port, int ofTerm) throws Exception {
        var text = Json.write(new Membership(job.job().attempt(), ofTerm, members));
        var request = HttpRequest.newBuilder(uri(port, Contract.MEMBERSHIP_PATH))
                .header("Authorization", "Bearer " + bearer)
                .PUT(BodyPublishers.ofString(text))
                .build();
        return client.send(request, BodyHandlers.discarding()).statusCode();
    }

    /** Waits until a worker tells of such an event of the term that was told last; false if it ends before. */
    boolean await(int port, Events.Kind kind) throws Exception {
        long after = 0;
        while (true) {
            var request = HttpRequest.newBuilder(uri(port, Contract.EVENTS_PATH + "?after=" + after))
                    .header("Authorization", "Bearer " + bearer)
                    .build();
            for (var event : Json.read(
                            client.send(request, BodyHandlers.ofString()).body(), Events.class)
                    .events()) {
                if (event.kind() == kind && event.term() == term) {
                    return true;
                }
                if (event.kind() == Events.Kind.ENDED) {
                    return false;
                }
                after = event.number();
            }
        }
    }

    private static URI uri(int port, String path) {
        return URI.create("http://localhost:" + port + path);
    }

    @Override
    public void close() {
        client.close();
    }
}
