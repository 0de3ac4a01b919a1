package dev.capstan.worker.ring;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/** Actors of which one runs at a time, until it waits; who runs next is left to chance. */
final class Turns {
    private final Chance chance;
    private final List<Actor> actors = new ArrayList<>();
    private final Semaphore back = new Semaphore(0);
    private Throwable failure;

    Turns(Chance chance) {
        this.chance = chance;
    }

    /** Thrown in an actor that is killed, wherever it waits. */
    static final class Killed extends Error {
        Killed() {
            super("killed", null, false, false);
        }
    }

    /** One who runs when it is its turn. */
    final class Actor {
        private final String name;
        private final Semaphore turn = new Semaphore(0);
        private final Thread thread;
        private BooleanSupplier ready = () -> true;
        private boolean killed;
        private boolean ended;

        private Actor(String name, Runnable body) {
            this.name = name;
            thread = Thread.ofVirtual().unstarted(() -> {
                turn.acquireUninterruptibly();
                try {
                    if (!killed) {
                        body.run();
                    }
                } catch (Killed e) {
                    // As asked.
                } catch (Throwable e) {
                    failure = failure == null ? e : failure;
                }
                ended = true;
                back.release();
            });
            thread.start();
        }

        boolean alive() {
            return !killed && !ended;
        }

        boolean ended() {
            return ended && !killed;
        }

        void kill() {
            killed = true;
        }

        /** Called by the actor itself. */
        void await(BooleanSupplier condition) {
            ready = condition;
            back.release();
            turn.acquireUninterruptibly();
            if (killed) {
                throw new Killed();
            }
        }

        private boolean runnable() {
            return !ended && (killed || ready.getAsBoolean());
        }

        private void run() {
            turn.release();
            back.acquireUninterruptibly();
        }

        @Override
        public String toString() {
            return name + (killed ? " (killed)" : ended ? " (ended)" : "");
        }
    }

    Actor start(String name, Runnable body) {
        var actor = new Actor(name, body);
        actors.add(actor);
        return actor;
    }

    /** Gives one actor its turn; false if nobody can go on. */
    boolean next() {
        var able = actors.stream().filter(Actor::runnable).toList();
        if (able.isEmpty()) {
            return false;
        }
        able.get(chance.among(able.size())).run();
        if (failure != null) {
            throw new AssertionError("an actor failed", failure);
        }
        return true;
    }

    /** Ends all that still wait. */
    void end() {
        actors.forEach(Actor::kill);
        actors.stream().filter(each -> !each.ended).forEach(Actor::run);
    }

    @Override
    public String toString() {
        return actors.toString();
    }
}
