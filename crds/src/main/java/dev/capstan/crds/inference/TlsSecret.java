package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The Secret with the certificate of the service. */
public class TlsSecret extends Block {
    @JsonPropertyDescription(
            "secretName is the name of the Secret, of type kubernetes.io/tls: its tls.crt and tls.key are read anew when they change.")
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(
            value = "self == '' || self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            message =
                    "secretName must be the name of a Secret in the same namespace: lower-case letters, digits, - and . that begin and end with a letter or digit")
    private String secretName;

    /** Name of the Secret. */
    public String getSecretName() {
        return secretName;
    }

    public TlsSecret setSecretName(String secretName) {
        this.secretName = secretName;
        return this;
    }
}
