package dev.capstan.operator;

import dev.capstan.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;

/** Asks the API server who may do what. */
record Access(ApiServer api, String user, String namespace) {
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
