package dev.capstan.operator;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Asks the API server who may do what. */
record Access(ApiServer api, String user, List<String> groups, String namespace) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    Access(ApiServer api, String user, String namespace) {
        this(api, user, List.of(), namespace);
    }

    /** Waits until the user may: the API server hears of a role that is given a moment after it is written. */
    void await(String verb, String resource) throws InterruptedException {
        var deadline = Instant.now().plus(PATIENCE);
        while (!may(verb, resource)) {
            assertTrue(Instant.now().isBefore(deadline), user + " may not " + verb + " " + resource);
            Thread.sleep(100);
        }
    }

    /**
     * Whether the user may do so in the namespace.
     *
     * @param resource plural, with its group and subresource where it has them: {@code pods},
     *     {@code trainingjobs.capstan.dev/status}
     */
    boolean may(String verb, String resource) {
        var parts = resource.split("/", 2);
        var name = parts[0].split("\\.", 2);
        return api.client()
                .authorization()
                .v1()
                .subjectAccessReview()
                .create(new SubjectAccessReviewBuilder()
                        .withNewSpec()
                        .withUser(user)
                        .withGroups(groups)
                        .withNewResourceAttributes()
                        .withVerb(verb)
                        .withResource(name[0])
                        .withGroup(name.length > 1 ? name[1] : "")
                        .withSubresource(parts.length > 1 ? parts[1] : "")
                        .withNamespace(namespace)
                        .endResourceAttributes()
                        .endSpec()
                        .build())
                .getStatus()
                .getAllowed();
    }
}
