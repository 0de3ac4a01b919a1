package dev.capstan.controllers.admission.forecast;

import dev.capstan.controllers.admission.capacity.CycleCapacity;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is kept for one gang, so far as it is there to be kept. */
public final class ActiveReservation {
    public final Reservation reservation;
    private final CycleCapacity capacity;
    /** By row, what was taken out of what is free: an amount for each resource. */
    private final Map<Integer, long[]> rows = new LinkedHashMap<>();

    private final long[] quota;

    /** Nothing is kept until {@link #keep}. */
    ActiveReservation(Reservation reservation, CycleCapacity capacity) {
        this.reservation = reservation;
        this.capacity = capacity;
        quota = new long[reservation.accounts().length];
    }

    /** Whether all that is to be kept can be: somebody who comes before may have taken of it. */
    public static boolean isThere(Reservation reservation, CycleCapacity capacity) {
        var free = capacity.free();
        for (var each : reservation.kept()) {
            int row = capacity.nodes().row(each.node());
            var wanted = each.left();
            for (int i = 0; i < wanted.length; i++) {
                if (wanted[i] > 0 && free[each.resources()[i]][row] < wanted[i]) {
                    return false;
                }
            }
        }
        return true;
    }

    void keep() {
        var free = capacity.free();
        for (var each : reservation.kept()) {
            int row = capacity.nodes().row(each.node());
            var wanted = each.left();
            var taken = new long[free.length];
            for (int i = 0; i < wanted.length; i++) {
                int resource = each.resources()[i];
                taken[resource] = Math.clamp(free[resource][row], 0, wanted[i]);
            }
            rows.put(row, taken);
            capacity.take(row, taken);
        }
        var ledger = capacity.accounting().ledger();
        for (int i = 0; i < quota.length; i++) {
            quota[i] = reservation.keptQuota(i, ledger);
            ledger.use(reservation.accounts()[i], quota[i]);
        }
    }

    void letGo() {
        rows.forEach(capacity::giveBack);
        rows.clear();
        for (int i = 0; i < quota.length; i++) {
            capacity.accounting().ledger().use(reservation.accounts()[i], -quota[i]);
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
            int row = capacity.nodes().row(each.node());
            var taken = rows.get(row);
            var sum = promised.computeIfAbsent(row, name -> new long[taken.length]);
            for (int i = 0; i < each.returning().length; i++) {
                int resource = each.resources()[i];
                sum[resource] += each.wanted()[i] - taken[resource];
            }
        }
    }

    /** Whoever looks next has to count its rows anew. */
    public void touch() {
        rows.keySet().forEach(capacity.nodes()::touched);
    }
}
