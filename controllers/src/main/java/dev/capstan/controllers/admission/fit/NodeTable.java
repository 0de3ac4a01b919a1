package dev.capstan.controllers.admission.fit;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.DeviceUse;
import dev.capstan.controllers.admission.cluster.Resources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Every node, what it offers and what of it is free, in columns: one array a resource, one row a node. A pass over ten
 * thousand nodes reads a few arrays from one end to the other, and a copy of what is free is a copy of those.
 *
 * <p>Events change it between passes; which rows have changed is noted until somebody asks. What is taken on a node
 * that isn't known is noted too: pods may be seen before their node, and after it.
 */
public final class NodeTable {
    private static final int FIRST_CAPACITY = 64;

    private final ResourceNumbers numbers = new ResourceNumbers();
    private final AmountsTable requests = new AmountsTable(numbers);
    /** Those that nodes offer or quotas list. */
    private int[] devices = new int[0];

    private final Map<String, Integer> rows = new HashMap<>();
    private final List<Integer> vacant = new ArrayList<>();
    private final DomainsTable domains = new DomainsTable(this);
    private ClusterView.Node[] nodes = new ClusterView.Node[FIRST_CAPACITY];
    private String[] names = new String[FIRST_CAPACITY];
    /** How many pods and grants count on a row: one that is in use is not given to another node. */
    private int[] takers = new int[FIRST_CAPACITY];

    private final Columns offered = new Columns(FIRST_CAPACITY);
    private final Columns free = new Columns(FIRST_CAPACITY);
    private int size;
    private long version;
    private long edition;
    private final BitSet changedNodes = new BitSet();
    private final BitSet changedRoom = new BitSet();

    /** Rows in use or vacant: every row's number is below it. */
    public int size() {
        return size;
    }

    /** How many nodes are known. */
    public int count() {
        return (int) known().count();
    }

    /** How many labels they have, all together. */
    public int labels() {
        return known().mapToInt(node -> node.labels().size()).sum();
    }

    /** The nodes that are known. */
    public Stream<ClusterView.Node> known() {
        return Arrays.stream(nodes).filter(Objects::nonNull);
    }

    /** What the columns take, and a pass's copy of what is free. */
    public long bytesOfColumns() {
        return offered.bytes() + 2 * free.bytes();
    }

    /** Another one after each change of a node, or of what is taken of one. */
    public long version() {
        return version;
    }

    /** Another one after each change of a node. */
    public long edition() {
        return edition;
    }

    /** The node of a row, or null if there is none now. */
    public ClusterView.Node node(int row) {
        return nodes[row];
    }

    /** The row of a node, or -1 if nothing is known of it. */
    public int row(String name) {
        return rows.getOrDefault(name, -1);
    }

    /** The number of a resource that nodes offer or quotas list: it stays the same for good. */
    public int resource(String name) {
        int number = numbers.forGood(name);
        cover();
        if (Resources.isDevice(name) && Arrays.stream(devices).noneMatch(device -> device == number)) {
            devices = Arrays.copyOf(devices, devices.length + 1);
            devices[devices.length - 1] = number;
        }
        return number;
    }

    /** The name of a resource. */
    public String resourceName(int number) {
        return numbers.name(number);
    }

    /** Amounts by number until {@link #release}, once for each call. */
    public Amounts use(Resources asked) {
        var amounts = requests.use(asked);
        cover();
        return amounts;
    }

    public void release(Amounts amounts) {
        requests.release(amounts, free::clear);
    }

    /** There is a column for each number. */
    private void cover() {
        offered.cover(numbers.size());
        free.cover(numbers.size());
    }

    /** Adds a node, or changes it; answers whether something of it is new. */
    public boolean put(ClusterView.Node node) {
        int row = rowOf(node.name());
        var before = nodes[row];
        if (node.equals(before)) {
            return false;
        }
        nodes[row] = node;
        offer(row, before, -1);
        offer(row, node, 1);
        domains.put(row, node);
        nodeChanged(row);
        return true;
    }

    /** Takes a node away. */
    public void remove(String name) {
        var row = rows.get(name);
        if (row == null || nodes[row] == null) {
            return;
        }
        offer(row, nodes[row], -1);
        nodes[row] = null;
        domains.remove(row);
        nodeChanged(row);
        vacate(row);
    }

    private void nodeChanged(int row) {
        changedNodes.set(row);
        edition++;
        version++;
    }

    private void roomChanged(int row) {
        changedRoom.set(row);
        version++;
    }

    /** The row of a node, known or not; it stays the same until {@link #letRowGo}, once for each call. */
    public int keepRow(String node) {
        int row = rowOf(node);
        takers[row]++;
        return row;
    }

    public void letRowGo(int row) {
        takers[row]--;
        vacate(row);
    }

    /** A pod takes so much of a node. */
    public void take(String node, Amounts each) {
        int row = keepRow(node);
        for (int resource : each.resources()) {
            free.own(resource);
        }
        each.take(free.all(), row, 1);
        roomChanged(row);
    }

    /** Gives back what a pod took. */
    public void giveBack(String node, Amounts each) {
        int row = rows.get(node);
        each.take(free.all(), row, -1);
        roomChanged(row);
        letRowGo(row);
    }

    /**
     * A copy of what is free: the first index is the resource, the second the row. Negative where too much is taken. Of
     * what no node has there is nothing to be written to.
     */
    public long[][] free() {
        return free.copy(size);
    }

    /** What the nodes offer when they are empty; not to be changed. */
    public long[][] offered() {
        return offered.all();
    }

    /** Whether a row's node has a device of which a pod takes nothing. */
    boolean offersDevicesBeside(Amounts each, int row) {
        for (int device : devices) {
            if (offered.all()[device][row] > 0 && each.of(device) == 0) {
                return true;
            }
        }
        return false;
    }

    /** How each kind of device is used, by the name of its resource. */
    public List<DeviceUse> devices() {
        return Arrays.stream(devices)
                .mapToObj(this::use)
                .sorted(Comparator.comparing(DeviceUse::resource))
                .toList();
    }

    private DeviceUse use(int number) {
        long all = 0;
        long left = 0;
        long onEmptyNodes = 0;
        for (int row = 0; row < size; row++) {
            if (nodes[row] != null && nodes[row].ready() && nodes[row].schedulable()) {
                long here = Math.max(0, free.all()[number][row]);
                all += offered.all()[number][row];
                left += here;
                onEmptyNodes += here == offered.all()[number][row] ? here : 0;
            }
        }
        return new DeviceUse(numbers.name(number), all, left, onEmptyNodes);
    }

    /** The domains that labels divide the nodes into. */
    public DomainsTable domains() {
        return domains;
    }

    /** Rows whose node has changed since the last call. */
    int[] drainChangedNodes() {
        return drain(changedNodes);
    }

    /** Rows of which more or less is taken since the last call. */
    int[] drainChangedRoom() {
        return drain(changedRoom);
    }

    /** A pass has counted with what it gave away on a row: it has to be counted anew. */
    public void touched(int row) {
        changedRoom.set(row);
    }

    /** As if everything had changed. */
    public void allChanged() {
        changedNodes.set(0, size);
    }

    private static int[] drain(BitSet noted) {
        var all = noted.stream().toArray();
        noted.clear();
        return all;
    }

    private void offer(int row, ClusterView.Node node, int sign) {
        if (node != null) {
            for (var amount : node.allocatable().thousandths().entrySet()) {
                int number = resource(amount.getKey());
                offered.own(number);
                offered.all()[number][row] += sign * amount.getValue();
                free.own(number);
                free.all()[number][row] += sign * amount.getValue();
            }
        }
    }

    /** The row of a node, whether it is known or not: one that isn't gets the next. */
    private int rowOf(String name) {
        var known = rows.get(name);
        if (known != null) {
            return known;
        }
        int row = vacant.isEmpty() ? next() : vacant.removeLast();
        rows.put(name, row);
        names[row] = name;
        return row;
    }

    private void vacate(int row) {
        if (nodes[row] == null && takers[row] == 0) {
            rows.remove(names[row]);
            names[row] = null;
            vacant.add(row);
        }
    }

    private int next() {
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * size);
            names = Arrays.copyOf(names, 2 * size);
            takers = Arrays.copyOf(takers, 2 * size);
            offered.grow(2 * size);
            free.grow(2 * size);
        }
        return size++;
    }
}
