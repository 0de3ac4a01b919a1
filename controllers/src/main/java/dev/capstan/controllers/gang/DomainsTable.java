package dev.capstan.controllers.gang;

import java.util.HashMap;
import java.util.Map;

/** The labels by which waiting gangs want to be together, each with its domains, for as long as one asks for it. */
final class DomainsTable {
    private final NodeTable nodes;
    private final Map<String, Used> used = new HashMap<>();

    private static final class Used {
        final Domains domains;
        int users;

        Used(Domains domains) {
            this.domains = domains;
        }
    }

    DomainsTable(NodeTable nodes) {
        this.nodes = nodes;
    }

    /** How many domains there are of all labels. */
    int count() {
        return used.values().stream().mapToInt(its -> its.domains.count()).sum();
    }

    /** The domains that a label divides the nodes into, kept up to date until {@link #release}, once for each call. */
    Domains use(String label) {
        var its = used.computeIfAbsent(label, name -> {
            var domains = new Domains(name);
            for (int row = 0; row < nodes.size(); row++) {
                if (nodes.node(row) != null) {
                    domains.put(row, nodes.node(row));
                }
            }
            return new Used(domains);
        });
        its.users++;
        return its.domains;
    }

    /** Answers whether nobody uses them any more. */
    boolean release(Domains domains) {
        var its = used.get(domains.label());
        its.users--;
        if (its.users > 0) {
            return false;
        }
        used.remove(domains.label());
        return true;
    }

    void put(int row, ClusterView.Node node) {
        used.values().forEach(its -> its.domains.put(row, node));
    }

    void remove(int row) {
        used.values().forEach(its -> its.domains.remove(row));
    }

    /** Forgets the values that no node has any more; answers whether domains have other numbers now. */
    boolean compact() {
        boolean compacted = false;
        for (var its : used.values()) {
            compacted |= its.domains.compact();
        }
        return compacted;
    }
}
