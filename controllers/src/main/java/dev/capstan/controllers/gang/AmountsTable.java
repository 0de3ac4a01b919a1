package dev.capstan.controllers.gang;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** What is asked for now, by number: in a cluster most pods ask for the same as many others, and share one object. */
final class AmountsTable {
    private final ResourceNumbers numbers;
    private final Map<Resources, Amounts> known = new HashMap<>();
    private final Map<Amounts, Use> uses = new IdentityHashMap<>();

    private static final class Use {
        final Resources asked;
        int users;

        Use(Resources asked) {
            this.asked = asked;
        }
    }

    AmountsTable(ResourceNumbers numbers) {
        this.numbers = numbers;
    }

    /** Amounts by number until {@link #release}, once for each call. */
    Amounts use(Resources asked) {
        var amounts = known.computeIfAbsent(asked, this::numbered);
        uses.computeIfAbsent(amounts, added -> new Use(asked)).users++;
        return amounts;
    }

    /** @param vacant is told of each number that was theirs alone */
    void release(Amounts amounts, IntConsumer vacant) {
        var use = uses.get(amounts);
        use.users--;
        if (use.users == 0) {
            known.remove(use.asked);
            uses.remove(amounts);
            for (int number : amounts.resources()) {
                if (numbers.release(number)) {
                    vacant.accept(number);
                }
            }
        }
    }

    private Amounts numbered(Resources asked) {
        var wanted = asked.thousandths().entrySet().stream()
                .filter(each -> each.getValue() > 0)
                // Devices are what nodes have least of: looked at first, they decide soonest.
                .sorted(Map.Entry.comparingByKey(Resources.FOR_PEOPLE))
                .toList();
        var resources = new int[wanted.size()];
        var thousandths = new long[wanted.size()];
        for (int i = 0; i < resources.length; i++) {
            resources[i] = numbers.use(wanted.get(i).getKey());
            thousandths[i] = wanted.get(i).getValue();
        }
        return new Amounts(resources, thousandths);
    }
}
