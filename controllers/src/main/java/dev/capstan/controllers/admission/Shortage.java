package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.fit.Fit;
import dev.capstan.controllers.admission.fit.NodeTable;
import dev.capstan.controllers.admission.fit.PodShape;
import dev.capstan.controllers.admission.queue.Gang;
import dev.capstan.controllers.admission.queue.PendingGroup;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.quota.Ledger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** Says why a gang has no places, with the numbers that a person needs to do something about it. */
final class Shortage {
    private final Gang gang;
    private final PendingGroup group;
    private final PendingReason refusal;
    private final NodeTable nodes;
    private final SchedulingCycle pass;

    /** @param pass which refused it */
    Shortage(Gang gang, PendingGroup group, PendingReason refusal, NodeTable nodes, SchedulingCycle pass) {
        this.gang = gang;
        this.group = group;
        this.refusal = refusal;
        this.nodes = nodes;
        this.pass = pass;
    }

    /** {@code at 2026-01-31T12:34:00Z} */
    static String at(Instant time) {
        return "about " + time.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
    }

    String message() {
        return needs() + (group.inView || !refusal.isOfNodes() ? found() : inTurns());
    }

    private String inTurns() {
        return "; room is looked for in turns, for %d kinds of pods at once, as there is no memory for all that are asked for"
                .formatted(pass.shapes());
    }

    private String found() {
        return switch (refusal) {
            case NO_ROOM_NOW -> now(choice()) + kept(choice());
            case NO_ROOM_EVER -> ever(choice());
            case NO_DOMAIN_NOW -> together(choice()) + ", but no " + biggest(choice(), false);
            case NO_DOMAIN_EVER -> "; even empty, no " + biggest(choice(), true);
            case NO_QUOTA_NOW -> quotaNow(choice());
            case NO_QUOTA_EVER -> quotaEver(choice());
            case NOT_LOOKED_AT -> inTurns();
            case NO_FLAVOR -> "; no flavor of quota %s lists all of %s".formatted(quota(), devices());
            case QUOTA_STOPPED -> "; quota %s admits nothing: an admin has set its stopPolicy".formatted(quota());
            case QUOTA_CONFLICT ->
                "; quota %s admits nothing: %s"
                        .formatted(
                                quota(),
                                pass.accounting().book().conflict(quota()).orElse("it isn't there any more"));
        };
    }

    /** The choice that is meant: the first that is refused for this very reason. */
    private PendingGroup.Choice choice() {
        return group.choices.stream()
                .filter(choice -> group.refusal(choice, ledger()) == refusal)
                .findFirst()
                .orElse(group.choices.getFirst());
    }

    private Ledger ledger() {
        return pass.accounting().ledger();
    }

    private String quota() {
        return group.ask.quota().orElseThrow();
    }

    private String needs() {
        return gang.size() == 1
                ? "needs 1 pod of " + gang.each()
                : "needs %d pods of %s each".formatted(gang.size(), gang.each());
    }

    private String now(PendingGroup.Choice choice) {
        var fit = choice.fit();
        return together(choice) + amounts(fit, pass.free(), false) + others(fit, false);
    }

    private String together(PendingGroup.Choice choice) {
        int usable = count(choice.fit(), PodShape.Suits.NOW);
        return "; %s room for %s now"
                .formatted(have(usable), together(choice.fit().total(), usable));
    }

    private String ever(PendingGroup.Choice choice) {
        var fit = choice.fit();
        int possible = count(fit, PodShape.Suits.NOW) + count(fit, PodShape.Suits.LATER);
        return "; even empty, %s room for %s%s%s"
                .formatted(
                        have(possible),
                        together(fit.mostTotal(), possible),
                        amounts(fit, nodes.offered(), true),
                        others(fit, true));
    }

    /** Whether there would be room if nothing was kept for somebody else. */
    private String kept(PendingGroup.Choice choice) {
        return pass.totalWithKept(choice.fit()) >= gang.size() ? "; places are kept for a job that comes first" : "";
    }

    private String biggest(PendingGroup.Choice choice, boolean empty) {
        var sums =
                empty ? choice.fit().mostSums(choice.domains()) : choice.fit().sums(choice.domains());
        int best = -1;
        for (int domain = 0; domain < sums.length; domain++) {
            best = best < 0 || sums[domain] > sums[best] ? domain : best;
        }
        var topology = gang.topology().orElseThrow();
        var most = best < 0 || sums[best] == 0
                ? "%s has room for any".formatted(topology.label())
                : "%s has room for more than %d (%s)"
                        .formatted(
                                topology.label(), sums[best], choice.domains().name(best));
        return most + topology.because().map(why -> "; " + why).orElse("");
    }

    private String quotaNow(PendingGroup.Choice choice) {
        var parts = new ArrayList<String>();
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            int account = option.accounts()[i];
            if (option.amounts()[i] > ledger().available(account)) {
                var resource = ledger().resource(account);
                parts.add("%s of its %s %s in use or kept for a job before, %s more may be used now"
                        .formatted(
                                Resources.counted(resource, ledger().used(account)),
                                Resources.counted(resource, ledger().nominal(account)),
                                resource,
                                Resources.counted(resource, ledger().available(account))));
            }
        }
        // The last pass that looked at it may have found less than there is now.
        return parts.isEmpty()
                ? inTurns()
                : "; quota %s has %s".formatted(quota(), String.join(", and ", parts)) + flavor(choice);
    }

    private String quotaEver(PendingGroup.Choice choice) {
        var parts = new ArrayList<String>();
        var option = choice.option();
        for (int i = 0; i < option.accounts().length; i++) {
            int account = option.accounts()[i];
            if (option.amounts()[i] > ledger().most(account)) {
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
        return choice.option()
                .flavor()
                .map(flavor -> " in flavor " + flavor.name())
                .orElse("");
    }

    private String devices() {
        return gang.each().thousandths().entrySet().stream()
                .filter(each -> each.getValue() > 0 && Resources.isDevice(each.getKey()))
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
    }

    private static String have(int nodes) {
        return nodes == 1 ? "1 node has" : nodes + " nodes have";
    }

    private static String together(long pods, int count) {
        return pods == 0 ? "none" : count == 1 ? Long.toString(pods) : pods + " together";
    }

    private int count(Fit fit, PodShape.Suits suits) {
        int count = 0;
        for (int row = 0; row < nodes.size(); row++) {
            count += fit.suits(row) == suits ? 1 : 0;
        }
        return count;
    }

    /** {@code (free: 2 of 6 nvidia.com/gpu, 3500m of 6 cpu)}: of each resource that the gang asks for. */
    private String amounts(Fit fit, long[][] free, boolean ever) {
        var parts = new ArrayList<String>();
        boolean any = false;
        for (int resource : fit.each.resources()) {
            var left = new Sum();
            var all = new Sum();
            for (int row = 0; row < nodes.size(); row++) {
                if (fit.suits(row) == PodShape.Suits.NOW || ever && fit.suits(row) == PodShape.Suits.LATER) {
                    any = true;
                    left.add(Math.max(0, free[resource][row]));
                    all.add(nodes.offered()[resource][row]);
                }
            }
            var name = nodes.resourceName(resource);
            if (!name.equals("pods") || left.units < gang.size()) {
                parts.add("%s of %s %s".formatted(left.of(name), all.of(name), name));
            }
        }
        return any ? " (free: " + String.join(", ", parts) + ")" : "";
    }

    /** Over many nodes: the memory of five thousand is more thousandths of a byte than a long holds. */
    private static final class Sum {
        private long units;
        private long thousandths;

        void add(long amount) {
            thousandths += amount % 1000;
            units += amount / 1000 + thousandths / 1000;
            thousandths %= 1000;
        }

        String of(String resource) {
            return Resources.amount(resource, units, thousandths);
        }
    }

    private String others(Fit fit, boolean ever) {
        var parts = new ArrayList<String>();
        for (var suits : Arrays.asList(PodShape.Suits.values())) {
            int nodes = count(fit, suits);
            if (nodes > 0) {
                switch (suits) {
                    case NOW -> {}
                    case LATER -> {
                        if (!ever) {
                            parts.add(say(
                                    nodes,
                                    "is not ready, cordoned or refused a pod of it",
                                    "are not ready, cordoned or refused a pod of it"));
                        }
                    }
                    case TAINTED ->
                        parts.add(say(
                                nodes,
                                "has a taint that the job does not tolerate",
                                "have taints that the job does not tolerate"));
                    case UNSELECTED ->
                        parts.add(say(nodes, "lacks a label of nodeSelector", "lack labels of nodeSelector"));
                    case VOLUME_ELSEWHERE ->
                        parts.add(say(nodes, "can't reach a volume of the job", "can't reach a volume of the job"));
                    case OTHER_FLAVOR -> parts.add(say(nodes, "is of another flavor", "are of another flavor"));
                }
            }
        }
        return parts.isEmpty() ? "" : "; of the others, " + String.join(", ", parts);
    }

    private static String say(int nodes, String one, String many) {
        return nodes + " " + (nodes == 1 ? one : many);
    }
}
