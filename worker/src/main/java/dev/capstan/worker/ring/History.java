package dev.capstan.worker.ring;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What a rank knows of an attempt's operations: how many are done, and what the last ones came to. */
final class History {
    /** Two sums at a time: the one that is under way, and the last. */
    private final ByteBuffer[] memory = {ByteBuffer.allocateDirect(0), ByteBuffer.allocateDirect(0)};

    /** What gathers since the last edge came to. */
    private final List<Kept> gathers = new ArrayList<>();
    /** Null before the first operation, and of a newcomer that came just after an edge. */
    private Kept last;

    private long completed;
    private long answered;

    private History(long completed) {
        this.completed = completed;
        answered = completed;
    }

    static History ofTheFirst() {
        return new History(0);
    }

    static History ofABeginner() {
        return new History(Standing.BEGINNER);
    }

    static History ofANewcomer() {
        return new History(Standing.NEWCOMER);
    }

    /** Operations whose results are here. */
    long completed() {
        return completed;
    }

    Kept last() {
        return last;
    }

    /**
     * What operations since the last edge came to, in order: gathers, and at their end a sum if its result is here and
     * was not answered yet, so that the state is still without it.
     */
    List<Kept> sinceEdge() {
        var all = new ArrayList<>(gathers);
        if (ahead() && last.sum()) {
            all.add(last);
        }
        return all;
    }

    /** Whether the result of the next operation is here already. */
    boolean ahead() {
        return answered < completed;
    }

    /** The result of the next operation, which is here. */
    Kept answer() {
        answered++;
        return answered == completed
                ? last
                : gathers.get((int) (answered - gathers.getFirst().operation()));
    }

    /** The next operation is complete. */
    void complete(ByteBuffer bytes, Header.Rider rider, boolean sum) {
        completed++;
        last = new Kept(completed, bytes, rider, sum);
        if (!sum) {
            gathers.add(last);
        }
    }

    /** The state has advanced. */
    void edge() {
        gathers.clear();
    }

    /**
     * A newcomer has the state of the last edge.
     *
     * @param newCompleted operations that its source has completed
     * @param sinceEdge what those since the edge came to
     */
    void takeOver(long newCompleted, List<Kept> sinceEdge) {
        gathers.clear();
        sinceEdge.stream().filter(each -> !each.sum()).forEach(gathers::add);
        last = sinceEdge.isEmpty() ? null : sinceEdge.getLast();
        completed = newCompleted;
        answered = completed - sinceEdge.size();
    }

    /** Memory for a sum, used from 0 to its limit; not that of the last one. */
    ByteBuffer room(int bytes) {
        int free = last != null && last.bytes() == memory[0] ? 1 : 0;
        if (memory[free].capacity() < bytes) {
            memory[free] = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }
        return memory[free].clear().limit(bytes);
    }
}
