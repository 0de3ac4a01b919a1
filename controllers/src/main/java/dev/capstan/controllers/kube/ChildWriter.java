package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.Refusal;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes and deletes what a job owns. */
final class ChildWriter {
    private static final Logger LOG = LoggerFactory.getLogger(ChildWriter.class);
    /** Answers by which the API server says that it will not take an object as it is. */
    private static final Set<Integer> DENIALS = Set.of(400, 403, 413, 422);

    /**
     * What it says, with a 500 as for its own trouble, when an admission webhook without which it takes nothing is
     * away.
     */
    private static final String NO_WEBHOOK = "failed calling webhook";

    private static final int TOKEN_BYTES = 32;

    private final KubernetesClient client;
    private final SecureRandom random = new SecureRandom();

    ChildWriter(KubernetesClient client) {
        this.client = client;
    }

    /** Does what is to be done, in order; stops at the first object that isn't taken and says why. */
    Optional<Refusal> write(HasMetadata owner, Children children) {
        children.delete().forEach(this::delete);
        var secret = children.peersSecret().flatMap(template -> make(owner, withToken(template)));
        if (secret.isPresent()) {
            return secret;
        }
        for (var child : children.make()) {
            var refusal = make(owner, child);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return Optional.empty();
    }

    private Optional<Refusal> make(HasMetadata owner, HasMetadata child) {
        var name = child.getKind().toLowerCase(Locale.ROOT) + " "
                + child.getMetadata().getName();
        try {
            client.resource(child).create();
            LOG.info("{}: made {}", of(owner), name);
            return Optional.empty();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return ours(owner, child) ? Optional.empty() : Optional.of(new Refusal.Taken(name));
            }
            if (DENIALS.contains(e.getCode()) || said(e).contains(NO_WEBHOOK)) {
                return Optional.of(new Refusal.Denied(name, said(e)));
            }
            throw e;
        }
    }

    /**
     * Whether what is there under the child's name was made for this very job: a cache that lags makes us try again
     * what is done. Something that went away just now is made by the next pass.
     */
    private boolean ours(HasMetadata owner, HasMetadata child) {
        var there = client.resource(child).get();
        return there == null
                || there.getMetadata().getOwnerReferences().stream()
                        .anyMatch(reference -> owner.getMetadata().getUid().equals(reference.getUid()));
    }

    /** Deletes a job as it was decided on; one that has changed since is another matter, and another pass. */
    void deleteJob(HasMetadata job) {
        var options = new DeleteOptionsBuilder()
                .withPropagationPolicy("Background")
                .withNewPreconditions()
                .withUid(job.getMetadata().getUid())
                .withResourceVersion(job.getMetadata().getResourceVersion())
                .endPreconditions()
                .build();
        delete("/apis/" + job.getApiVersion(), job, options);
    }

    private void delete(Pod pod) {
        // By UID: a pod of the same name may belong to a job that was created anew since our cache last looked.
        var options = new DeleteOptionsBuilder()
                .withNewPreconditions()
                .withUid(pod.getMetadata().getUid())
                .endPreconditions()
                .build();
        delete("/api/v1", pod, options);
    }

    private void delete(String group, HasMetadata object, DeleteOptions options) {
        var metadata = object.getMetadata();
        var uri = "%s/namespaces/%s/%s/%s"
                .formatted(group, metadata.getNamespace(), object.getPlural(), metadata.getName());
        try {
            client.raw(uri, "DELETE", options);
            LOG.info("{}/{}: deleted {}", metadata.getNamespace(), metadata.getName(), object.getSingular());
        } catch (KubernetesClientException e) {
            boolean goneAlready =
                    e.getCode() == HttpURLConnection.HTTP_NOT_FOUND || e.getCode() == HttpURLConnection.HTTP_CONFLICT;
            if (!goneAlready) {
                throw e;
            }
        }
    }

    private Secret withToken(Secret template) {
        var bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        var token = HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.US_ASCII);
        return new SecretBuilder(template)
                .withData(Map.of(WorkerHttp.TOKEN, Base64.getEncoder().encodeToString(token)))
                .build();
    }

    private static String said(KubernetesClientException e) {
        return e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : e.getMessage();
    }

    static String of(HasMetadata owner) {
        return owner.getMetadata().getNamespace() + "/" + owner.getMetadata().getName();
    }
}
