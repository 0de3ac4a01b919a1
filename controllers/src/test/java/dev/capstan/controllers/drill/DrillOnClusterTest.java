package dev.capstan.controllers.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.controllers.testing.Stage;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two sizes of pods on real nodes, whose kubelets and device plugins have their say: those of the cluster that
 * {@code ./capstan up} made, with four GPUs each. These controllers work in the name of the operator that is installed
 * there, which knows no drills, so that its policies hold for them too. No node has the workers' image: pods that were
 * taken in stay as they are.
 */
@Tag("cluster")
class DrillOnClusterTest {
    private static final String NAME = "drills-on-cluster";
    private static final String SYSTEM = "capstan-system";

    private KubernetesClient admin;
    private Stage stage;
    private String namespace;
    private Drills drills;

    @BeforeEach
    void open() throws Exception {
        var kubeconfig = Files.readString(Path.of(System.getProperty("cluster.kubeconfig")));
        admin = client(Config.fromKubeconfig(kubeconfig));
        admin.load(getClass().getResourceAsStream("/drills.yaml")).serverSideApply();
        admin.resource(new ClusterRoleBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .addNewRule()
                        .withApiGroups("test.capstan.dev")
                        .withResources("*")
                        .withVerbs("*")
                        .endRule()
                        .build())
                .serverSideApply();
        admin.resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", NAME)
                        .addNewSubject()
                        .withKind("ServiceAccount")
                        .withNamespace(SYSTEM)
                        .withName("capstan")
                        .endSubject()
                        .build())
                .serverSideApply();
        var operator = Config.fromKubeconfig(kubeconfig);
        operator.setImpersonateUsername("system:serviceaccount:" + SYSTEM + ":capstan");
        stage = Stage.onCluster(admin, NAME, List.of(new DrillKind()), pause());
        namespace = stage.namespace;
        drills = new Drills(admin, namespace, Map.entry("memory", "100Mi"), Map.of());
        stage.startControllers(client(operator));
    }

    /** The image that each node has for its pods' sandboxes. */
    private String pause() {
        return admin.nodes().list().getItems().getFirst().getStatus().getImages().stream()
                .flatMap(image -> image.getNames().stream())
                .filter(name -> name.contains("/pause:"))
                .findFirst()
                .orElseThrow();
    }

    private static KubernetesClient client(Config config) {
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @AfterEach
    void close() throws Exception {
        admin.resources(Drill.class).inNamespace(namespace).delete();
        admin.resources(Drill.class)
                .inNamespace(namespace)
                .informOnCondition(List::isEmpty)
                .get(1, TimeUnit.MINUTES);
        stage.close();
        admin.rbac().clusterRoleBindings().withName(NAME).delete();
        admin.rbac().clusterRoles().withName(NAME).delete();
        admin.namespaces().withName(namespace).delete();
        admin.load(getClass().getResourceAsStream("/drills.yaml")).delete();
        admin.close();
    }

    @Test
    void serversAndWorkersGetTheirPlacesTogetherOrNotAtAll() {
        // Of the eight GPUs, that leaves five.
        var holder = admin.resource(holder()).create();
        awaitTakenIn(holder);
        drills.submit("a", 0);
        drills.await(
                "a", "told what it waits for", drill -> Drills.message(drill).contains("nvidia.com/gpu"));
        assertEquals(List.of(), drills.pods("a", 1));

        admin.resource(holder).withGracePeriod(0).delete();
        var pods = drills.awaitPods("a", 1, 8);
        pods.forEach(this::awaitTakenIn);
        var workers = pods.stream()
                .map(pod -> admin.resource(pod).get())
                .filter(pod -> pod.getMetadata().getName().contains("worker"))
                .collect(Collectors.groupingBy(pod -> pod.getSpec().getNodeName(), Collectors.counting()));
        assertEquals(2, workers.size(), () -> "workers a node: " + workers);
        assertTrue(workers.values().stream().allMatch(count -> count <= 4), () -> "workers a node: " + workers);
    }

    /** Waits until a pod's kubelet has taken it in, devices and all. */
    private void awaitTakenIn(Pod pod) {
        Predicate<Pod> takenIn = now -> now != null
                && now.getStatus().getStartTime() != null
                && !"Failed".equals(now.getStatus().getPhase());
        admin.resource(pod).waitUntilCondition(takenIn, 1, TimeUnit.MINUTES);
    }

    private Pod holder() {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("holder")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("holder")
                .withImage(pause())
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity("3"))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }
}
