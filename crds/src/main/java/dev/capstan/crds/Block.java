package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * A block of a kind's YAML. Blocks are plain objects for reading and writing JSON: null means that the field is absent.
 * Two blocks of one class are equal when they read the same as JSON.
 *
 * <p>The API server pours no defaults into a spec, so that it stays as its user wrote it. What holds where a field is
 * absent is told by the method that is called as the field is: {@code getReplicas()} is what the user wrote or null,
 * {@code replicas()} is what holds. Such a method never returns null; for a block that is absent it returns an empty
 * one, which is no part of the spec, and an empty {@code Optional} where nothing holds.
 */
// Unknown fields are skipped: one object written by a newer version would otherwise stop an informer.
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public abstract class Block {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** A block that reads the same and shares nothing with this one. */
    @SuppressWarnings("unchecked")
    public static <B extends Block> B copy(B block) {
        return (B) MAPPER.convertValue(block, block.getClass());
    }

    @Override
    public final boolean equals(Object other) {
        return other != null
                && getClass() == other.getClass()
                && MAPPER.valueToTree(this).equals(MAPPER.valueToTree(other));
    }

    @Override
    public final int hashCode() {
        return MAPPER.valueToTree(this).hashCode();
    }

    /** The block as JSON. */
    @Override
    public final String toString() {
        try {
            return MAPPER.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a block is always JSON", e);
        }
    }
}
