package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.cluster.Resources;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** What is asked for now, by number: in a cluster most pods ask for the same as many others, and share one object. */
final class AmountsTable {
    private final ResourceNumbers numbers;
    private final Shared<Resources, Amounts> used = new Shared<>();
    /** What was asked for, by the very object. */
    private final Map<Amounts, Resources> asked = new IdentityHashMap<>();

    AmountsTable(ResourceNumbers numbers) {
        this.numbers = numbers;
    }

    /** Amounts by number until {@link #release}, once for each call. */
    Amounts use(Resources resources) {
        return used.use(resources, this::numbered);
    }

    /** @param vacant is told of each number that was theirs alone */
    void release(Amounts amounts, IntConsumer vacant) {
        if (used.release(asked.get(amounts))) {
            asked.remove(amounts);
            for (int number : amounts.resources()) {
                if (numbers.release(number)) {
                    vacant.accept(number);
                }
            }
        }
    }

    private Amounts numbered(Resources wanted) {
        var each = wanted.thousandths().entrySet().stream()
                .filter(amount -> amount.getValue() > 0)
                // Devices are what nodes have least of: looked at first, they decide soonest.
                .sorted(Map.Entry.comparingByKey(Resources.FOR_PEOPLE))
                .toList();
        var resources = new int[each.size()];
        var thousandths = new long[each.size()];
        for (int i = 0; i < resources.length; i++) {
            resources[i] = numbers.use(each.get(i).getKey());
            thousandths[i] = each.get(i).getValue();
        }
        var amounts = new Amounts(resources, thousandths);
        asked.put(amounts, wanted);
        return amounts;
    }
}
