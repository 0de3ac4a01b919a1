package dev.capstan.worker.compress.quantize;

/**
 * An operator that stays as it was.
 *
 * @param node its name
 * @param operator its type, such as Conv
 * @param reason a clause that says why
 */
public record LeftInFloat(String node, String operator, String reason) {
    @Override
    public String toString() {
        return operator + " " + node + ": " + reason;
    }
}
