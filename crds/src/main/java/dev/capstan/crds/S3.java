package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A service that speaks the S3 API, and who may read from it, and write to it where a job does. */
public class S3 extends Block {
    public static final String DEFAULT_REGION = "us-east-1";
    /** CEL, of a block with a uri and an s3: they go together. */
    public static final String WITH_URI_RULE = "has(self.s3) == (has(self.uri) && self.uri.startsWith('s3://'))";
    /** What is said when {@link #WITH_URI_RULE} fails. */
    public static final String WITH_URI_MESSAGE =
            "s3 says how to reach an s3:// uri and goes with nothing else: set s3, such as s3: {secretRef: {name: s3-reader}}, with an s3:// uri, and remove it otherwise";

    @JsonPropertyDescription(
            "endpoint is the service's address, such as https://minio.example.com:9000. Default: the service of AWS in the region.")
    @Size(max = 256)
    @ValidationRule(
            value = "self.matches('^https?://[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?$')",
            message =
                    "endpoint must be http:// or https:// and a host, with or without a port and nothing behind it, such as https://minio.example.com:9000")
    @ValidationRule(
            value =
                    "!self.matches('^[^:]+:[^:]+:[0-9]{1,5}$') || (int(self.split(':')[2]) >= 1 && int(self.split(':')[2]) <= 65535)",
            message = "endpoint must have a port from 1 to 65535, such as https://minio.example.com:9000, or none")
    private String endpoint;

    @JsonPropertyDescription("region is the region that requests are signed for. Default: " + DEFAULT_REGION + ".")
    @Size(max = 64)
    @ValidationRule(
            value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            message = "region must be the name of a region, such as us-east-1: lower-case letters, digits and -")
    private String region;

    @JsonPropertyDescription(
            "secretRef names the Secret with the keys accessKeyId and secretAccessKey, and perhaps sessionToken. It is mounted into the workers and nowhere else.")
    @Required
    private LocalReference secretRef;

    /** Address of the service, or null for that of AWS. */
    public String getEndpoint() {
        return endpoint;
    }

    public S3 setEndpoint(String endpoint) {
        this.endpoint = endpoint;
        return this;
    }

    /** Region, or null. */
    public String getRegion() {
        return region;
    }

    public S3 setRegion(String region) {
        this.region = region;
        return this;
    }

    /** Region that requests are signed for. */
    public String region() {
        return region == null ? DEFAULT_REGION : region;
    }

    /** The Secret with the credentials. */
    public LocalReference getSecretRef() {
        return secretRef;
    }

    public S3 setSecretRef(LocalReference secretRef) {
        this.secretRef = secretRef;
        return this;
    }
}
