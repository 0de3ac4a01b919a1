package dev.capstan.operator.crowd;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Plays the training: real workers can't be done before all of their gang have met, so simulated ones end some seconds
 * after the last of them ran.
 */
final class Conductor implements AutoCloseable {
    private static final String OUTCOME = "{\"reason\": \"Succeeded\", \"message\": \"simulated\"%s}";
    private static final String ARTIFACT =
            ", \"artifact\": {\"uri\": \"pvc://data/models\", \"digest\": \"sha256:%064d\", \"sizeBytes\": 1, \"metrics\": {}}"
                    .formatted(0);

    private final KubernetesClient client;
    private final Random random;
    private final Map<String, Integer> replicas = new HashMap<>();
    /** By job and attempt, the pods that run, by rank. */
    private final Map<String, Map<Integer, Event.Pod>> running = new HashMap<>();

    private final ScheduledExecutorService later = Executors.newScheduledThreadPool(1);
    private final ExecutorService hands = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore atOnce = new Semaphore(64, true);

    Conductor(KubernetesClient client, Random random) {
        this.client = client;
        this.random = random;
    }

    /** Hears what a watch tells, in its order. */
    void hear(Event event) {
        switch (event.thing()) {
            case Event.Node node -> {}
            case Event.Job job -> replicas.put(job.uid(), job.replicas());
            case Event.Pod pod -> {
                var gang = running.computeIfAbsent(pod.jobUid() + " " + pod.attempt(), name -> new HashMap<>());
                if (event.gone()) {
                    gang.remove(pod.rank());
                } else if (pod.running()) {
                    boolean isNew = gang.put(pod.rank(), pod) == null;
                    if (isNew && gang.size() == replicas.getOrDefault(pod.jobUid(), -1)) {
                        var pods = Map.copyOf(gang);
                        later.schedule(() -> end(pods), 1 + random.nextInt(4), TimeUnit.SECONDS);
                    }
                }
            }
        }
    }

    private void end(Map<Integer, Event.Pod> pods) {
        pods.values().forEach(pod -> hands.submit(() -> end(pod)));
    }

    /** Until it is told: a pod that a slow API server didn't hear of would train for ever. */
    private Void end(Event.Pod pod) throws InterruptedException {
        while (true) {
            atOnce.acquire();
            try {
                client.resource(ended(pod))
                        .subresource("status")
                        .patch(new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager("conductor")
                                .withForce(true)
                                .build());
                return null;
            } catch (KubernetesClientException e) {
                // It was lost meanwhile, and its gang begins anew.
                if (e.getCode() == 404 || e.getCode() == 409) {
                    return null;
                }
            } finally {
                atOnce.release();
            }
            Thread.sleep(1000);
        }
    }

    /** As the kubelet would say it. */
    private static Pod ended(Event.Pod pod) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                .withName(pod.name())
                .withUid(pod.uid())
                .endMetadata()
                .withNewStatus()
                .withPhase("Succeeded")
                .addNewContainerStatus()
                .withName("worker")
                .withImage("simulated")
                .withImageID("")
                .withReady(false)
                .withRestartCount(0)
                .withNewState()
                .withNewTerminated()
                .withExitCode(0)
                .withReason("Completed")
                .withMessage(OUTCOME.formatted(pod.rank() == 0 ? ARTIFACT : ""))
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    @Override
    public void close() {
        later.shutdownNow();
        hands.shutdownNow();
    }
}
