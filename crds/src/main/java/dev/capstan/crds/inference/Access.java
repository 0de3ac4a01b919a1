package dev.capstan.crds.inference;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.Block;
import java.util.Optional;

/** Who may ask, and how. */
public class Access extends Block {
    public static final boolean DEFAULT_MODEL_REPOSITORY = false;

    @JsonPropertyDescription(
            "tls has the service answer by TLS alone, HTTP and gRPC. Default: plain text. A change rolls out.")
    private TlsSecret tls;

    @JsonPropertyDescription(
            "token has the service answer only to whoever sends Authorization: Bearer and the token. Default: whoever reaches it may ask. A change rolls out.")
    private TokenSecret token;

    @JsonPropertyDescription(
            "modelRepository says whether clients may list, load and unload models by the repository calls of the protocol: false refuses them. Default: "
                    + DEFAULT_MODEL_REPOSITORY + ". A change rolls out.")
    private Boolean modelRepository;

    /** The certificate, or null. */
    public TlsSecret getTls() {
        return tls;
    }

    public Access setTls(TlsSecret tls) {
        this.tls = tls;
        return this;
    }

    /** The certificate; empty for plain text. */
    public Optional<TlsSecret> tls() {
        return Optional.ofNullable(tls);
    }

    /** The token, or null. */
    public TokenSecret getToken() {
        return token;
    }

    public Access setToken(TokenSecret token) {
        this.token = token;
        return this;
    }

    /** The token; empty if anybody may ask. */
    public Optional<TokenSecret> token() {
        return Optional.ofNullable(token);
    }

    /** Whether clients may load and unload models, or null. */
    public Boolean getModelRepository() {
        return modelRepository;
    }

    public Access setModelRepository(Boolean modelRepository) {
        this.modelRepository = modelRepository;
        return this;
    }

    /** Whether clients may load and unload models. */
    public boolean modelRepository() {
        return modelRepository == null ? DEFAULT_MODEL_REPOSITORY : modelRepository;
    }
}
