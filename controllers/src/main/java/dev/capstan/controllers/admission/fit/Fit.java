package dev.capstan.controllers.admission.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How pods of one shape fit on the nodes: the numbers by which most gangs are refused without a look at any node. */
public final class Fit {
    /** Four arrays, and as many bytes again while a pass looks for bestFit among the rows. */
    public static final int BYTES_PER_ROW = 24;
    /** Two numbers for each domain of a label by which somebody asks for it. */
    public static final int BYTES_PER_DOMAIN = 16;

    public final PodShape shape;
    public final Amounts each;
    private PodShape.Suits[] suits = new PodShape.Suits[0];
    private short[] pods = new short[0];
    private short[] most = new short[0];
    private boolean[] otherDevices = new boolean[0];
    private long total;
    private long mostTotal;
    private final List<Sums> sums = new ArrayList<>();

    /** The same numbers, added up for each domain. */
    private record Sums(Domains domains, long[] pods, long[] most, long biggest) {}

    Fit(PodShape shape, Amounts each) {
        this.shape = shape;
        this.each = each;
    }

    /** How many pods fit on all nodes now. */
    public long total() {
        return total;
    }

    /** How many pods would fit on empty nodes, those included that are away for the moment. */
    public long mostTotal() {
        return mostTotal;
    }

    /** How many pods fit on each row now; to be read only. */
    public short[] pods() {
        return pods;
    }

    /** Whether a row's node has devices that the shape has no use for; to be read only. */
    public boolean[] otherDevices() {
        return otherDevices;
    }

    /** How a row's node suits the shape, room aside; null for no node. */
    public PodShape.Suits suits(int row) {
        return suits[row];
    }

    /** How many pods fit on each domain now; to be read only. */
    public long[] sums(Domains domains) {
        return sumsOf(domains).pods();
    }

    /** How many pods would fit on each domain if it were empty; to be read only. */
    public long[] mostSums(Domains domains) {
        return sumsOf(domains).most();
    }

    /** How many pods would fit on the domain that has most room when it is empty. */
    public long biggestOfMost(Domains domains) {
        return sumsOf(domains).biggest();
    }

    /** Forgets all rows. */
    void clear() {
        suits = new PodShape.Suits[0];
        pods = new short[0];
        most = new short[0];
        otherDevices = new boolean[0];
        total = 0;
        mostTotal = 0;
        sums.clear();
    }

    /** Forgets what was added up for these domains. */
    void forget(Domains domains) {
        sums.removeIf(sum -> sum.domains() == domains);
    }

    /** Forgets what was added up for any. */
    void forgetDomains() {
        sums.clear();
    }

    /** There are so many rows now: also such of which no node is known, but pods that are on it. */
    void cover(int rows) {
        if (rows > pods.length) {
            suits = Arrays.copyOf(suits, rows);
            pods = Arrays.copyOf(pods, rows);
            most = Arrays.copyOf(most, rows);
            otherDevices = Arrays.copyOf(otherDevices, rows);
        }
    }

    /** Looks at a row again because its node has changed. */
    void nodeChanged(NodeTable nodes, long[][] free, int row) {
        // The node may have moved from one domain to another.
        sums.clear();
        var node = nodes.node(row);
        suits[row] = node == null ? null : shape.suits(node);
        boolean possible = suits[row] == PodShape.Suits.NOW || suits[row] == PodShape.Suits.LATER;
        int empty = possible ? each.fits(nodes.offered(), row) : 0;
        mostTotal += empty - most[row];
        most[row] = (short) empty;
        otherDevices[row] = empty > 0 && nodes.offersDevicesBeside(each, row);
        roomChanged(free, row);
    }

    /** Looks at a row again because more or less is free there. */
    void roomChanged(long[][] free, int row) {
        int now = suits[row] == PodShape.Suits.NOW ? each.fits(free, row) : 0;
        int more = now - pods[row];
        if (more != 0) {
            total += more;
            pods[row] = (short) now;
            for (var sum : sums) {
                int domain = sum.domains().of(row);
                if (domain >= 0) {
                    sum.pods()[domain] += more;
                }
            }
        }
    }

    private Sums sumsOf(Domains domains) {
        for (var known : sums) {
            if (known.domains() == domains) {
                return known;
            }
        }
        var empty = sum(domains, most);
        var added = new Sums(
                domains, sum(domains, pods), empty, Arrays.stream(empty).max().orElse(0));
        sums.add(added);
        return added;
    }

    /** Numbers of rows added up for each domain. */
    public static long[] sum(Domains domains, short[] ofRows) {
        var sums = new long[domains.count()];
        for (int row = 0; row < ofRows.length; row++) {
            int domain = domains.of(row);
            if (domain >= 0) {
                sums[domain] += ofRows[row];
            }
        }
        return sums;
    }
}
