package dev.capstan.controllers.admission.forecast;

import dev.capstan.controllers.admission.capacity.CycleCapacity;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.queue.QuotaFlavor;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** For whom one pass keeps what, in the order of their turns: who comes first keeps first. */
public final class ActiveReservations {
    private final CycleCapacity capacity;
    private final Map<QuotaFlavor, ActiveReservation> byKey = new LinkedHashMap<>();

    /** Nothing is kept yet. */
    public ActiveReservations(CycleCapacity capacity) {
        this.capacity = capacity;
    }

    /** Keeps for it what is there of it. */
    public void keep(Reservation reservation) {
        var kept = new ActiveReservation(reservation, capacity);
        byKey.put(reservation.key(), kept);
        kept.keep();
    }

    /** Whether something is kept for the first of this quota and flavor already. */
    public boolean hasOne(QuotaFlavor key) {
        return byKey.containsKey(key);
    }

    public Collection<ActiveReservation> all() {
        return byKey.values();
    }

    public Map<QuotaFlavor, Reservation> reservations() {
        var all = new LinkedHashMap<QuotaFlavor, Reservation>();
        byKey.forEach((key, kept) -> all.put(key, kept.reservation));
        return all;
    }

    public List<ActiveReservation> those(Predicate<Reservation> some) {
        return byKey.values().stream()
                .filter(each -> some.test(each.reservation))
                .toList();
    }

    /**
     * Does something while these keep nothing; they keep again what is left then. No row has more capacity than before.
     */
    public static <T> T without(List<ActiveReservation> some, Supplier<T> work) {
        some.forEach(ActiveReservation::letGo);
        try {
            return work.get();
        } finally {
            some.forEach(ActiveReservation::keep);
        }
    }

    /** How much capacity a group's pods would have if nothing was kept. */
    public long totalWithKept(Fit fit) {
        var merged = new HashMap<Integer, long[]>();
        byKey.values().forEach(each -> each.addTo(merged));
        long total = fit.total();
        for (var row : merged.keySet()) {
            total += capacity.fitsWith(fit, row, merged.get(row)) - fit.pods()[row];
        }
        return total;
    }

    /** By row, what those that places are kept for will take of what comes back there, by resource. */
    public Map<Integer, long[]> promised() {
        var promised = new HashMap<Integer, long[]>();
        byKey.values().forEach(each -> each.promise(promised));
        return promised;
    }
}
