package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.inference.Batching;
import dev.capstan.crds.inference.Rollout;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens in whatever order, no plan takes away what is needed, and what is left alone comes to be as its spec
 * wants it.
 */
class SeatPropertiesTest {
    /** Revisions by this batch size never become ready. */
    private static final int BAD = 3;

    private final List<String> story = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void nothingNeededIsTakenAndAllComesRight(int seed) {
        var random = new Random(seed);
        var table = new ServiceTable(3);
        table.room.replaceAll((node, left) -> 3);
        table.settle();
        for (int event = 0; event < 20; event++) {
            happen(table, random);
            for (int step = random.nextInt(4); step >= 0; step--) {
                step(table);
            }
        }
        story.add("left alone");
        for (var node : List.of("a", "b", "c", "d")) {
            table.node(node, true, false);
        }
        table.edit(spec ->
                spec.setReplicas(3).setBatching(new Batching().setMaxSize(7)).setRollout(new Rollout().setMaxSurge(1)));
        table.later(400);
        for (int step = 0; step < 80; step++) {
            step(table);
            recover(table);
        }
        var target = table.service.getStatus().getRevision();
        assertEquals(3, table.ready(), () -> story + " " + table.live());
        assertTrue(
                table.live().stream().allMatch(pod -> pod.startsWith(target + ".")), () -> story + " " + table.live());
        assertEquals("Ready Serving", table.standing(), story::toString);
        assertEquals(3, table.service.getStatus().getAdmission().getPlacements().size());
        assertNull(table.service.getStatus().getGivenBack());
    }

    private void happen(ServiceTable table, Random random) {
        var pods = List.copyOf(table.pods.keySet());
        var pod = pods.isEmpty() ? null : pods.get(random.nextInt(pods.size()));
        var node = List.of("a", "b", "c", "d").get(random.nextInt(4));
        switch (random.nextInt(8)) {
            case 0 -> {
                int replicas = random.nextInt(5);
                story.add("scaled to " + replicas);
                table.edit(spec -> spec.setReplicas(replicas));
            }
            case 1, 2 -> {
                int size = 1 + random.nextInt(BAD);
                story.add("batches of " + size);
                table.edit(spec -> spec.setBatching(new Batching().setMaxSize(size)));
            }
            case 3 -> {
                int surge = random.nextInt(3);
                story.add("surge of " + surge);
                table.edit(spec -> spec.setRollout(new Rollout().setMaxSurge(surge)));
            }
            case 4 -> {
                story.add("lost " + pod);
                if (pod != null) {
                    table.pods.remove(pod);
                }
            }
            case 5 -> {
                story.add("unready " + pod);
                if (pod != null && table.pods.get(pod).getSpec().getNodeName() != null) {
                    table.unready(pod);
                }
            }
            case 6 -> {
                boolean leaving = random.nextBoolean();
                story.add((leaving ? "drained " : "uncordoned ") + node);
                table.node(node, true, leaving);
            }
            default -> {
                boolean ready = random.nextBoolean();
                story.add((ready ? "back " : "dead ") + node);
                table.node(node, ready, false);
                table.later(11);
            }
        }
    }

    private void step(ServiceTable table) {
        var answering = table.pods.values().stream()
                .filter(pod -> answers(table, pod))
                .map(pod -> pod.getMetadata().getName())
                .toList();
        int minimum = Math.min(1, table.spec().replicas());
        var plan = table.step(revision -> isGood(table, revision));
        long taken = plan.plan().children().delete().stream()
                .filter(pod -> answering.contains(pod.getMetadata().getName()))
                .count();
        assertTrue(
                taken == 0 || answering.size() - taken >= minimum,
                () -> story + " took " + taken + " of " + answering + ", " + table.live());
    }

    /** What nothing is to be expected of any more answers nobody. */
    private static boolean answers(ServiceTable table, Pod pod) {
        return isReady(pod)
                && pod.getMetadata().getDeletionTimestamp() == null
                && !table.world().isLost(pod.getSpec().getNodeName());
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream().anyMatch(condition -> "True".equals(condition.getStatus()));
    }

    private static boolean isGood(ServiceTable table, String revision) {
        return table.revisions().stream()
                .filter(listed -> Integer.toString(listed.getRevision()).equals(revision))
                .noneMatch(listed -> {
                    var template = table.world().templates().get(listed.getRevision());
                    return template != null && template.batching().maxSize() == BAD;
                });
    }

    /** What was unready for a while is ready again, if it is of a revision that can be. */
    private static void recover(ServiceTable table) {
        for (var name : List.copyOf(table.pods.keySet())) {
            var pod = table.pods.get(name);
            boolean idle = pod.getSpec().getNodeName() != null
                    && !pod.getStatus().getConditions().isEmpty()
                    && !isReady(pod);
            if (idle && isGood(table, pod.getMetadata().getLabels().get("capstan.dev/revision"))) {
                table.ready(name);
            }
        }
    }
}
