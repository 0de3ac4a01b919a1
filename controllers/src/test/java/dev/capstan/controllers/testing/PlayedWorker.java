package dev.capstan.controllers.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Progress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/** Plays a worker that trains, as far as the operator speaks with it; each at an address of its own. */
public final class PlayedWorker implements AutoCloseable {
    private final HttpServer server;
    private final int rank;
    private final String ip;
    private final List<Events.Event> events = new ArrayList<>();
    private int term;
    /** What it says that it computes on; null if it doesn't. */
    public volatile String device;

    /** The memberships that it was told of, in order, each as often as it was told. */
    public final BlockingQueue<Membership> memberships = new LinkedBlockingQueue<>();
    /** What it answers to the next. */
    public volatile int answer = 200;

    /** Whether it doesn't answer whether it lives; requests that are held open stay so. */
    public volatile boolean hangs;

    /** @param ip of the loopback network */
    public PlayedWorker(int rank, String ip, int port) throws IOException {
        this.rank = rank;
        this.ip = ip;
        server = HttpServer.create(new InetSocketAddress(ip, port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(Contract.LIVE_PATH, exchange -> {
            if (!hangs) {
                answer(exchange, 200, "{}");
            }
        });
        server.createContext(
                Contract.PROGRESS_PATH,
                exchange -> answer(
                        exchange,
                        200,
                        Json.write(new Progress(1, Progress.Stage.TRAINING, 1, 5, 120, 9375, 0.5, 1000, 7, null, null)
                                .on(device))));
        server.createContext(Contract.EVENTS_PATH, this::events);
        server.createContext(Contract.MEMBERSHIP_PATH, this::membership);
        server.start();
    }

    public String ip() {
        return ip;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Of the last membership that it took. */
    public synchronized int term() {
        return term;
    }

    /** Something happens to it. */
    public synchronized void happens(Events.Kind kind, int inTerm, Integer... ranks) {
        events.add(
                new Events.Event(events.size() + 1, inTerm, kind, List.of(ranks), 7, 0, kind + " in term " + inTerm));
        notifyAll();
    }

    private void events(HttpExchange exchange) throws IOException {
        int after = Integer.parseInt(exchange.getRequestURI().getQuery().split("=")[1]);
        Events told;
        synchronized (this) {
            try {
                if (events.size() <= after && after > 0) {
                    wait(2000);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            told = new Events(
                    1, rank, term, true, List.copyOf(events.subList(Math.min(after, events.size()), events.size())));
            if (events.isEmpty()) {
                try {
                    wait(50);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        answer(exchange, 200, Json.write(told));
    }

    private void membership(HttpExchange exchange) throws IOException {
        var told = Json.read(
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8), Membership.class);
        memberships.add(told);
        synchronized (this) {
            term = answer == 200 ? told.term() : term;
        }
        answer(exchange, answer, Json.write(new Membership.Known(term)));
    }

    private static void answer(HttpExchange exchange, int code, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** It is dead: whoever speaks with it hears so at once. */
    @Override
    public void close() {
        server.stop(0);
    }
}
