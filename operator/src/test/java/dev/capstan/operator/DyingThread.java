package dev.capstan.operator;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.InvalidTypeException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import java.io.IOException;
import java.util.Map;

/**
 * Has a thread of another JVM die of an Error, which no input is known to bring about: by the interface for debuggers.
 */
record DyingThread(int port, String name) {
    /** What has a JVM listen for debuggers, as an environment variable of its process. */
    Map<String, String> environment() {
        return Map.of(
                "JAVA_TOOL_OPTIONS", "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:" + port);
    }

    /**
     * Throws an Error in the thread: one of those that a JVM has at hand for when there is no memory to make one.
     *
     * @return whether there is such a thread
     */
    boolean dies() {
        var connector = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(each -> each.transport().name().equals("dt_socket"))
                .findFirst()
                .orElseThrow();
        var arguments = connector.defaultArguments();
        arguments.get("hostname").setValue("127.0.0.1");
        arguments.get("port").setValue(Integer.toString(port));
        VirtualMachine machine = null;
        try {
            machine = connector.attach(arguments);
            var error = machine.classesByName(OutOfMemoryError.class.getName())
                    .getFirst()
                    .instances(1)
                    .getFirst();
            var thread = machine.allThreads().stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst();
            if (thread.isPresent()) {
                thread.get().stop(error);
            }
            return thread.isPresent();
        } catch (IOException | IllegalConnectorArgumentsException | InvalidTypeException e) {
            throw new IllegalStateException("no way to end thread " + name, e);
        } finally {
            if (machine != null) {
                machine.dispose();
            }
        }
    }
}
