package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.cluster.ClusterView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How one label divides the nodes: those with the same value are one domain, those without the label in none. */
public final class Domains {
    /** By this label each node is a domain of its own, also one that somebody registered without it. */
    public static final String HOSTNAME = "kubernetes.io/hostname";

    private static final int NONE = -1;
    /** Fewer than this aren't worth to be cleared away. */
    private static final int MANY_EMPTY = 64;

    private final String label;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private final List<int[]> members = new ArrayList<>();
    private int[] domainOf = new int[0];
    /** How many domains have no node. */
    private int empty;

    Domains(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** How many domains there are; some may have no node any more. */
    public int count() {
        return names.size();
    }

    /** The value of the label. */
    public String name(int domain) {
        return names.get(domain);
    }

    /** The domain of a row, or -1. */
    public int of(int row) {
        return row < domainOf.length ? domainOf[row] : NONE;
    }

    /** The rows of a domain, in the order of their numbers. */
    int[] members(int domain) {
        return members.get(domain);
    }

    /** The value that a node has of a label; null if it has none. */
    static String value(String label, ClusterView.Node node) {
        var value = node.labels().get(label);
        return value == null && label.equals(HOSTNAME) ? node.name() : value;
    }

    void put(int row, ClusterView.Node node) {
        var value = value(label, node);
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
            empty -= more.length == 1 ? 1 : 0;
            more[more.length - 1] = row;
            Arrays.sort(more);
            members.set(domain, more);
        }
    }

    void remove(int row) {
        int domain = of(row);
        if (domain != NONE) {
            var fewer = Arrays.stream(members.get(domain))
                    .filter(member -> member != row)
                    .toArray();
            empty += fewer.length == 0 ? 1 : 0;
            members.set(domain, fewer);
            domainOf[row] = NONE;
        }
    }

    private int number(String value) {
        return numbers.computeIfAbsent(value, name -> {
            names.add(name);
            members.add(new int[0]);
            empty++;
            return names.size() - 1;
        });
    }

    /**
     * Forgets the values that no node has any more, once those are most: where nodes come and go, each with a name of
     * its own, there is no end of them. The others keep their order.
     *
     * @return whether they have other numbers now
     */
    boolean compact() {
        if (empty < MANY_EMPTY || empty <= names.size() / 2) {
            return false;
        }
        int kept = 0;
        for (int domain = 0; domain < names.size(); domain++) {
            if (members.get(domain).length == 0) {
                numbers.remove(names.get(domain));
            } else {
                numbers.put(names.get(domain), kept);
                names.set(kept, names.get(domain));
                members.set(kept, members.get(domain));
                for (int row : members.get(kept)) {
                    domainOf[row] = kept;
                }
                kept++;
            }
        }
        names.subList(kept, names.size()).clear();
        members.subList(kept, members.size()).clear();
        empty = 0;
        return true;
    }
}
