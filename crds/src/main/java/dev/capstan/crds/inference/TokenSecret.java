package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The Secret with the token that clients send. */
public class TokenSecret extends Block {
    public static final String DEFAULT_KEY = "token";

    @JsonPropertyDescription("secretName is the name of the Secret. What it holds is read anew when it changes.")
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(
            value = "self == '' || self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            message =
                    "secretName must be the name of a Secret in the same namespace: lower-case letters, digits, - and . that begin and end with a letter or digit")
    private String secretName;

    @JsonPropertyDescription(
            "key is the key in the Secret whose value is the token, or several, one a line, any of which may be sent. Default: "
                    + DEFAULT_KEY + ".")
    @Size(min = 1, max = 253)
    @ValidationRule(
            value = "self == '' || self.matches('^[-._a-zA-Z0-9]+$')",
            message = "key must be a key of a Secret, such as token: letters, digits and - _ .")
    private String key;

    /** Name of the Secret. */
    public String getSecretName() {
        return secretName;
    }

    public TokenSecret setSecretName(String secretName) {
        this.secretName = secretName;
        return this;
    }

    /** Key in the Secret, or null. */
    public String getKey() {
        return key;
    }

    public TokenSecret setKey(String key) {
        this.key = key;
        return this;
    }

    /** Key in the Secret. */
    public String key() {
        return key == null ? DEFAULT_KEY : key;
    }
}
