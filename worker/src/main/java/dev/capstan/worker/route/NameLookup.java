package dev.capstan.worker.route;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks up the replicas' name, again and again, until the operator tells who they are. */
final class NameLookup implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NameLookup.class);

    private final Thread thread;

    /** @param name of the headless service */
    NameLookup(String name, Replicas replicas, Tuning tuning) {
        thread = Thread.ofVirtual().name("lookup").start(() -> {
            try {
                while (!replicas.told()) {
                    lookUp(name, replicas);
                    Thread.sleep(tuning.lookup());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void lookUp(String name, Replicas replicas) {
        try {
            replicas.found(Arrays.stream(InetAddress.getAllByName(name))
                    .map(InetAddress::getHostAddress)
                    .toList());
        } catch (UnknownHostException e) {
            LOG.debug("{} isn't known: {}", name, e.getMessage());
            replicas.notFound();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
