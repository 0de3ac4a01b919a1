package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.function.BooleanSupplier;

/**
 * Keeps a replica from writing when it doesn't hold the lease any more. A process that was paused, or whose machine
 * was, may wake up long after another replica took over, and its threads go on with what they were about to write
 * before it looks at the lease again.
 *
 * <p>A request that was sent in time and arrives late is beyond this: against that there are resourceVersions, UIDs and
 * names that follow from what was decided.
 */
final class Fence implements Interceptor {
    private static final String READ = "GET";

    private final BooleanSupplier held;

    private Fence(BooleanSupplier held) {
        this.held = held;
    }

    /** A client of its own to the same API server, whose writes fail at once while the lease isn't held. */
    static KubernetesClient around(KubernetesClient client, BooleanSupplier held) {
        return new KubernetesClientBuilder()
                .withConfig(client.getConfiguration())
                .withHttpClientBuilderConsumer(
                        http -> http.addOrReplaceInterceptor(Fence.class.getName(), new Fence(held)))
                .build();
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        // Watches over a web socket have no method.
        if (request.method() != null && !READ.equals(request.method()) && !held.getAsBoolean()) {
            throw new KubernetesClientException("another replica may lead by now: no " + request.method() + " of "
                    + request.uri().getPath());
        }
    }
}
