package dev.capstan.e2e;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A fault that comes over a job.
 *
 * @param share of the job's steps that are done when it comes, from 0 to 1
 * @param kind what happens
 * @param rank whom it hits first
 * @param chance decides by what is left open, from 0 to 1
 */
record Fault(double share, Kind kind, int rank, double chance) {
    /** No fault comes before the training has begun well, or so late that the next one finds it over. */
    private static final double FIRST = 0.04;

    private static final double LAST = 0.84;

    /** What may happen. */
    enum Kind {
        /** A worker's process is killed. */
        KILL,
        /** That of rank 0 is. */
        LEADER,
        /** Two are, at once. */
        TWO,
        /** All are: the job goes on from its last checkpoint. */
        ALL(true),
        /**
         * A pod is deleted by force. Its kubelet still asks the worker to end and leaves it all of its time (kubernetes
         * issue 120449): it lives on while another takes its rank.
         */
        DELETE,
        /** A pod is evicted, with all of its time to end: it works on for a while, and leaves between two steps. */
        EVICT,
        /** A worker is killed while the validation split is measured. */
        VALIDATION,
        /** One is while rank 0 writes a checkpoint. */
        CHECKPOINT,
        /** One is, and another one while the gang is re-formed. */
        REFORMING,
        /** A node is cut off from all others, and is reached again later. */
        CUT(true),
        /** A spare is killed that has no rank: nobody waits for it. */
        SPARE;

        /** Whether another attempt may follow, rather than another worker in the place of each. */
        private final boolean anew;

        Kind() {
            this(false);
        }

        Kind(boolean anew) {
            this.anew = anew;
        }

        boolean mayBeginAnew() {
            return anew;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** @throws IllegalArgumentException with the names that there are */
        static Kind of(String name) {
            return Arrays.stream(values())
                    .filter(each -> each.toString().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            name + " is no fault: there are " + Arrays.toString(values())));
        }
    }

    /**
     * So many faults, in the order in which they come: each kind once, as far as there are enough of them, and then
     * any.
     *
     * @param kinds that there may be
     * @param ranks of the job
     */
    static List<Fault> plan(long seed, int count, List<Kind> kinds, int ranks) {
        var random = new Random(seed);
        var order = new ArrayList<>(kinds);
        Collections.shuffle(order, random);
        var shares = random.doubles(count, FIRST, LAST).sorted().toArray();
        var chosen = new ArrayList<Kind>();
        for (int i = 0; i < count; i++) {
            chosen.add(i < order.size() ? order.get(i) : order.get(random.nextInt(order.size())));
        }
        Collections.shuffle(chosen, random);
        var faults = new ArrayList<Fault>();
        for (int i = 0; i < count; i++) {
            var kind = chosen.get(i);
            int rank = kind == Kind.LEADER || kind == Kind.CHECKPOINT ? 0 : random.nextInt(ranks);
            faults.add(new Fault(shares[i], kind, rank, random.nextDouble()));
        }
        return List.copyOf(faults);
    }

    /** Another rank than the first one. */
    int other(int ranks) {
        return (rank + 1 + (int) (chance * (ranks - 1))) % ranks;
    }

    /** Whom it hits at once. */
    List<Integer> hit(int ranks) {
        return switch (kind) {
            case TWO -> Stream.of(rank, other(ranks)).sorted().toList();
            case ALL -> Stream.iterate(0, each -> each + 1).limit(ranks).toList();
            case KILL, LEADER, DELETE, EVICT, VALIDATION, CHECKPOINT, REFORMING, CUT, SPARE -> List.of(rank);
        };
    }
}
