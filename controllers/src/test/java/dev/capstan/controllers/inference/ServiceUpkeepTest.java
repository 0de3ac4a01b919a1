package dev.capstan.controllers.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.pods.Owned;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.WorkerResources;
import dev.capstan.crds.WorkerTemplate;
import dev.capstan.crds.inference.Batching;
import dev.capstan.crds.inference.Redundancy;
import dev.capstan.crds.inference.Rollout;
import dev.capstan.crds.inference.Router;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What others do to the pods of a service and to what they need, and what the cluster adds to them. */
class ServiceUpkeepTest {
    private static final String POD = "digits-infsvc-1-replica-0-0";

    private final ServiceTable table = new ServiceTable(1);

    private void router() {
        table.edit(spec -> spec.setRouter(new Router().setReplicas(1)));
    }

    private List<String> needed() {
        return ServiceUpkeep.needed(table.service, List.copyOf(table.pods.values())).stream()
                .map(Owned::key)
                .toList();
    }

    @Test
    void whatRunningPodsNeedIsMadeAgain() {
        assertEquals(List.of(), needed(), "no pod needs anything");
        table.settle();
        router();
        table.settle();
        assertEquals(
                List.of("secret digits-infsvc-peers", "configmap digits-infsvc-1", "configmap digits-infsvc-routers"),
                needed());

        table.gone.addAll(needed());
        var plan = table.pass().plan();
        assertEquals(
                "digits-infsvc-peers",
                plan.children().peersSecret().orElseThrow().getMetadata().getName());
        assertEquals(
                List.of("configmap digits-infsvc-1", "configmap digits-infsvc-routers"),
                plan.children().apply().stream().map(Owned::key).toList());
        assertEquals(List.of(), plan.children().make());
        assertEquals("Ready Serving", table.standing());
        assertEquals(
                "somebody deleted configmap digits-infsvc-1, configmap digits-infsvc-routers, secret"
                        + " digits-infsvc-peers, which the pods need: made again",
                table.told.getLast().note());
        assertEquals("Remade 1", table.events().getLast());
    }

    @Test
    void theClusterIsAskedWhatItAddsToRoutersToo() {
        table.settle();
        router();
        var trial = table.pass().plan().children().dryRuns().getFirst();
        assertEquals("router", trial.pod().getMetadata().getLabels().get("capstan.dev/pod-set"));
        assertEquals(1, trial.count());
        assertEquals(List.of(), table.pass().plan().children().dryRuns(), "once a spec");
    }

    @Test
    void aNewLeaderAsksAgainForServicesThatLackPlaces() {
        table.settle();
        assertEquals(List.of(), ServiceTrials.asked(table.service, table.world(), ServiceTable.SETTINGS));
        table.room.replaceAll((node, left) -> 0);
        table.edit(spec -> spec.setReplicas(2).setRouter(new Router().setReplicas(1)));
        table.settle();
        var asked = ServiceTrials.asked(table.service, table.world(), ServiceTable.SETTINGS);
        assertEquals(
                List.of("replica", "router"),
                asked.stream()
                        .map(trial -> trial.pod().getMetadata().getLabels().get("capstan.dev/pod-set"))
                        .toList());
        assertTrue(
                asked.stream()
                        .noneMatch(trial ->
                                table.pods.containsKey(trial.pod().getMetadata().getName())),
                "of a name that is taken the API server tells nothing");
    }

    @Test
    void whatKubeletsTellOfPodsThatDontComeUpIsSaid() {
        router();
        table.settle(revision -> false);
        table.words.put(POD, "FailedMount: secret \"front\" not found");
        table.edit(
                POD,
                pod -> new PodBuilder(pod)
                        .editStatus()
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("True")
                        .withLastTransitionTime(table.now.toString())
                        .endCondition()
                        .endStatus()
                        .build());
        table.later(10);
        var plan = table.pass().plan();
        assertEquals(
                "0 of 1 replicas answer; pod " + POD + ": FailedMount: secret \"front\" not found",
                table.condition(Conditions.RECONCILING).getMessage());
        assertEquals(Optional.of(Duration.ofSeconds(10)), plan.again(), "and asked again, more and more seldom");

        table.ready(POD);
        var router = table.pods.keySet().stream()
                .filter(name -> name.contains("-router-"))
                .findFirst()
                .orElseThrow();
        table.words.put(router, "FailedCreatePodSandBox: no network");
        table.pass();
        assertEquals(
                "0 of 1 routers pass requests on; pod " + router + ": FailedCreatePodSandBox: no network",
                table.condition(Conditions.RECONCILING).getMessage());
    }

    @Test
    void whatTheClusterAddsToAPodCostsNoPlaceInARollout() {
        table.settle();
        table.edit(
                POD,
                pod -> new PodBuilder(pod)
                        .editSpec()
                        .editFirstContainer()
                        .editResources()
                        .addToRequests("ephemeral-storage", new Quantity("1Gi"))
                        .endResources()
                        .endContainer()
                        .addToContainers(new ContainerBuilder()
                                .withName("mesh")
                                .withResources(new ResourceRequirementsBuilder()
                                        .withRequests(Map.of("cpu", new Quantity("100m")))
                                        .build())
                                .build())
                        .endSpec()
                        .build());
        table.room.replaceAll((node, left) -> 0);
        table.edit(spec -> spec.setRollout(new Rollout().setMaxSurge(0))
                .setRedundancy(new Redundancy().setMinAvailable(0))
                .setBatching(new Batching().setMaxSize(3)));
        for (int i = 0; i < 20; i++) {
            table.step(revision -> true);
            assertNull(table.service.getStatus().getGivenBack());
        }
        assertEquals(List.of("2.0@a*"), table.live());

        // Other amounts of its own need another place.
        table.edit(spec -> spec.setWorkers(
                new WorkerTemplate().setResources(new WorkerResources().setLimits(Map.of("cpu", new Quantity("2"))))));
        boolean givenBack = false;
        for (int i = 0; i < 20; i++) {
            table.step(revision -> true);
            givenBack |= table.service.getStatus().getGivenBack() != null;
        }
        assertTrue(givenBack);
        assertEquals(List.of("3.0@a*"), table.live());
    }
}
