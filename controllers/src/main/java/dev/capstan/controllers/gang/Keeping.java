package dev.capstan.controllers.gang;

import java.util.LinkedHashMap;
import java.util.Map;

/** What is kept for one gang, so far as it is there to be kept. */
final class Keeping {
    final Reservation reservation;
    private final Room room;
    /** By row, what was taken out of what is free: an amount for each resource. */
    private final Map<Integer, long[]> rows = new LinkedHashMap<>();

    private final long[] quota;

    /** Nothing is kept until {@link #keep}. */
    Keeping(Reservation reservation, Room room) {
        this.reservation = reservation;
        this.room = room;
        quota = new long[reservation.accounts().length];
    }

    /** Whether all that is to be kept can be: somebody who comes before may have taken of it. */
    static boolean isThere(Reservation reservation, Room room) {
        var free = room.free();
        for (var each : reservation.kept()) {
            int row = room.nodes().row(each.node());
            var wanted = each.thousandths();
            for (int i = 0; i < wanted.length; i++) {
                if (wanted[i] > 0 && free[each.each().resources()[i]][row] < wanted[i]) {
                    return false;
                }
            }
        }
        return true;
    }

    void keep() {
        var free = room.free();
        for (var each : reservation.kept()) {
            int row = room.nodes().row(each.node());
            var wanted = each.thousandths();
            var taken = new long[free.length];
            for (int i = 0; i < wanted.length; i++) {
                int resource = each.each().resources()[i];
                taken[resource] = Math.clamp(free[resource][row], 0, wanted[i]);
            }
            rows.put(row, taken);
            room.take(row, taken);
        }
        var ledger = room.charges().ledger();
        for (int i = 0; i < quota.length; i++) {
            quota[i] = reservation.keptQuota(i, ledger);
            ledger.use(reservation.accounts()[i], quota[i]);
        }
    }

    void letGo() {
        rows.forEach(room::giveBack);
        rows.clear();
        for (int i = 0; i < quota.length; i++) {
            room.charges().ledger().use(reservation.accounts()[i], -quota[i]);
            quota[i] = 0;
        }
    }

    /** Adds what it keeps, by row. */
    void addTo(Map<Integer, long[]> merged) {
        rows.forEach((row, taken) -> {
            var sum = merged.computeIfAbsent(row, name -> new long[taken.length]);
            for (int i = 0; i < taken.length; i++) {
                sum[i] += taken[i];
            }
        });
    }

    /** Adds what it will take and isn't there yet, by row. */
    void promise(Map<Integer, long[]> promised) {
        for (var each : reservation.kept()) {
            int row = room.nodes().row(each.node());
            var taken = rows.get(row);
            var sum = promised.computeIfAbsent(row, name -> new long[taken.length]);
            for (int i = 0; i < each.returning().length; i++) {
                int resource = each.each().resources()[i];
                sum[resource] += each.each().thousandths()[i] * each.pods() - taken[resource];
            }
        }
    }

    /** Whoever looks next has to count its rows anew. */
    void touch() {
        rows.keySet().forEach(room.nodes()::touched);
    }
}
