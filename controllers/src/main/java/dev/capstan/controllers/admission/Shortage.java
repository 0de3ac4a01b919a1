package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.queue.Pending;
import dev.capstan.controllers.admission.queue.PendingGroup;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.Ledger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says why a workload has no places, with the numbers that a person needs to do something about it. */
final class Shortage {
    /** So many pods that nobody has any more are named. */
    private static final int MOST_STRAYS = 3;

    private final int lacking;
    private final Pending pending;
    private final PendingGroup group;
    private final PendingReason reason;
    private final NodeTable nodes;
    private final NodeShortage byNode;
    private final SchedulingCycle cycle;

    /**
     * @param lacking how many pods of its pod set lack a place, if the workload has places already
     * @param cycle which refused it
     */
    Shortage(
            int lacking,
            Pending pending,
            PendingGroup group,
            PendingReason reason,
            NodeTable nodes,
            SchedulingCycle cycle) {
        this.lacking = lacking;
        this.pending = pending;
        this.group = group;
        this.reason = reason;
        this.nodes = nodes;
        byNode = new NodeShortage(nodes);
        this.cycle = cycle;
    }

    /** {@code at 2026-01-31T12:34:00Z} */
    static String at(Instant time) {
        return "about " + time.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
    }

    String message() {
        return needs() + (group.inView || !reason.isOfNodes() ? found() : inTurns());
    }

    private String inTurns() {
        return "; room is looked for in turns, for %d kinds of pods at once, as there is no memory for all that are asked for"
                .formatted(cycle.shapes());
    }

    private String found() {
        return switch (reason) {
            case NO_ROOM_NOW -> now(choice()) + kept(choice());
            case NO_ROOM_EVER -> ever(choice());
            case NO_DOMAIN_NOW -> noDomain(choice());
            case NO_DOMAIN_EVER -> noDomainEver(choice());
            case NO_QUOTA_NOW -> quotaNow(choice());
            case NO_QUOTA_EVER -> quotaEver(choice());
            case NOT_LOOKED_AT -> inTurns();
            case NO_FLAVOR -> "; no flavor of quota %s lists all of %s".formatted(quota(), devices());
            case QUOTA_STOPPED -> "; quota %s admits nothing: an admin has set its stopPolicy".formatted(quota());
            case QUOTA_CONFLICT ->
                "; quota %s admits nothing: %s"
                        .formatted(
                                quota(),
                                cycle.accounting().book().conflict(quota()).orElse("it isn't there any more"));
        };
    }

    /** The choice that is meant: the first that is refused for this very reason. */
    private PendingGroup.Choice choice() {
        return group.choices.stream()
                .filter(choice -> group.reason(choice, ledger()) == reason)
                .findFirst()
                .orElse(group.choices.getFirst());
    }

    private Ledger ledger() {
        return cycle.accounting().ledger();
    }

    private String quota() {
        return group.ask.quota().orElseThrow();
    }

    private String needs() {
        if (pending.isFill()) {
            var podSet = pending.workload().podSets().get(pending.podSet());
            return pending.workload().lasting()
                    ? "%d of %d %ss %s no place: needs %s"
                            .formatted(
                                    lacking,
                                    podSet.count(),
                                    podSet.name(),
                                    lacking == 1 ? "has" : "have",
                                    pods(lacking, "", part(0)))
                    : "has its minimum, and lacks " + pods(lacking, " more", part(0));
        }
        var parts = group.ask.parts();
        var all = new ArrayList<String>();
        for (int part = 0; part < parts.size(); part++) {
            all.add(pods(parts.get(part).count(), "", part(part)));
        }
        return "needs " + String.join(" and ", all);
    }

    private PendingGroup.Part part(int number) {
        return group.ask.parts().get(number);
    }

    private static String pods(int count, String more, PendingGroup.Part part) {
        return count == 1
                ? "1%s pod of %s".formatted(more, part.each())
                : "%d%s pods of %s each".formatted(count, more, part.each());
    }

    /** Of several parts the first that finds no room by itself; or -1 if each would, alone. */
    private int lacksRoom(PendingGroup.Choice choice, boolean empty) {
        for (int part = 0; part < choice.fits.length; part++) {
            var fit = choice.fits[part];
            if (choice.counts[part] > (empty ? fit.mostTotal() : fit.total())) {
                return part;
            }
        }
        return -1;
    }

    /** The same, for room in one domain. */
    private int lacksDomain(PendingGroup.Choice choice, boolean empty) {
        for (int part = 0; part < choice.fits.length; part++) {
            var fit = choice.fits[part];
            var sums = empty ? fit.mostSums(choice.domains) : fit.sums(choice.domains);
            int count = choice.counts[part];
            if (Arrays.stream(sums).noneMatch(sum -> sum >= count)) {
                return part;
            }
        }
        return -1;
    }

    /** Of which part it is told, where there are several. */
    private String about(int part) {
        return group.ask.parts().size() == 1
                ? ""
                : "; for pods of " + part(part).each();
    }

    private String now(PendingGroup.Choice choice) {
        int part = lacksRoom(choice, false);
        if (part < 0 && choice.fits.length > 1) {
            return "; there is room for the pods of each size, but not for all together";
        }
        int told = Math.max(0, part);
        var fit = choice.fits[told];
        return about(told)
                + byNode.together(fit)
                + byNode.amounts(fit, choice.counts[told], cycle.free(), false)
                + byNode.others(fit, false)
                + strays(fit);
    }

    /** Who still holds devices that are asked for, and for whom nobody will see to it that they are given back. */
    private String strays(Fit fit) {
        return strays(
                Arrays.stream(fit.each.resources()).mapToObj(nodes::resourceName),
                pod -> nodes.row(pod.node()) >= 0 && fit.suits(nodes.row(pod.node())) == PodShape.Suits.NOW);
    }

    /** The same, on the account of the workload's quota. */
    private String straysOfQuota() {
        var book = cycle.accounting().book();
        return strays(
                group.ask.parts().stream()
                        .flatMap(part -> part.each().thousandths().keySet().stream())
                        .distinct(),
                pod -> book.quotaOf(pod.namespace()).equals(group.ask.quota()));
    }

    private String strays(Stream<String> resources, Predicate<ClusterView.Pod> inTheWay) {
        var devices = resources.filter(Resources::isDevice).toList();
        var holding = cycle.strays().stream()
                .filter(inTheWay)
                .filter(pod ->
                        devices.stream().anyMatch(device -> pod.requests().get(device) > 0))
                .toList();
        return holding.isEmpty()
                ? ""
                : "; of no job or service any more, and still there: "
                        + holding.stream()
                                .limit(MOST_STRAYS)
                                .map(pod -> stray(pod, devices))
                                .collect(Collectors.joining(", "))
                        + (holding.size() > MOST_STRAYS ? " and %d more".formatted(holding.size() - MOST_STRAYS) : "");
    }

    private static String stray(ClusterView.Pod pod, List<String> devices) {
        return "pod %s/%s on %s with %s"
                .formatted(
                        pod.namespace(),
                        pod.stray().orElseThrow(),
                        pod.node(),
                        devices.stream()
                                .filter(device -> pod.requests().get(device) > 0)
                                .map(device ->
                                        Resources.amount(device, pod.requests().get(device)) + " " + device)
                                .collect(Collectors.joining(", ")));
    }

    private String ever(PendingGroup.Choice choice) {
        int part = Math.max(0, lacksRoom(choice, true));
        var fit = choice.fits[part];
        int possible = byNode.count(fit, PodShape.Suits.NOW) + byNode.count(fit, PodShape.Suits.LATER);
        if (possible == 0) {
            return about(part)
                    + (nodes.size() == 0
                            ? "; there are no nodes"
                            : "; no node may take one" + byNode.others(fit, true));
        }
        var lacking = byNode.lacking(fit);
        if (!lacking.isEmpty()) {
            return about(part)
                    + (possible == 1
                            ? "; the node that may take one has no "
                            : "; of the %d nodes that may take one, none has any ".formatted(possible))
                    + String.join(", ", lacking)
                    + byNode.others(fit, true);
        }
        return about(part)
                + "; even empty, %s room for %s%s%s"
                        .formatted(
                                NodeShortage.have(possible),
                                byNode.together(fit.mostTotal(), possible),
                                byNode.amounts(fit, choice.counts[part], nodes.offered(), true),
                                byNode.others(fit, true));
    }

    /** Whether there would be room if nothing was kept for somebody else. */
    private String kept(PendingGroup.Choice choice) {
        if (choice.fits.length > 1 && lacksRoom(choice, false) < 0) {
            return "";
        }
        for (int part = 0; part < choice.fits.length; part++) {
            if (cycle.totalWithKept(choice.fits[part]) < choice.counts[part]) {
                return "";
            }
        }
        return "; places are kept for a job that comes first";
    }

    private String noDomain(PendingGroup.Choice choice) {
        int part = lacksDomain(choice, false);
        if (part < 0) {
            return "; no %s has room for the pods of all sizes together%s"
                    .formatted(topology().label(), because());
        }
        return about(part) + byNode.together(choice.fits[part]) + ", but no " + biggest(choice, part, false);
    }

    private String noDomainEver(PendingGroup.Choice choice) {
        int part = Math.max(0, lacksDomain(choice, true));
        return about(part) + "; even empty, no " + biggest(choice, part, true);
    }

    private Workload.Topology topology() {
        return group.ask.topology().orElseThrow();
    }

    private String because() {
        return topology().because().map(why -> "; " + why).orElse("");
    }

    private String biggest(PendingGroup.Choice choice, int part, boolean empty) {
        var fit = choice.fits[part];
        var sums = empty ? fit.mostSums(choice.domains) : fit.sums(choice.domains);
        int best = -1;
        for (int domain = 0; domain < sums.length; domain++) {
            best = best < 0 || sums[domain] > sums[best] ? domain : best;
        }
        var most = best < 0 || sums[best] == 0
                ? "%s has room for any".formatted(topology().label())
                : "%s has room for more than %d (%s)"
                        .formatted(topology().label(), sums[best], choice.domains.name(best));
        return most + because();
    }

    private String quotaNow(PendingGroup.Choice choice) {
        var parts = new ArrayList<String>();
        for (int i = 0; i < choice.accounts.length; i++) {
            int account = choice.accounts[i];
            if (choice.amounts[i] > ledger().available(account)) {
                var resource = ledger().resource(account);
                parts.add("%s of its %s %s in use or kept for a job before, %s more may be used now"
                        .formatted(
                                Resources.counted(resource, ledger().used(account)),
                                Resources.counted(resource, ledger().nominal(account)),
                                resource,
                                Resources.counted(resource, ledger().available(account))));
            }
        }
        // The last cycle that looked at it may have found less than there is now.
        return parts.isEmpty()
                ? inTurns()
                : "; quota %s has %s".formatted(quota(), String.join(", and ", parts))
                        + flavor(choice)
                        + straysOfQuota();
    }

    private String quotaEver(PendingGroup.Choice choice) {
        var parts = new ArrayList<String>();
        for (int i = 0; i < choice.accounts.length; i++) {
            int account = choice.accounts[i];
            if (choice.amounts[i] > ledger().most(account)) {
                var resource = ledger().resource(account);
                parts.add("%s %s (%s of its own)"
                        .formatted(
                                Resources.counted(resource, ledger().most(account)),
                                resource,
                                Resources.counted(resource, ledger().nominal(account))));
            }
        }
        return "; quota %s may never use more than %s".formatted(quota(), String.join(" and ", parts)) + flavor(choice);
    }

    private static String flavor(PendingGroup.Choice choice) {
        var flavors = choice.flavors;
        return flavors.isEmpty()
                ? ""
                : (flavors.size() == 1 ? " in flavor " : " in flavors ") + String.join(" and ", flavors);
    }

    private String devices() {
        return group.ask.parts().stream()
                .flatMap(part -> part.each().thousandths().entrySet().stream())
                .filter(each -> each.getValue() > 0 && Resources.isDevice(each.getKey()))
                .map(Map.Entry::getKey)
                .distinct()
                .collect(Collectors.joining(", "));
    }
}
