package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Wire;
import dev.capstan.worker.outcome.Failure;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.spec.SecretKeySpec;

/**
 * A gang that trains while its ranks are killed, connections are cut, and terms come late, twice and in the wrong
 * order. Ranks run the very classes that workers run, over connections in memory, one at a time.
 */
final class SimulatedGang {
    private static final Patience FOR_EVER = new Patience(Duration.ofDays(1), Duration.ofDays(1), Duration.ofDays(1));

    private final Chance chance;
    private final Turns turns;
    private final int size;
    private final int steps;
    private final int floats;
    private final int room;
    private final int shortSum;
    private final Wire.Frames frames;
    private final Map<String, Pipe> pipes = new HashMap<>();
    private final List<Rank> ranks = new ArrayList<>();
    /** Those that wait for a rank, dead or alive. */
    private final List<Rank> spares = new ArrayList<>();

    private final List<Message> messages = new ArrayList<>();

    /** What the operator has written down. */
    private int term = 1;

    private Rank[] members;
    private int faults;
    private int replaced;
    private int cuts;
    private int recoveries;
    private int taken;
    private int begunAnew;
    private int left;
    /** Ranks of which one was asked to stop at some time. */
    private final Set<Integer> asked = new HashSet<>();

    /**
     * What came of a run.
     *
     * @param taken ranks that spares took
     * @param begunAnew how often a rank found that nobody had begun yet, after one was lost
     * @param left ranks that were asked to stop, and left the others
     * @param stopped whether all were, and stopped together
     */
    record Result(
            boolean lost,
            int terms,
            int replaced,
            int cuts,
            int recoveries,
            int taken,
            int begunAnew,
            int left,
            boolean stopped) {}

    private record Message(Rank to, int term, Rank[] members) {}

    /** A gang of some size that trains for some steps while a few things happen, all of which the seed decides. */
    SimulatedGang(long seed) {
        this(new Random(seed));
    }

    private SimulatedGang(Random random) {
        this(
                Chance.of(random),
                2 + random.nextInt(3),
                1 + random.nextInt(6),
                random.nextInt(12),
                1 + random.nextInt(4),
                random.nextBoolean() ? 100 : 4000,
                random.nextInt(3),
                random.nextBoolean() ? 0 : Integer.MAX_VALUE,
                random.nextBoolean() ? Wire.Frames.ENCRYPTED : Wire.Frames.PLAIN);
    }

    /**
     * @param faults how often at most something happens
     * @param room bytes that a connection holds at most
     * @param waiting how many spares there are
     * @param shortSum bytes up to which a sum is made of all ranks' numbers, handed round whole
     */
    SimulatedGang(
            Chance chance,
            int size,
            int steps,
            int floats,
            int faults,
            int room,
            int waiting,
            int shortSum,
            Wire.Frames frames) {
        this.chance = chance;
        this.size = size;
        this.steps = steps;
        this.floats = floats;
        this.faults = faults;
        this.room = room;
        this.shortSum = shortSum;
        this.frames = frames;
        turns = new Turns(chance);
        members = IntStream.range(0, size).mapToObj(rank -> new Rank(rank, 0)).toArray(Rank[]::new);
        for (var each : members) {
            each.accept(new Message(each, term, members));
            each.start(false);
        }
        for (int i = 0; i < waiting; i++) {
            var spare = new Rank("spare " + i, Rank.NONE, 0);
            spares.add(spare);
            spare.start(true);
        }
    }

    /** Runs to the end. */
    Result run() {
        try {
            while (!Arrays.stream(members).allMatch(each -> each.actor.ended())) {
                if (!anybodyHasTheState()) {
                    return result(true);
                }
                disturb();
                boolean moved = messages.isEmpty() || !chance.oneIn(3) ? turns.next() : deliver();
                if (!moved && !deliver() && !decide()) {
                    if (Arrays.stream(members).anyMatch(each -> each.actor.ended())) {
                        break;
                    }
                    throw new AssertionError("nobody can go on: term " + term + ", " + told());
                }
                if (chance.oneIn(10)) {
                    decide();
                }
            }
            var stopped = Arrays.stream(members).filter(each -> each.stopped).findFirst();
            long expected = expected(stopped.map(each -> each.state.step).orElse(steps), stopped.isPresent());
            for (var each : members) {
                // Who has lost those that stop, leaves soon.
                boolean ends = stopped.isEmpty() || each.stopped;
                if (ends && each.hasState && !each.dead() && each.state.hash != expected) {
                    throw new AssertionError(each + " ends with another state than an undisturbed gang");
                }
            }
            return result(false);
        } finally {
            turns.end();
        }
    }

    private Result result(boolean lost) {
        boolean stopped = Arrays.stream(members).anyMatch(each -> each.stopped);
        return new Result(lost, term, replaced, cuts, recoveries, taken, begunAnew, left, stopped);
    }

    private boolean anybodyHasTheState() {
        return ranks.stream().anyMatch(each -> (each.actor.alive() || each.actor.ended()) && each.hasState)
                && Arrays.stream(members).anyMatch(each -> each.hasState && (each.actor.alive() || each.actor.ended()));
    }

    private void disturb() {
        int fault = faults == 0 ? -1 : chance.rarely(60, 3 * (size + spares.size()));
        if (fault < 0) {
            return;
        }
        faults--;
        var victim = fault / 3 < size ? members[fault / 3] : spares.get(fault / 3 - size);
        if (!victim.actor.alive()) {
            return;
        }
        switch (fault % 3) {
            case 0 -> {
                replaced++;
                victim.die();
            }
            case 1 -> {
                cuts++;
                victim.cut();
            }
            default -> {
                boolean all = chance.oneIn(4);
                for (var each : all ? members : new Rank[] {victim}) {
                    each.toStop = true;
                }
            }
        }
    }

    /** The operator: whoever is dead is replaced, and whoever waits gets another term. */
    private boolean decide() {
        // The artifact was there before anybody left.
        if (Arrays.stream(members).anyMatch(each -> each.actor.ended())) {
            return false;
        }
        boolean needed = Arrays.stream(members).anyMatch(each -> each.dead() || each.waitsAfter == term);
        if (!needed) {
            return false;
        }
        var next = members.clone();
        for (int rank = 0; rank < size; rank++) {
            if (next[rank].dead()) {
                next[rank] = instead(rank, next[rank].incarnation + 1);
            }
        }
        term++;
        members = next;
        for (var each : next) {
            messages.add(new Message(each, term, next));
            if (chance.oneIn(4)) {
                messages.add(new Message(each, term, next));
            }
        }
        return true;
    }

    /** Who takes a rank's place: a spare, of which it isn't known whether it lives, or another worker. */
    private Rank instead(int rank, int incarnation) {
        if (!spares.isEmpty() && !chance.oneIn(3)) {
            taken++;
            var spare = spares.removeFirst();
            spare.rank = rank;
            spare.incarnation = incarnation;
            return spare;
        }
        var newcomer = new Rank(rank, incarnation);
        newcomer.start(true);
        return newcomer;
    }

    private String told() {
        return ranks.stream()
                .map(each -> "%s: %s, joined term %d, newest %s, waits after %d, step %d"
                        .formatted(
                                each,
                                each.actor,
                                each.joined,
                                each.newest == null ? "none" : each.newest.term(),
                                each.waitsAfter,
                                each.state.step))
                .collect(Collectors.joining("; "));
    }

    private boolean deliver() {
        if (messages.isEmpty()) {
            return false;
        }
        var message = messages.remove(chance.among(messages.size()));
        message.to().accept(message);
        return true;
    }

    private Pipe pipe(int ofTerm, Rank from, Rank to) {
        return pipes.computeIfAbsent(ofTerm + " " + from + " " + to, key -> new Pipe(1 + chance.among(room)));
    }

    /**
     * What a gang ends with that nothing happens to.
     *
     * @param end after which step
     * @param stops whether it stops right there, before an epoch that ends with it is measured
     */
    private long expected(int end, boolean stops) {
        var state = new State();
        for (int step = 0; step < end; step++) {
            var sum = new float[floats];
            double tally = 0;
            for (int rank = 0; rank < size; rank++) {
                for (int i = 0; i < floats; i++) {
                    sum[i] += gradient(state.hash, rank, i);
                }
                tally += rank + 1;
            }
            state.step(sum, tally);
            if (state.step % 2 == 0 && !(stops && state.step == end)) {
                state.epoch(size);
            }
        }
        return state.hash;
    }

    private static float gradient(long hash, int rank, int place) {
        return Math.floorMod(hash * 31 + rank * 7L + place, 1000);
    }

    /** What all ranks hold the same of. */
    private static final class State {
        private int step;
        /** Of the epochs that were measured. */
        private int epochs;

        private long hash;

        void step(float[] sum, double tally) {
            step++;
            hash = (hash * 1_000_003 + Arrays.hashCode(sum)) * 31 + (long) tally;
        }

        void epoch(int ranks) {
            epochs++;
            hash = hash * 17 + ranks;
        }
    }

    private final class Rank implements Held, Terms {
        /** A spare's. */
        private static final int NONE = -1;

        private final String name;
        private int rank;
        private int incarnation;
        private final State state = new State();
        private Turns.Actor actor;
        private Message newest;
        /** The term after whose end this rank waits for another; 0 if it doesn't. */
        private int waitsAfter;

        private int joined;
        private boolean hasState;
        /** Whether this rank has wished for a checkpoint in the last step. */
        private boolean wished;
        /**
         * Whether that was in vain so far: who goes on from the last edge may find the next sum answered, with what
         * others had wished, and sends its own wish with the one after that.
         */
        private boolean owed;
        /** Whether this rank was asked to stop. */
        private boolean toStop;
        /** Whether it has, with all others. */
        private boolean stopped;

        private Ring ring;
        private Pipe toNext;
        private Pipe fromPrevious;

        Rank(int rank, int incarnation) {
            this("rank " + rank + "." + incarnation, rank, incarnation);
        }

        Rank(String name, int rank, int incarnation) {
            this.name = name;
            this.rank = rank;
            this.incarnation = incarnation;
            ranks.add(this);
        }

        void start(boolean newcomer) {
            hasState = !newcomer;
            actor = turns.start(toString(), () -> train(newcomer));
        }

        boolean dead() {
            return !actor.alive() && !actor.ended();
        }

        void die() {
            actor.kill();
            cut();
        }

        void cut() {
            for (var each : new Pipe[] {toNext, fromPrevious}) {
                if (each != null) {
                    each.cut(chance.among(each.underWay() + 1));
                }
            }
        }

        void accept(Message message) {
            if (newest == null || message.term() > newest.term()) {
                newest = message;
                if (ring != null) {
                    ring.leave(new Failure(Reason.PeerLost, "the gang goes on in term " + message.term()));
                }
            }
        }

        private void train(boolean newcomer) {
            var all = begin(join(), newcomer);
            hasState = true;
            boolean atStep = state.step > 0 && !afterEpoch();
            while (true) {
                if (atStep) {
                    afterStep(all);
                    if (stopped) {
                        break;
                    }
                    if (state.step % 2 == 0) {
                        all.allGather(new byte[] {(byte) rank}, FOR_EVER.late());
                        state.epoch(
                                all.allGather(new byte[] {1}, FOR_EVER.late()).size());
                        all.edge();
                    }
                }
                if (state.step == steps) {
                    break;
                }
                step(all);
                atStep = true;
            }
            if (!stopped) {
                all.allGather(new byte[] {3}, FOR_EVER.late());
            }
            all.close();
        }

        /** As a worker whose time is over: the others hear of it, or miss it. */
        private void leave() {
            left++;
            if (ring != null) {
                ring.tell(Failure.lost(rank, this + " has left"));
                ring.close();
            }
            actor.kill();
            throw new Turns.Killed();
        }

        /** Agrees with all others on what to begin with, or takes over what they have begun. */
        private Recovering begin(Ring first, boolean newcomer) {
            var met = first;
            boolean knowsNothing = newcomer;
            while (true) {
                if (knowsNothing || joined > 1) {
                    var all = knowsNothing ? Recovering.come(met, this, this) : Recovering.comeBack(met, this, this);
                    if (all.beginning().isEmpty()) {
                        return all;
                    }
                    met = all.beginning().get();
                    knowsNothing = false;
                    hasState = true;
                    begunAnew++;
                }
                try {
                    met.allGather(new byte[] {5}, FOR_EVER.late());
                    return Recovering.begin(met, this, this);
                } catch (Failure e) {
                    if (e.reason() != Reason.PeerLost) {
                        throw e;
                    }
                    met.tell(e);
                    met.close();
                    met = next(e, 0);
                }
            }
        }

        /** Whether the last edge was an epoch's. */
        private boolean afterEpoch() {
            return state.step % 2 == 0 && state.epochs == state.step / 2;
        }

        private void step(Collectives all) {
            var buffer = ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
            for (int i = 0; i < floats; i++) {
                buffer.putFloat(i * Float.BYTES, gradient(state.hash, rank, i));
            }
            wished = owed || chance.oneIn(4);
            if (wished && !owed) {
                all.wish(Wish.CHECKPOINT);
            }
            if (toStop) {
                asked.add(rank);
                all.wish(Wish.LEAVE);
            }
            double tally = all.allReduce(buffer, rank + 1);
            var sum = new float[floats];
            buffer.asFloatBuffer().get(sum);
            state.step(sum, tally);
            all.edge();
        }

        private void afterStep(Collectives all) {
            var wishes = all.wishes();
            if (wishes.contains(Wish.LEAVE) || wishes.contains(Wish.STOP) && asked.size() < size) {
                throw new AssertionError(this + " hears " + wishes + ", and these were asked to stop: " + asked);
            }
            if (wishes.contains(Wish.STOP)) {
                stopped = true;
                try {
                    all.allGather(new byte[] {4}, FOR_EVER.late());
                } catch (Failure e) {
                    if (e.reason() != Reason.PeerLost) {
                        throw e;
                    }
                }
                return;
            }
            boolean granted = wishes.contains(Wish.CHECKPOINT);
            if (owed && !granted) {
                throw new AssertionError(this + " has wished for a checkpoint in vain");
            }
            owed = wished && !granted;
            if (granted) {
                var mine = ByteBuffer.allocate(Long.BYTES).putLong(state.hash).array();
                for (var each : all.allGather(mine, FOR_EVER.late())) {
                    if (!Arrays.equals(mine, each)) {
                        throw new AssertionError(this + " holds another state than its peers");
                    }
                }
            }
            if (toStop && chance.oneIn(3)) {
                leave();
            }
        }

        @Override
        public Ring next(Failure found, long operation) {
            ring = null;
            if (toStop && chance.oneIn(3)) {
                leave();
            }
            // Who has heard of a later term already has lost nobody.
            waitsAfter = joined;
            return join();
        }

        @Override
        public void recovered(long operation) {
            recoveries++;
        }

        private Ring join() {
            while (true) {
                actor.await(() -> newest != null && newest.term() > joined);
                var message = newest;
                joined = message.term();
                var peers = message.members();
                var next = peers[(rank + 1) % size];
                var previous = peers[(rank + size - 1) % size];
                toNext = pipe(joined, this, next);
                fromPrevious = pipe(joined, previous, this);
                actor.await(() -> next.joined == message.term() && previous.joined == message.term()
                        || next.joined > message.term()
                        || previous.joined > message.term()
                        || newest.term() > message.term());
                if (next.joined == message.term()
                        && previous.joined == message.term()
                        && newest.term() == message.term()) {
                    waitsAfter = 0;
                    ring = ring(message);
                    return ring;
                }
                // A peer of another term refuses this one.
                waitsAfter = joined;
                toNext.cut(toNext.underWay());
                fromPrevious.cut(fromPrevious.underWay());
            }
        }

        private Ring ring(Message message) {
            var key = new SecretKeySpec(new byte[16], "AES");
            var peers = IntStream.range(0, size)
                    .mapToObj(each -> new Peer(each, "rank-" + each, 1))
                    .toList();
            var membership = new Membership("job", message.term(), rank, peers, key);
            var in = fromPrevious;
            var out = toNext;
            var waiting = new Waiting() {
                private boolean woken;

                @Override
                public void await(boolean receives, boolean sends, long millis) {
                    // What is waited for a moment may be over before anything has happened.
                    boolean moment = millis <= Neighbours.SHORT.toMillis();
                    actor.await(() -> woken
                            || moment
                            || receives && in.readable()
                            || sends && out.writable()
                            || !receives && !sends);
                    woken = false;
                }

                @Override
                public void wakeUp() {
                    woken = true;
                }

                @Override
                public void close() {}
            };
            var neighbours = new Neighbours(
                    membership,
                    FOR_EVER,
                    new Link<>(out.channel(), key, frames),
                    new Link<>(in.channel(), key, frames),
                    waiting);
            return new Ring(membership, FOR_EVER, neighbours, shortSum);
        }

        @Override
        public void write(OutputStream out) throws IOException {
            var fields = new DataOutputStream(out);
            fields.writeInt(state.step);
            fields.writeInt(state.epochs);
            fields.writeLong(state.hash);
            fields.flush();
        }

        @Override
        public void read(InputStream in) throws IOException {
            var fields = new DataInputStream(in);
            state.step = fields.readInt();
            state.epochs = fields.readInt();
            state.hash = fields.readLong();
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
