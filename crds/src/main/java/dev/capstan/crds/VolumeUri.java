package dev.capstan.crds;

import java.util.regex.Pattern;

/**
 * A place on a volume as users name it: {@code pvc://CLAIM/PATH}, where the path may be absent.
 *
 * @param claim name of the PersistentVolumeClaim
 * @param path path from the volume's root, without a leading slash; empty for the root itself
 */
public record VolumeUri(String claim, String path) implements PlaceUri {
    /** Longest URI that a schema accepts. */
    public static final int MAX_LENGTH = 512;

    private static final String REGEX = "^pvc://[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?(/[A-Za-z0-9._@=+,~-]+)*$";
    private static final String DOTS_REGEX = "/[.]{1,2}(/|$)";
    private static final Pattern PATTERN = Pattern.compile(REGEX);
    private static final Pattern DOTS = Pattern.compile(DOTS_REGEX);

    /** CEL: the string is a claim and a path. */
    public static final String SHAPE_RULE = "self.matches('" + REGEX + "')";
    /** What is said when {@link #SHAPE_RULE} fails. */
    public static final String SHAPE_MESSAGE =
            "uri must be pvc://CLAIM/PATH, such as pvc://datasets/mnist/train: the name"
                    + " of a PersistentVolumeClaim, then a path of letters, digits and . _ @ = + , ~ - that does not end in a slash";
    /** CEL: the path does not lead out of the volume. */
    public static final String STAYS_INSIDE_RULE = "!self.matches('" + DOTS_REGEX + "')";
    /** What is said when {@link #STAYS_INSIDE_RULE} fails. */
    public static final String STAYS_INSIDE_MESSAGE =
            "uri must not have . or .. in its path: write the path from the root of the volume or bucket";

    /**
     * Reads a URI that the API server accepted.
     *
     * @throws IllegalArgumentException if the schema would have refused it
     */
    public static VolumeUri parse(String uri) {
        if (uri.length() > MAX_LENGTH || !PATTERN.matcher(uri).matches()) {
            throw new IllegalArgumentException(SHAPE_MESSAGE + ", not " + uri);
        }
        requireInside(uri);
        var place = uri.substring("pvc://".length());
        int slash = place.indexOf('/');
        return slash < 0
                ? new VolumeUri(place, "")
                : new VolumeUri(place.substring(0, slash), place.substring(slash + 1));
    }

    @Override
    public VolumeUri resolve(String below) {
        return new VolumeUri(claim, path.isEmpty() ? below : path + "/" + below);
    }

    static void requireInside(String uri) {
        if (DOTS.matcher(uri).find()) {
            throw new IllegalArgumentException(STAYS_INSIDE_MESSAGE + ", not " + uri);
        }
    }

    @Override
    public String toString() {
        return path.isEmpty() ? "pvc://" + claim : "pvc://" + claim + "/" + path;
    }
}
