package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Amounts;
import dev.capstan.controllers.admission.fit.Domains;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.MixedFit;
import dev.capstan.controllers.admission.quota.Ledger;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Those in the queue that ask for the very same: while the first of them can't be placed, none of the others can. They
 * are decided on as one.
 */
public final class PendingGroup {
    /** By the turns of their first. */
    public static final Comparator<PendingGroup> BY_FIRST =
            (one, other) -> Pending.BY_TURN.compare(one.first(), other.first());

    private static final Pending[] NONE = new Pending[0];

    public final Ask ask;
    /** How they may be admitted, in the order in which that is tried. */
    public final List<Choice> choices;
    /** Of the topology that they ask for, or null. */
    final Domains domains;

    private final TreeSet<Pending> members = new TreeSet<>(Pending.BY_TURN);
    private Pending[] inTurn = NONE;
    private boolean changed;
    /** How many of them the cycle under way has placed. */
    int placed;
    /** Why the others weren't, as the last cycle found that looked at it. */
    public PendingReason reason;
    /** Whether room is looked for, see {@link ShapeMemoryBudget}. */
    public boolean inView = true;
    /** The version of all that it depends on when it last was; -1 for never. */
    long lookedAt = -1;
    /** The first of its choices that the cycle under way may still have room for. */
    public int from;

    /**
     * What all of a group have in common.
     *
     * @param quota the name of their quota; empty for none
     * @param parts the bigger pods first
     */
    public record Ask(
            Optional<String> quota,
            List<Part> parts,
            Optional<Workload.Topology> topology,
            Optional<Duration> longest) {
        /** How many pods. */
        public int size() {
            int all = 0;
            for (var part : parts) {
                all += part.count();
            }
            return all;
        }
    }

    /**
     * Pods that are alike.
     *
     * @param podSet the name of their pod set
     */
    public record Part(String podSet, Resources each, NodeConstraints where, int count) {
        /** What is big has to find its place before what is small fills the gaps; then by name. */
        static final Comparator<Part> BIGGEST_FIRST =
                Comparator.comparing(Part::each, Resources.BIGGEST_FIRST).thenComparing(Part::podSet);
    }

    /** One way to admit such a workload. */
    public static final class Choice {
        /** For each part of what is asked for, what it is charged to. */
        public final QuotaAccounting.Option[] options;
        /** For each part, how its pods fit on the nodes of that flavor. */
        public final Fit[] fits;
        /** For each part, how many pods. */
        public final int[] counts;
        /** Of the topology that is asked for, or null. */
        public final Domains domains;
        /** The flavors that the parts are charged to, each once. */
        public final List<String> flavors;
        /** The first of them. */
        final Optional<String> flavor;
        /** What all parts together are charged to, and how much. */
        public final int[] accounts;

        public final long[] amounts;

        Choice(QuotaAccounting.Option[] options, Fit[] fits, int[] counts, Domains domains) {
            this.options = options;
            this.fits = fits;
            this.counts = counts;
            this.domains = domains;
            flavors = Arrays.stream(options)
                    .flatMap(option -> option.flavor().stream())
                    .map(flavor -> flavor.name())
                    .distinct()
                    .toList();
            flavor = flavors.stream().findFirst();
            if (options.length == 1) {
                accounts = options[0].accounts();
                amounts = options[0].amounts();
            } else {
                var sums = new LinkedHashMap<Integer, Long>();
                for (var option : options) {
                    for (int i = 0; i < option.accounts().length; i++) {
                        sums.merge(option.accounts()[i], option.amounts()[i], Long::sum);
                    }
                }
                accounts = sums.keySet().stream().mapToInt(Integer::intValue).toArray();
                amounts = sums.values().stream().mapToLong(Long::longValue).toArray();
            }
        }

        /** Whether each part has room now if it were alone. */
        public boolean mayHaveRoom() {
            for (int part = 0; part < fits.length; part++) {
                if (counts[part] > fits[part].total()) {
                    return false;
                }
            }
            return true;
        }

        /** Looks for places for parts of several sizes. */
        public MixedFit mixed(long[][] free) {
            return new MixedFit(
                    counts,
                    Arrays.stream(fits).map(fit -> fit.each).toArray(Amounts[]::new),
                    Arrays.stream(fits).map(Fit::otherDevices).toArray(boolean[][]::new),
                    free,
                    Arrays.stream(fits).map(Fit::pods).toArray(short[][]::new));
        }

        /** For each part, how many pods fit on each domain; null if no topology is asked for. */
        public long[][] sums() {
            return domains == null
                    ? null
                    : Arrays.stream(fits).map(fit -> fit.sums(domains)).toArray(long[][]::new);
        }
    }

    PendingGroup(Ask ask, List<Choice> choices, Domains domains) {
        this.ask = ask;
        this.choices = choices;
        this.domains = domains;
    }

    void add(Pending member) {
        members.add(member);
        changed = true;
    }

    void remove(Pending member) {
        members.remove(member);
        changed = true;
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** In the order of their turns; not to be changed. */
    Pending[] inTurn() {
        if (changed) {
            inTurn = members.toArray(NONE);
            changed = false;
        }
        return inTurn;
    }

    /** The first that hasn't been placed yet; there must be one. */
    public Pending first() {
        return inTurn()[placed];
    }

    /** The first flavor that has quota and, by the numbers, room. */
    Optional<Choice> mayBePlaced(Ledger ledger) {
        for (var choice : choices.subList(from, choices.size())) {
            if (choice.mayHaveRoom() && quotaAllows(choice, ledger)) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    /** The flavor in which it waits for others' ends, so that places may be kept for it; of several, the first. */
    Optional<Choice> waitsFor(Ledger ledger) {
        for (var choice : choices) {
            if (waitsIn(choice, ledger)) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    /** Whether it waits for others' ends in a flavor. */
    public boolean waitsIn(Choice choice, Ledger ledger) {
        return !neverByQuota(choice, ledger)
                && !neverByRoom(choice)
                && (quotaAllows(choice, ledger) || isOfOwn(choice, ledger));
    }

    /** The dominant share that its quota would have, in the flavor in which it may be placed or waits. */
    public double share(Ledger ledger) {
        var choice = mayBePlaced(ledger).or(() -> waitsFor(ledger));
        if (choice.isEmpty() || !quotaAllows(choice.get(), ledger)) {
            // It waits for its quota's own jobs to end, and will borrow nothing when it starts. If those who borrow
            // came before it, they would take what it waits for bit by bit.
            return 0;
        }
        return share(choice.get(), ledger);
    }

    /** The dominant share that its quota would have in one flavor. */
    public static double share(Choice choice, Ledger ledger) {
        double share = 0;
        for (int i = 0; i < choice.accounts.length; i++) {
            share = Math.max(share, ledger.share(choice.accounts[i], choice.amounts[i]));
        }
        return share;
    }

    public boolean isRequired() {
        return ask.topology().filter(Workload.Topology::required).isPresent();
    }

    /** Why none of the group can be placed by one choice, given that none can. */
    public PendingReason reason(Choice choice, Ledger ledger) {
        if (neverByQuota(choice, ledger)) {
            return PendingReason.NO_QUOTA_EVER;
        }
        if (!inView) {
            return reason == null ? PendingReason.NOT_LOOKED_AT : reason;
        }
        if (neverByRoom(choice)) {
            return neverByTopology(choice) ? PendingReason.NO_DOMAIN_EVER : PendingReason.NO_ROOM_EVER;
        }
        if (!quotaAllows(choice, ledger)) {
            return PendingReason.NO_QUOTA_NOW;
        }
        return isRequired() && choice.mayHaveRoom() ? PendingReason.NO_DOMAIN_NOW : PendingReason.NO_ROOM_NOW;
    }

    /** Whether its quota, as it is now, could ever let it start. */
    boolean mayEverStart(QuotaAccounting accounting) {
        if (ask.quota().isPresent()) {
            var quota = accounting.named(ask.quota().get());
            if (quota.isEmpty() || quota.get().stopped()) {
                return false;
            }
        }
        return choices.stream().anyMatch(choice -> !neverByQuota(choice, accounting.ledger()));
    }

    /** Whether it asks for more than all that its quota could ever use. */
    static boolean neverByQuota(Choice choice, Ledger ledger) {
        for (int i = 0; i < choice.accounts.length; i++) {
            if (choice.amounts[i] > ledger.most(choice.accounts[i])) {
                return true;
            }
        }
        return false;
    }

    /** Whether a part of it is more than empty nodes have. */
    boolean neverByRoom(Choice choice) {
        for (int part = 0; part < choice.fits.length; part++) {
            if (choice.counts[part] > choice.fits[part].mostTotal()) {
                return true;
            }
        }
        return neverByTopology(choice);
    }

    /** Whether there would be room for each part on empty nodes, but for one of them in no domain alone. */
    boolean neverByTopology(Choice choice) {
        boolean never = false;
        for (int part = 0; part < choice.fits.length; part++) {
            if (choice.counts[part] > choice.fits[part].mostTotal()) {
                return false;
            }
            never |= isRequired() && choice.fits[part].biggestOfMost(choice.domains) < choice.counts[part];
        }
        return never;
    }

    /** Whether its quota lets it start now. */
    public static boolean quotaAllows(Choice choice, Ledger ledger) {
        for (int i = 0; i < choice.accounts.length; i++) {
            if (choice.amounts[i] > ledger.available(choice.accounts[i])) {
                return false;
            }
        }
        return true;
    }

    /** Whether it asks for no more than is its quota's own, so that it needs nothing to be lent. */
    static boolean isOfOwn(Choice choice, Ledger ledger) {
        for (int i = 0; i < choice.accounts.length; i++) {
            if (choice.amounts[i] > ledger.nominal(choice.accounts[i])) {
                return false;
            }
        }
        return true;
    }
}
