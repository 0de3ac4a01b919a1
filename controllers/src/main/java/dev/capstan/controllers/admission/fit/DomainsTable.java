package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.cluster.ClusterView;

/** The labels by which waiting gangs want to be together, each with its domains, for as long as one asks for it. */
public final class DomainsTable {
    private final NodeTable nodes;
    private final Shared<String, Domains> used = new Shared<>();

    DomainsTable(NodeTable nodes) {
        this.nodes = nodes;
    }

    /** How many domains there are of all labels. */
    public int count() {
        return used.all().stream().mapToInt(Domains::count).sum();
    }

    /** The domains that a label divides the nodes into, kept up to date until {@link #release}, once for each call. */
    public Domains use(String label) {
        return used.use(label, name -> {
            var domains = new Domains(name);
            for (int row = 0; row < nodes.size(); row++) {
                if (nodes.node(row) != null) {
                    domains.put(row, nodes.node(row));
                }
            }
            return domains;
        });
    }

    /** Answers whether nobody uses them any more. */
    public boolean release(Domains domains) {
        return used.release(domains.label());
    }

    void put(int row, ClusterView.Node node) {
        used.all().forEach(each -> each.put(row, node));
    }

    void remove(int row) {
        used.all().forEach(each -> each.remove(row));
    }

    /** Forgets the values that no node has any more; answers whether domains have other numbers now. */
    boolean compact() {
        boolean compacted = false;
        for (var each : used.all()) {
            compacted |= each.compact();
        }
        return compacted;
    }
}
