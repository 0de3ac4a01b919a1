package dev.capstan.controllers.admission.queue;

import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Domains;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.quota.Ledger;
import dev.capstan.controllers.admission.quota.QuotaAccounting;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Waiting gangs that ask for the very same: while the first of them can't be placed, none of the others can. They are
 * decided on as one.
 */
public final class PendingGroup {
    /** By the turns of their first. */
    static final Comparator<PendingGroup> BY_FIRST = (one, other) -> Gang.BY_TURN.compare(one.first(), other.first());

    private static final Gang[] NONE = new Gang[0];

    public final Ask ask;
    public final List<Choice> choices;
    /** Of the topology that it asks for, or null. */
    final Domains domains;

    private final TreeSet<Gang> gangs = new TreeSet<>(Gang.BY_TURN);
    private Gang[] inTurn = NONE;
    private boolean changed;
    /** How many of them the pass under way has placed. */
    int placed;
    /** Why the others weren't, as the last pass found that looked at it. */
    public PendingReason refusal;
    /** Whether room is looked for, see {@link ShapeMemoryBudget}. */
    public boolean inView = true;
    /** The version of all that it depends on when it last was; -1 for never. */
    long lookedAt = -1;
    /** The first of its choices that the pass under way may still have room for. */
    public int from;

    /**
     * What all of a group have in common.
     *
     * @param quota the name of their quota; empty for none
     */
    public record Ask(
            Optional<String> quota,
            Resources each,
            NodeConstraints where,
            int size,
            Optional<Gang.Topology> topology,
            Optional<Duration> longest) {
        static Ask of(Gang gang, Optional<String> quota) {
            return new Ask(quota, gang.each(), gang.where(), gang.size(), gang.topology(), gang.longest());
        }
    }

    /**
     * One way to admit such a gang.
     *
     * @param option what it is charged to
     * @param fit how its pods fit on the nodes of that flavor
     * @param domains of the topology that it asks for, or null
     */
    public record Choice(QuotaAccounting.Option option, Fit fit, Domains domains) {}

    PendingGroup(Ask ask, List<Choice> choices, Domains domains) {
        this.ask = ask;
        this.choices = choices;
        this.domains = domains;
    }

    void add(Gang gang) {
        gangs.add(gang);
        changed = true;
    }

    void remove(Gang gang) {
        gangs.remove(gang);
        changed = true;
    }

    boolean isEmpty() {
        return gangs.isEmpty();
    }

    /** In the order of their turns; not to be changed. */
    Gang[] inTurn() {
        if (changed) {
            inTurn = gangs.toArray(NONE);
            changed = false;
        }
        return inTurn;
    }

    /** The first that hasn't been placed yet; there must be one. */
    public Gang first() {
        return inTurn()[placed];
    }

    /** The first flavor that has quota and, by the numbers, room. */
    Optional<Choice> mayBePlaced(Ledger ledger) {
        for (var choice : choices.subList(from, choices.size())) {
            if (ask.size() <= choice.fit().total() && quotaAllows(choice, ledger)) {
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
        var option = choice.option();
        double share = 0;
        for (int i = 0; i < option.accounts().length; i++) {
            share = Math.max(share, ledger.share(option.accounts()[i], option.amounts()[i]));
        }
        return share;
    }

    public boolean isRequired() {
        return ask.topology().filter(Gang.Topology::required).isPresent();
    }

    /** Why no gang of the group can be placed by one choice, given that none can. */
    public PendingReason refusal(Choice choice, Ledger ledger) {
        if (neverByQuota(choice, ledger)) {
            return PendingReason.NO_QUOTA_EVER;
        }
        if (!inView) {
            return refusal == null ? PendingReason.NOT_LOOKED_AT : refusal;
        }
        if (neverByRoom(choice)) {
            return neverByTopology(choice) ? PendingReason.NO_DOMAIN_EVER : PendingReason.NO_ROOM_EVER;
        }
        if (!quotaAllows(choice, ledger)) {
            return PendingReason.NO_QUOTA_NOW;
        }
        return isRequired() && ask.size() <= choice.fit().total()
                ? PendingReason.NO_DOMAIN_NOW
                : PendingReason.NO_ROOM_NOW;
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
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            if (option.amounts()[i] > ledger.most(option.accounts()[i])) {
                return true;
            }
        }
        return false;
    }

    /** Whether it asks for more than empty nodes have. */
    boolean neverByRoom(Choice choice) {
        return ask.size() > choice.fit().mostTotal() || neverByTopology(choice);
    }

    /** Whether there would be room on empty nodes, but in no domain alone. */
    boolean neverByTopology(Choice choice) {
        return ask.size() <= choice.fit().mostTotal()
                && isRequired()
                && choice.fit().biggestOfMost(choice.domains()) < ask.size();
    }

    /** Whether its quota lets it start now. */
    public static boolean quotaAllows(Choice choice, Ledger ledger) {
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            if (option.amounts()[i] > ledger.available(option.accounts()[i])) {
                return false;
            }
        }
        return true;
    }

    /** Whether it asks for no more than is its quota's own, so that it needs nothing to be lent. */
    static boolean isOfOwn(Choice choice, Ledger ledger) {
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            if (option.amounts()[i] > ledger.nominal(option.accounts()[i])) {
                return false;
            }
        }
        return true;
    }
}
