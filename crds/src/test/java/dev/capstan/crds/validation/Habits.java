package dev.capstan.crds.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.capstan.crds.testing.ApiServer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What people do on the command line with whatever is there. */
public record Habits(ApiServer api, String kind, String name, List<String> options) {
    /**
     * What was read is sent again in each of the ways that there are: nothing of it changes, nor is anything refused.
     */
    public void whatIsReadCanBeSentAgain() {
        var before = read();
        var yaml = kubectl("get", kind, name, "--output=yaml");
        for (var command : List.of(
                List.of("apply"), List.of("apply", "--server-side", "--field-manager=other"), List.of("replace"))) {
            // As if it had been kept in a file: a version that was read is out of date by then.
            var kept = yaml.replaceAll("(?m)^  resourceVersion: .*\n", "");
            var said = api.kubectlWithInput(kept, arguments(command, "--filename=-"));
            assertTrue(said.contains("/" + name + " "), command + ": " + said);
            assertEquals(before, read(), command.toString());
        }
        assertEquals("", api.kubectlWithInput(yaml, arguments(List.of("diff"), "--filename=-")));
        var patched = kubectl("patch", kind, name, "--type=merge", "--patch={}");
        assertTrue(patched.contains("patched (no change)"), patched);
    }

    /** All that says something, and no version. */
    private List<JsonNode> read() {
        var object = Yaml.read(kubectl("get", kind, name, "--output=json"));
        return List.of(object.at("/metadata/generation"), object.path("spec"), object.path("status"));
    }

    private String kubectl(String... arguments) {
        return api.kubectl(arguments(List.of(arguments)));
    }

    private String[] arguments(List<String> command, String... more) {
        var all = new ArrayList<>(command);
        all.addAll(options);
        return Stream.concat(all.stream(), Stream.of(more)).toArray(String[]::new);
    }
}
