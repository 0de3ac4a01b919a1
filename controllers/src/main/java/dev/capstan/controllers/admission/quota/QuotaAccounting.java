package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.Unit;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What is charged to whom: pods on nodes to the accounts of their namespace's quota. */
public final class QuotaAccounting {
    private final QuotaBook book;
    /** By the name of the quota. */
    private final Map<String, Rates> rates;

    /** By namespace, as far as somebody has asked; null for those under no quota. */
    private final Map<String, Rates> ofNamespace;

    private final Ledger ledger;

    /** A quota's flavors, by their numbers. */
    private static final class Rates {
        static final byte UNKNOWN = 0;
        static final byte NONE = -1;

        final Quota quota;
        /** Of each flavor, the numbers of the resources that are charged. */
        final int[][] resources;

        final int[][] accounts;
        final Unit[][] units;
        /** The flavor of each row's node, counted from 1. */
        byte[] flavorOfRow = new byte[0];

        Rates(Quota quota, Ledger ledger, NodeTable nodes) {
            this.quota = quota;
            int flavors = quota.flavors().size();
            resources = new int[flavors][];
            accounts = new int[flavors][];
            units = new Unit[flavors][];
            for (int number = 0; number < flavors; number++) {
                var flavor = quota.flavors().get(number);
                var names = flavor.limits().keySet();
                resources[number] = names.stream().mapToInt(nodes::resource).toArray();
                accounts[number] = names.stream()
                        .mapToInt(resource -> ledger.account(quota.name(), flavor.name(), resource))
                        .toArray();
                units[number] = names.stream().map(Unit::of).toArray(Unit[]::new);
            }
        }

        /** The number of the flavor that a node belongs to, the first that it matches; or -1. */
        int flavor(int row, ClusterView.Node node) {
            if (row >= flavorOfRow.length) {
                flavorOfRow = Arrays.copyOf(flavorOfRow, 2 * (row + 1));
            }
            if (flavorOfRow[row] == UNKNOWN) {
                flavorOfRow[row] = NONE;
                for (int number = quota.flavors().size() - 1; number >= 0; number--) {
                    if (PodShape.carries(
                            node.labels(), quota.flavors().get(number).nodeLabels())) {
                        flavorOfRow[row] = (byte) (number + 1);
                    }
                }
            }
            return flavorOfRow[row] == NONE ? -1 : flavorOfRow[row] - 1;
        }
    }

    private QuotaAccounting(QuotaBook book, Map<String, Rates> rates, Map<String, Rates> ofNamespace, Ledger ledger) {
        this.book = book;
        this.rates = rates;
        this.ofNamespace = ofNamespace;
        this.ledger = ledger;
    }

    /** Nothing is charged yet; it is for nodes with the labels that they have now. */
    public static QuotaAccounting none(QuotaBook book, NodeTable nodes) {
        var ledger = new Ledger(book.quotas());
        var rates = new HashMap<String, Rates>();
        book.quotas().forEach(quota -> rates.put(quota.name(), new Rates(quota, ledger, nodes)));
        return new QuotaAccounting(book, rates, new HashMap<>(), ledger);
    }

    /** The same, to be changed on its own. */
    public QuotaAccounting copy() {
        return new QuotaAccounting(book, rates, ofNamespace, ledger.copy());
    }

    public QuotaBook book() {
        return book;
    }

    public Ledger ledger() {
        return ledger;
    }

    /** The name of the quota that a namespace is under. */
    public Optional<String> quotaOf(String namespace) {
        return book.quotaOf(namespace);
    }

    /** A quota by which jobs can be admitted, stopped or not; empty for one that contradicts another. */
    public Optional<Quota> named(String quota) {
        return Optional.ofNullable(rates.get(quota)).map(its -> its.quota);
    }

    /** QuotaAccounting what so many pods take on a node, or gives it back if negative; nothing if there is no node. */
    public void add(String namespace, int row, ClusterView.Node node, Amounts each, int pods) {
        forEach(namespace, row, node, each, (account, amount) -> ledger.use(account, amount * pods));
    }

    /** One of a job's pods is no longer its, because the job has ended. */
    public void ended(String namespace, int row, ClusterView.Node node, Amounts each) {
        forEach(namespace, row, node, each, ledger::ended);
    }

    private interface Charge {
        void of(int account, long amount);
    }

    /** What a pod on a node is charged to, and how much of it. */
    private void forEach(String namespace, int row, ClusterView.Node node, Amounts each, Charge charge) {
        if (rates.isEmpty() || node == null) {
            return;
        }
        var its = ofNamespace.get(namespace);
        if (its == null && !ofNamespace.containsKey(namespace)) {
            its = book.quotaOf(namespace).map(rates::get).orElse(null);
            ofNamespace.put(namespace, its);
        }
        int flavor = its == null ? -1 : its.flavor(row, node);
        if (flavor >= 0) {
            for (int i = 0; i < its.accounts[flavor].length; i++) {
                long amount = each.of(its.resources[flavor][i]);
                if (amount != 0) {
                    charge.of(its.accounts[flavor][i], its.units[flavor][i].count(amount));
                }
            }
        }
    }

    /**
     * One flavor under which a gang may be admitted.
     *
     * @param flavor empty if it is charged to none, and may go anywhere
     * @param earlier labels of the flavors that come before it in the quota
     * @param accounts of the quota that the gang is charged to
     * @param amounts for each account what all pods take together, in its resource's unit
     */
    public record Option(
            Optional<Quota.Flavor> flavor, List<Map<String, String>> earlier, int[] accounts, long[] amounts) {
        public static final Option FREE = new Option(Optional.empty(), List.of(), new int[0], new long[0]);
    }

    /**
     * The flavors that list all that a gang has to answer for: its devices, and whatever else some flavor lists. A gang
     * that has to answer for nothing may go anywhere.
     */
    public List<Option> options(Quota quota, Resources each, int size) {
        var listed = new TreeSet<String>();
        quota.flavors().forEach(flavor -> listed.addAll(flavor.limits().keySet()));
        var controlled = new LinkedHashMap<String, Long>();
        each.thousandths().forEach((resource, amount) -> {
            if (amount > 0 && (Resources.isDevice(resource) || listed.contains(resource))) {
                controlled.put(resource, Unit.of(resource).count(amount) * size);
            }
        });
        if (controlled.isEmpty()) {
            return List.of(Option.FREE);
        }
        var options = new ArrayList<Option>();
        var earlier = new ArrayList<Map<String, String>>();
        for (var flavor : quota.flavors()) {
            if (flavor.limits().keySet().containsAll(controlled.keySet())) {
                options.add(new Option(
                        Optional.of(flavor),
                        List.copyOf(earlier),
                        controlled.keySet().stream()
                                .mapToInt(resource -> ledger.account(quota.name(), flavor.name(), resource))
                                .toArray(),
                        controlled.values().stream().mapToLong(Long::longValue).toArray()));
            }
            earlier.add(flavor.nodeLabels());
        }
        return options;
    }
}
