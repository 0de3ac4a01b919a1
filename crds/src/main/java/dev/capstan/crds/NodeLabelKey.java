package dev.capstan.crds;

/** What the key of a label of nodes must be like. */
public final class NodeLabelKey {
    /** Letters that it may have. */
    public static final int MAX_SIZE = 316;

    /** In CEL, of {@code self}. */
    public static final String RULE =
            "self.indexOf('/') <= 253 && self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')";

    /** The same for people; goes on from an example and a colon. */
    public static final String WORDS =
            "at most 63 letters, digits and - _ . that begin and end with a letter or digit, perhaps behind a domain and /";

    private NodeLabelKey() {}
}
