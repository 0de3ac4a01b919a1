package dev.capstan.controllers.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.capstan.controllers.plan.Plan;
import dev.capstan.crds.Admission;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Placement;
import dev.capstan.crds.training.Redundancy;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;

/** A gang that can replace its workers one by one, and what its workers say, by hand. */
final class TermsTable {
    final PlanTable table = new PlanTable();

    /** The workers train, at step 100, and say that they can go on in another term. */
    void trains() {
        table.running();
        speak(0, 1);
    }

    void speak(int... ranks) {
        table.checkpoint(100);
        for (int rank : ranks) {
            hear(rank);
        }
        table.pass();
        assertNotNull(table.job.getStatus().getMembership());
    }

    /** A rank is lost and replaced, and all go on. */
    void mend(int rank, int term) {
        table.delete(rank);
        table.pass();
        table.make(table.pass());
        table.run(rank, true);
        table.pass();
        hear(0, event(term, term, Events.Kind.RECOVERED));
        table.pass();
        assertEquals("Ready Training", table.standing());
        assertNull(table.job.getStatus().getMembership().getSince());
    }

    void place(Object... ranksAndNodes) {
        var placements = new ArrayList<Placement>();
        for (int i = 0; i < ranksAndNodes.length; i += 2) {
            placements.add(new Placement().setRank((Integer) ranksAndNodes[i]).setNode((String) ranksAndNodes[i + 1]));
        }
        table.job
                .getStatus()
                .setAdmission(new Admission()
                        .setAttempt(table.job.getStatus().getAttempt())
                        .setTime(table.now.toString())
                        .setPlacements(placements));
    }

    /** How many pods a seat had before the one that it has. */
    int replaced(int seat) {
        return Seats.of(table.description()).incarnation(seat);
    }

    void hear(int rank, Events.Event... events) {
        heard(rank, true, events);
    }

    void silent(int rank) {
        heard(rank, false);
    }

    void heard(int rank, boolean reached, Events.Event... events) {
        var all = new HashMap<>(table.voices.heard());
        all.put(
                rank,
                new Voices.Heard(
                        table.name(Seats.of(table.description()).of(rank)),
                        reached,
                        Optional.of(new Events(1, rank, 0, true, List.of(events))),
                        table.now));
        table.voices = new Voices(all, table.voices.spares(), Optional.empty());
    }

    /** Two workers and as many spares have places, on nodes a, b and from c on, and all pods are made; none runs. */
    Plan<JobStatus> madeWithSpares(int spares) {
        table.job.getSpec().setRedundancy(new Redundancy().setSpares(spares));
        table.pass();
        var places = new ArrayList<Object>(List.of(0, "a", 1, "b"));
        for (int spare = 0; spare < spares; spare++) {
            var node = Character.toString('c' + spare);
            table.nodes.put(node, true);
            places.addAll(List.of(2 + spare, node));
        }
        place(places.toArray());
        table.pass();
        var made = table.pass();
        table.make(made);
        table.pass();
        return made;
    }

    /** The two workers train, at step 100, and as many spares stand by. */
    void trainsWithSpares(int spares) {
        madeWithSpares(spares);
        table.run(0, true);
        table.run(1, true);
        table.pass();
        for (int spare = 0; spare < spares; spare++) {
            standsBy(2 + spare);
        }
        speak(0, 1);
    }

    /** The spare in a seat has loaded all that it needs. */
    void standsBy(int seat) {
        table.run(seat, true);
        spareSays(seat, true, true);
    }

    /** The pod of a seat is on this node. */
    void on(int seat, String node) {
        table.status(table.name(seat), node, table.pods.get(table.name(seat)).getStatus());
    }

    void spareSays(int seat, boolean reached, boolean warm) {
        var all = new HashMap<>(table.voices.spares());
        all.put(
                table.name(seat),
                new Voices.Heard(
                        table.name(seat), reached, Optional.of(new Events(1, seat, 0, warm, List.of())), table.now));
        table.voices = new Voices(table.voices.heard(), all, Optional.empty());
    }

    /** A worker says that all are at work in the current term. */
    void recovers(int rank) {
        int term = table.job.getStatus().getTerm();
        hear(rank, event(1, term, Events.Kind.RECOVERED));
        table.pass();
        assertNull(table.job.getStatus().getMembership().getSince());
    }

    static Events.Event event(long number, int term, Events.Kind kind, Integer... ranks) {
        return new Events.Event(number, term, kind, List.of(ranks), 7, 0, "");
    }

    /**
     * Of the pods that a plan makes, in which of them spares stand by, as they are told: their own names, or nothing.
     */
    static List<String> standBy(Plan<JobStatus> plan) {
        return told(plan, Contract.SPARE);
    }

    /** Of the pods that a plan makes, what a variable of their workers is; nothing where it isn't set. */
    static List<String> told(Plan<JobStatus> plan, String name) {
        return plan.children().make().stream()
                .filter(Pod.class::isInstance)
                .map(Pod.class::cast)
                .map(pod -> pod.getSpec().getContainers().getFirst().getEnv().stream()
                        .filter(variable -> variable.getName().equals(name))
                        .map(variable -> variable.getValue())
                        .findFirst()
                        .orElse(""))
                .toList();
    }
}
