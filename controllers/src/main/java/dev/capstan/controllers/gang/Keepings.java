package dev.capstan.controllers.gang;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** For whom one pass keeps what, in the order of their turns: who comes first keeps first. */
final class Keepings {
    private final Room room;
    private final Map<Reservation.Key, Keeping> byKey = new LinkedHashMap<>();

    /** Nothing is kept yet. */
    Keepings(Room room) {
        this.room = room;
    }

    /** Keeps for it what is there of it. */
    void keep(Reservation reservation) {
        var kept = new Keeping(reservation, room);
        byKey.put(reservation.key(), kept);
        kept.keep();
    }

    /** Whether something is kept for the first of this quota and flavor already. */
    boolean hasOne(Reservation.Key key) {
        return byKey.containsKey(key);
    }

    Collection<Keeping> all() {
        return byKey.values();
    }

    Map<Reservation.Key, Reservation> reservations() {
        var all = new LinkedHashMap<Reservation.Key, Reservation>();
        byKey.forEach((key, kept) -> all.put(key, kept.reservation));
        return all;
    }

    List<Keeping> those(Predicate<Reservation> some) {
        return byKey.values().stream()
                .filter(each -> some.test(each.reservation))
                .toList();
    }

    /** Does something while these keep nothing; they keep again what is left then. No row has more room than before. */
    static <T> T without(List<Keeping> some, Supplier<T> work) {
        some.forEach(Keeping::letGo);
        try {
            return work.get();
        } finally {
            some.forEach(Keeping::keep);
        }
    }

    /** How much room a line's pods would have if nothing was kept. */
    long totalWithKept(Fit fit) {
        var merged = new HashMap<Integer, long[]>();
        byKey.values().forEach(each -> each.addTo(merged));
        long total = fit.total();
        for (var row : merged.keySet()) {
            total += room.fitsWith(fit, row, merged.get(row)) - fit.pods()[row];
        }
        return total;
    }

    /** By row, what those that places are kept for will take of what comes back there, by resource. */
    Map<Integer, long[]> promised() {
        var promised = new HashMap<Integer, long[]>();
        byKey.values().forEach(each -> each.promise(promised));
        return promised;
    }
}
