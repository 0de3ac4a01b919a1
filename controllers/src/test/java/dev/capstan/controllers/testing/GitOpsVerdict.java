package dev.capstan.controllers.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.capstan.crds.testing.ApiServer;
import dev.capstan.protocol.Json;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What GitOps tools make of an object: Flux by kstatus itself, Argo CD by the check that the chart ships.
 *
 * @param kstatus kstatus' word
 * @param argo Argo CD's word
 * @param message Argo CD's sentence
 */
public record GitOpsVerdict(String name, String kstatus, String argo, String message) {
    private static final Path ARGO_CHECK = Path.of("..", "charts", "argocd", "argocd-cm.yaml");

    /** One for each object. */
    public static List<GitOpsVerdict> of(List<? extends HasMetadata> objects) throws IOException, InterruptedException {
        var process = new ProcessBuilder(ApiServer.program("gitops-health").toString(), ARGO_CHECK.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var input = process.getOutputStream()) {
            for (var object : objects) {
                input.write((Serialization.asJson(object) + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        var answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), "gitops-health fails");
        return answer.lines().map(line -> Json.read(line, GitOpsVerdict.class)).toList();
    }
}
