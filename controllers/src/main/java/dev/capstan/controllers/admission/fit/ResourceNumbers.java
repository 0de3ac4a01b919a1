package dev.capstan.controllers.admission.fit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers for the names of resources. A name that nodes offer or quotas list has its number for good: admins give
 * those. One that is only asked for, which anybody may make up, has it for as long as somebody asks.
 */
final class ResourceNumbers {
    private final Map<String, Integer> numbers = new HashMap<>();
    /** By number; null for one that is vacant. */
    private final List<Known> known = new ArrayList<>();

    private final List<Integer> vacant = new ArrayList<>();

    private static final class Known {
        final String name;
        int users;
        boolean forGood;

        Known(String name) {
            this.name = name;
        }
    }

    /** All numbers, vacant ones too, are below it. */
    int size() {
        return known.size();
    }

    /** The number of a name, for good. */
    int forGood(String name) {
        int number = number(name);
        known.get(number).forGood = true;
        return number;
    }

    /** The number of a name until {@link #release}, once for each call. */
    int use(String name) {
        int number = number(name);
        known.get(number).users++;
        return number;
    }

    /** Answers whether the number is vacant now. */
    boolean release(int number) {
        var its = known.get(number);
        its.users--;
        if (its.users > 0 || its.forGood) {
            return false;
        }
        numbers.remove(its.name);
        known.set(number, null);
        vacant.add(number);
        return true;
    }

    String name(int number) {
        return known.get(number).name;
    }

    private int number(String name) {
        return numbers.computeIfAbsent(name, unknown -> {
            var added = new Known(unknown);
            if (vacant.isEmpty()) {
                known.add(added);
                return known.size() - 1;
            }
            int number = vacant.removeLast();
            known.set(number, added);
            return number;
        });
    }
}
