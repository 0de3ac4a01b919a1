package dev.capstan.controllers.admission.cluster;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Amounts of what a node has and a pod takes, by resource name, in thousandths: whole numbers add up exactly, and a
 * thousandth is the finest that Kubernetes tells apart. A name that is absent means none.
 */
public record Resources(SortedMap<String, Long> thousandths) {
    /** Nothing of anything. */
    public static final Resources NONE = new Resources(Collections.emptySortedMap());

    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
    /** For people: devices first, since they are what is scarce, then cpu, memory and the rest. */
    public static final Comparator<String> FOR_PEOPLE = Comparator.<String>comparingInt(
                    name -> isDevice(name) ? 0 : name.equals("cpu") ? 1 : name.equals("memory") ? 2 : 3)
            .thenComparing(Comparator.naturalOrder());

    /** Who takes more of what is scarcest comes first. */
    public static final Comparator<Resources> BIGGEST_FIRST = (one, other) -> {
        var names = new TreeSet<>(FOR_PEOPLE);
        names.addAll(one.thousandths.keySet());
        names.addAll(other.thousandths.keySet());
        for (var name : names) {
            int order = Long.compare(other.get(name), one.get(name));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    };

    /** What a node offers: fractions of a thousandth don't count. */
    public static Resources offered(Map<String, Quantity> quantities) {
        return of(quantities, RoundingMode.FLOOR);
    }

    /** What a pod asks for: fractions of a thousandth count as one. */
    public static Resources asked(Map<String, Quantity> quantities) {
        return of(quantities, RoundingMode.CEILING);
    }

    /** So many whole units of one resource. */
    public static Resources units(String name, long count) {
        return new Resources(new TreeMap<>(Map.of(name, count * 1000)));
    }

    private static Resources of(Map<String, Quantity> quantities, RoundingMode rounding) {
        if (quantities == null || quantities.isEmpty()) {
            return NONE;
        }
        var amounts = new TreeMap<String, Long>();
        quantities.forEach((name, quantity) -> {
            var exact = quantity.getNumericalAmount().multiply(THOUSAND).setScale(0, rounding);
            // Saturates: a node that claims more than 9 exabytes is told apart from nothing.
            amounts.put(name, exact.min(BigDecimal.valueOf(Long.MAX_VALUE / 4)).longValueExact());
        });
        return new Resources(amounts);
    }

    /** The amount of one resource, in thousandths. */
    public long get(String name) {
        return thousandths.getOrDefault(name, 0L);
    }

    public Resources plus(Resources other) {
        return combined(other, 1);
    }

    /** The difference; negative where other has more. */
    public Resources minus(Resources other) {
        return combined(other, -1);
    }

    private Resources combined(Resources other, long sign) {
        if (other.thousandths.isEmpty()) {
            return this;
        }
        var sum = new TreeMap<>(thousandths);
        other.thousandths.forEach((name, amount) -> sum.merge(name, sign * amount, Long::sum));
        return new Resources(sum);
    }

    /** For each resource the bigger of both amounts. */
    public Resources max(Resources other) {
        var bigger = new TreeMap<>(thousandths);
        other.thousandths.forEach((name, amount) -> bigger.merge(name, amount, Math::max));
        return new Resources(bigger);
    }

    /** So many times the amounts. */
    public Resources times(int count) {
        var product = new TreeMap<String, Long>();
        thousandths.forEach((name, amount) -> product.put(name, amount * count));
        return new Resources(product);
    }

    /** Whether a resource is a device: one of somebody's domain, such as nvidia.com/gpu. */
    public static boolean isDevice(String name) {
        return name.indexOf('/') >= 0;
    }

    /** For people: {@code 1 nvidia.com/gpu, 4 cpu, 16Gi memory}. The number of pods goes without saying. */
    @Override
    public String toString() {
        return thousandths.entrySet().stream()
                .filter(amount -> amount.getValue() != 0 && !amount.getKey().equals("pods"))
                .sorted(Map.Entry.comparingByKey(FOR_PEOPLE))
                .map(amount -> amount(amount.getKey(), amount.getValue()) + " " + amount.getKey())
                .collect(Collectors.joining(", "));
    }

    /** An amount in the unit that people use for this resource. */
    public static String amount(String name, long thousandths) {
        return amount(name, thousandths / 1000, thousandths % 1000);
    }

    /** An amount on a quota's account. */
    public static String counted(String name, long amount) {
        int perOne = Unit.of(name).perOne();
        return amount(name, amount / perOne, amount % perOne * (1000 / perOne));
    }

    /** The same, of so many whole units and less than a thousand thousandths. */
    public static String amount(String name, long units, long thousandths) {
        if (Unit.isBytes(name)) {
            return bytes(units);
        }
        return thousandths == 0 ? Long.toString(units) : units * 1000 + thousandths + "m";
    }

    private static String bytes(long bytes) {
        String[] units = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
        int unit = 0;
        long rest = bytes;
        // Exact while it can be; a node's odd number of bytes is rounded down once it is in the thousands of a unit.
        while (unit < units.length - 1 && (Math.abs(rest) >= 10_240 || (rest != 0 && rest % 1024 == 0))) {
            rest /= 1024;
            unit++;
        }
        return rest + units[unit];
    }
}
