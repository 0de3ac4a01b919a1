package dev.capstan.controllers.admission.cluster;

/**
 * In what a resource is counted on the accounts of quotas. Bytes are counted whole: of thousandths, the memory of some
 * thousand nodes has more than a long holds. Of all else a thousandth is the finest that Kubernetes tells apart.
 */
public enum Unit {
    WHOLE(1),
    THOUSANDTH(1000);

    private final int perOne;

    Unit(int perOne) {
        this.perOne = perOne;
    }

    /** The unit of a resource, by its name. */
    public static Unit of(String resource) {
        return isBytes(resource) ? WHOLE : THOUSANDTH;
    }

    /** Whether a resource is an amount of bytes. */
    public static boolean isBytes(String resource) {
        return resource.equals("memory") || resource.equals("ephemeral-storage") || resource.startsWith("hugepages-");
    }

    /** How many of them make one whole. */
    public int perOne() {
        return perOne;
    }

    /** So many thousandths in this unit; a part of it counts as one. */
    public long count(long thousandths) {
        return this == THOUSANDTH ? thousandths : Math.ceilDiv(thousandths, 1000L);
    }
}
