package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Installs parts of the chart as Helm renders them. */
final class Chart {
    private Chart() {}

    /**
     * Applies a template, such as {@code rbac}, of a release.
     *
     * @param options more options of {@code helm template}, such as {@code --set replicas=1}
     * @return what kubectl printed
     */
    static String apply(ApiServer api, String release, String namespace, String template, String... options) {
        // Every object of the chart names its namespace, and some aren't the release's.
        return api.kubectlWithInput(render(api, release, namespace, template, options), "apply", "--filename=-");
    }

    private static String render(ApiServer api, String release, String namespace, String template, String... options) {
        var command = new ArrayList<>(List.of(
                ApiServer.program("helm").toString(),
                "template",
                release,
                Path.of("..", "charts", "capstan").toString(),
                "--namespace",
                namespace,
                // Helm asks no cluster here, and would take an old version for granted.
                "--kube-version",
                api.client().getKubernetesVersion().getGitVersion(),
                "--show-only",
                "templates/" + template + ".yaml"));
        command.addAll(List.of(options));
        try {
            var process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            var yaml = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor() == 0 && yaml.contains("kind: "), yaml);
            return yaml;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
