package dev.capstan.crds.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ApiServerTest {
    @Test
    void aMissingProgramSaysInALineWhatToRun() {
        var failure = assertThrows(IllegalStateException.class, () -> ApiServer.program("no-such-program"));
        assertTrue(failure.getMessage().startsWith("no-such-program is not in "), failure.getMessage());
        assertTrue(failure.getMessage().endsWith(": run ./capstan test, which builds it"), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count());
    }

    @Test
    void leavesNoProcessBehind() {
        var before = descendants();
        Path folder;
        try (var api = ApiServer.start()) {
            assertNotNull(
                    api.client().namespaces().withName(api.newNamespace("own")).get());
            assertTrue(descendants().size() >= before.size() + 4, "etcd and kube-apiserver, each below its shell");
            folder = api.kubeconfig().getParent();
        }
        var left = descendants();
        left.removeAll(before);
        assertEquals(Set.of(), left);
        assertFalse(folder.toFile().exists());
    }

    private static Set<Long> descendants() {
        return ProcessHandle.current()
                .descendants()
                .filter(ProcessHandle::isAlive)
                .map(ProcessHandle::pid)
                .collect(Collectors.toSet());
    }
}
