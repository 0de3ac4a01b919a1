package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How one label divides the nodes: those with the same value are one domain, those without the label in none. */
final class Domains {
    /** By this label each node is a domain of its own, also one that somebody registered without it. */
    static final String HOSTNAME = "kubernetes.io/hostname";

    private static final int NONE = -1;

    private final String label;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private final List<int[]> members = new ArrayList<>();
    private int[] domainOf = new int[0];

    Domains(String label) {
        this.label = label;
    }

    /** How many domains there are; some may have no node any more. */
    int count() {
        return names.size();
    }

    /** The value of the label. */
    String name(int domain) {
        return names.get(domain);
    }

    /** The domain of a row, or -1. */
    int of(int row) {
        return row < domainOf.length ? domainOf[row] : NONE;
    }

    /** The rows of a domain, in the order of their numbers. */
    int[] members(int domain) {
        return members.get(domain);
    }

    void put(int row, ClusterView.Node node) {
        var value = node.labels().get(label);
        if (value == null && label.equals(HOSTNAME)) {
            value = node.name();
        }
        int domain = value == null ? NONE : number(value);
        if (domain == of(row)) {
            return;
        }
        remove(row);
        if (row >= domainOf.length) {
            int known = domainOf.length;
            domainOf = Arrays.copyOf(domainOf, 2 * (row + 1));
            Arrays.fill(domainOf, known, domainOf.length, NONE);
        }
        domainOf[row] = domain;
        if (domain != NONE) {
            var more = Arrays.copyOf(members.get(domain), members.get(domain).length + 1);
            more[more.length - 1] = row;
            Arrays.sort(more);
            members.set(domain, more);
        }
    }

    void remove(int row) {
        int domain = of(row);
        if (domain != NONE) {
            members.set(
                    domain,
                    Arrays.stream(members.get(domain))
                            .filter(member -> member != row)
                            .toArray());
            domainOf[row] = NONE;
        }
    }

    private int number(String value) {
        return numbers.computeIfAbsent(value, name -> {
            names.add(name);
            members.add(new int[0]);
            return names.size() - 1;
        });
    }
}
