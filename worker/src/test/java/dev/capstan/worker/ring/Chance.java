package dev.capstan.worker.ring;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is left to chance in a simulation. */
interface Chance {
    /** One of so many, counted from 0. */
    int among(int count);

    /** Whether something happens that does so once in so many times. */
    boolean oneIn(int times);

    /** One of so many, counted from 0, once in so many times; else -1. */
    int rarely(int times, int count);

    /** Drawn; a seed gives the same again. */
    static Chance of(Random random) {
        return new Chance() {
            @Override
            public int among(int count) {
                return random.nextInt(count);
            }

            @Override
            public boolean oneIn(int times) {
                return random.nextInt(times) == 0;
            }

            @Override
            public int rarely(int times, int count) {
                return oneIn(times) ? among(count) : -1;
            }
        };
    }

    /**
     * Nothing happens and the first is taken, but at some places: so all schedules can be run that deviate from that so
     * often at most (Emmi, Qadeer and Rakamarić 2011, doi:10.1145/1926385.1926432).
     */
    final class Deviating implements Chance {
        /** More are much like these. */
        private static final int MOST_ALTERNATIVES = 3;

        private final List<Deviation> deviations;
        private final List<Integer> options = new ArrayList<>();
        private int next;

        /**
         * @param place which choice, counted from 0
         * @param choice other than 0
         */
        record Deviation(int place, int choice) {}

        /** @param deviations by their places */
        Deviating(List<Deviation> deviations) {
            this.deviations = deviations;
        }

        @Override
        public int among(int count) {
            return choose(Math.min(count, MOST_ALTERNATIVES));
        }

        private int choose(int count) {
            int place = options.size();
            options.add(count);
            if (next < deviations.size() && deviations.get(next).place() == place) {
                return deviations.get(next++).choice();
            }
            return 0;
        }

        @Override
        public boolean oneIn(int times) {
            return choose(2) == 1;
        }

        @Override
        public int rarely(int times, int count) {
            return choose(count + 1) - 1;
        }

        /** What deviates once more, later than all of these. */
        List<List<Deviation>> further() {
            var all = new ArrayList<List<Deviation>>();
            int from = deviations.isEmpty() ? 0 : deviations.getLast().place() + 1;
            for (int place = from; place < options.size(); place++) {
                for (int choice = 1; choice < options.get(place); choice++) {
                    var more = new ArrayList<>(deviations);
                    more.add(new Deviation(place, choice));
                    all.add(more);
                }
            }
            return all;
        }

        @Override
        public String toString() {
            return deviations.toString();
        }
    }
}
