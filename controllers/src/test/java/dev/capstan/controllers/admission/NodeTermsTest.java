package dev.capstan.controllers.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.fit.NodeTerms;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From which nodes a volume can be reached. */
class NodeTermsTest {
    private static final ClusterView.Node NODE = Nodes.node("a", 1, "zone=z1", "slots=8");

    @ParameterizedTest(name = "{0} {1} {2}: {3}")
    @CsvSource({
        "zone, In, z0 z1, true",
        "zone, In, z0, false",
        "rack, In, z1, false",
        "zone, NotIn, z0, true",
        "zone, NotIn, z0 z1, false",
        "rack, NotIn, z1, true",
        "zone, Exists, , true",
        "rack, Exists, , false",
        "zone, DoesNotExist, , false",
        "rack, DoesNotExist, , true",
        "slots, Gt, 7, true",
        "slots, Gt, 8, false",
        "slots, Lt, 9, true",
        "slots, Lt, 8, false",
        "zone, Gt, 1, false",
        "zone, Lt, 1, false",
        "rack, Lt, 1, false",
    })
    void aRequirementIsReadAsTheSchedulerReadsIt(String key, String operator, String values, boolean matches) {
        assertEquals(matches, NodeTerms.match(anyOf(term(key, operator, values)), NODE));
    }

    @Test
    void oneOfTheTermsHasToMatchAndOfThatAllRequirements() {
        var z1 = term("zone", "In", "z1");
        var z2 = term("zone", "In", "z2");
        var both = new NodeSelectorTermBuilder(z1)
                .addToMatchExpressions(z2.getMatchExpressions().getFirst())
                .build();
        assertTrue(NodeTerms.match(anyOf(z2, z1), NODE));
        assertFalse(NodeTerms.match(anyOf(z2, both), NODE));
        assertFalse(
                NodeTerms.match(anyOf(new NodeSelectorTerm()), NODE), "a term without requirements matches nothing");
    }

    @Test
    void aNodeIsToldByItsName() {
        assertTrue(NodeTerms.match(anyOf(named("a")), NODE));
        assertFalse(NodeTerms.match(anyOf(named("b")), NODE));
    }

    @Test
    void aGangIsPlacedWhereAllItsVolumesCanBeReached() {
        var cluster = new Scenario()
                .with(
                        Nodes.node("a", 4, "zone=z1"),
                        Nodes.node("b", 4, "zone=z2", "disk=d"),
                        Nodes.node("c", 1, "zone=z1", "disk=d"));
        var x = Scenario.job("x").pods(2).workload();
        var volumes = List.of(anyOf(term("zone", "In", "z1")), anyOf(term("disk", "Exists", "")));
        cluster.engine.put(workload(x, 1, where(volumes)));
        assertEquals("x on c", cluster.pass());
        cluster.engine.put(workload(x, 2, where(volumes)));
        assertEquals("nobody", cluster.pass());
        assertEquals(
                "needs 2 pods of 1 nvidia.com/gpu, 1 cpu each; even empty, 1 node has room for 1"
                        + " (free: 1 of 1 nvidia.com/gpu, 16 of 16 cpu); of the others, 2 can't reach one of its volumes"
                        + "; place 1 of 1 in the queue",
                cluster.why("x"));
    }

    private static Workload workload(Workload like, int pods, NodeConstraints where) {
        var each = like.podSets().getFirst().each();
        return new Workload(
                like.id(),
                1,
                0,
                like.createdAt(),
                List.of(PodSet.whole("worker", 0, pods, each, where)),
                Optional.empty(),
                Optional.empty());
    }

    private static NodeConstraints where(List<NodeSelector> volumes) {
        return NodeConstraints.of(Map.of(), List.of(), volumes);
    }

    private static NodeSelector anyOf(NodeSelectorTerm... terms) {
        return new NodeSelectorBuilder().withNodeSelectorTerms(terms).build();
    }

    private static NodeSelectorTerm term(String key, String operator, String values) {
        return new NodeSelectorTermBuilder()
                .addNewMatchExpression()
                .withKey(key)
                .withOperator(operator)
                .withValues(values == null ? List.of() : Arrays.asList(values.split(" ")))
                .endMatchExpression()
                .build();
    }

    private static NodeSelectorTerm named(String node) {
        return new NodeSelectorTermBuilder()
                .addNewMatchField()
                .withKey("metadata.name")
                .withOperator("In")
                .withValues(node)
                .endMatchField()
                .build();
    }
}
