package dev.capstan.controllers.gang;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Every node, what it offers and what of it is free, in columns: one array a resource, one row a node. A pass over ten
 * thousand nodes reads a few arrays from one end to the other, and a copy of what is free is a copy of those.
 *
 * <p>Events change it between passes; which rows have changed is noted until somebody asks. What is taken on a node
 * that isn't known is noted too: pods may be seen before their node, and after it.
 */
final class NodeTable {
    private static final int FIRST_CAPACITY = 64;
    /** So many different requests are remembered: in a cluster most pods are like many others. */
    private static final int MOST_AMOUNTS = 10_000;

    private final Map<String, Integer> resources = new HashMap<>();
    private final List<String> resourceNames = new ArrayList<>();
    private int[] devices = new int[0];
    private final Map<String, Integer> rows = new HashMap<>();
    private final List<Integer> vacant = new ArrayList<>();
    private final Map<Resources, Amounts> amounts = new HashMap<>();
    private final Map<String, Domains> domains = new HashMap<>();
    private ClusterView.Node[] nodes = new ClusterView.Node[FIRST_CAPACITY];
    private String[] names = new String[FIRST_CAPACITY];
    /** How many pods and grants count on a row: one that is in use is not given to another node. */
    private int[] takers = new int[FIRST_CAPACITY];

    private long[][] offered = new long[0][];
    private long[][] free = new long[0][];
    private int size;
    private final BitSet changedNodes = new BitSet();
    private final BitSet changedRoom = new BitSet();

    /** Rows in use or vacant: every row's number is below it. */
    int size() {
        return size;
    }

    /** The node of a row, or null if there is none now. */
    ClusterView.Node node(int row) {
        return nodes[row];
    }

    /** The row of a node, or -1 if nothing is known of it. */
    int row(String name) {
        return rows.getOrDefault(name, -1);
    }

    /** The number of a resource; a new name gets the next one. */
    int resource(String name) {
        var known = resources.get(name);
        if (known != null) {
            return known;
        }
        int number = resources.size();
        resources.put(name, number);
        resourceNames.add(name);
        offered = Arrays.copyOf(offered, number + 1);
        offered[number] = new long[nodes.length];
        free = Arrays.copyOf(free, number + 1);
        free[number] = new long[nodes.length];
        if (Resources.isDevice(name)) {
            devices = Arrays.copyOf(devices, devices.length + 1);
            devices[devices.length - 1] = number;
        }
        return number;
    }

    /** The name of a resource. */
    String resourceName(int number) {
        return resourceNames.get(number);
    }

    /** Amounts by number; for the same resources most often the very same object. */
    Amounts amounts(Resources asked) {
        if (amounts.size() > MOST_AMOUNTS) {
            amounts.clear();
        }
        return amounts.computeIfAbsent(asked, this::numbered);
    }

    private Amounts numbered(Resources asked) {
        var wanted = asked.thousandths().entrySet().stream()
                .filter(each -> each.getValue() > 0)
                // Devices are what nodes have least of: looked at first, they decide soonest.
                .sorted(Map.Entry.comparingByKey(Resources.FOR_PEOPLE))
                .toList();
        var numbers = new int[wanted.size()];
        var thousandths = new long[wanted.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = resource(wanted.get(i).getKey());
            thousandths[i] = wanted.get(i).getValue();
        }
        return new Amounts(numbers, thousandths);
    }

    /** Adds a node, or changes it; answers whether something of it is new. */
    boolean put(ClusterView.Node node) {
        int row = rowOf(node.name());
        var before = nodes[row];
        if (node.equals(before)) {
            return false;
        }
        nodes[row] = node;
        offer(row, before, -1);
        offer(row, node, 1);
        domains.values().forEach(each -> each.put(row, node));
        changedNodes.set(row);
        return true;
    }

    /** Takes a node away. */
    void remove(String name) {
        var row = rows.get(name);
        if (row == null || nodes[row] == null) {
            return;
        }
        offer(row, nodes[row], -1);
        nodes[row] = null;
        domains.values().forEach(each -> each.remove(row));
        changedNodes.set(row);
        vacate(row);
    }

    /** The row of a node, known or not; it stays the same until {@link #letRowGo}, once for each call. */
    int keepRow(String node) {
        int row = rowOf(node);
        takers[row]++;
        return row;
    }

    void letRowGo(int row) {
        takers[row]--;
        vacate(row);
    }

    /** A pod takes so much of a node. */
    void take(String node, Amounts each) {
        int row = keepRow(node);
        each.take(free, row, 1);
        changedRoom.set(row);
    }

    /** Gives back what a pod took. */
    void giveBack(String node, Amounts each) {
        int row = rows.get(node);
        each.take(free, row, -1);
        changedRoom.set(row);
        letRowGo(row);
    }

    /**
     * A copy of what is free: the first index is the resource, the second the row. Negative where too much is taken.
     */
    long[][] free() {
        var copy = new long[free.length][];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = Arrays.copyOf(free[i], size);
        }
        return copy;
    }

    /** What the nodes offer when they are empty; not to be changed. */
    long[][] offered() {
        return offered;
    }

    /** Whether a row's node has a device of which a pod takes nothing. */
    boolean offersDevicesBeside(Amounts each, int row) {
        for (int device : devices) {
            if (offered[device][row] > 0 && each.of(device) == 0) {
                return true;
            }
        }
        return false;
    }

    /** How each kind of device is used, by the name of its resource. */
    List<DeviceUse> devices() {
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
                long here = Math.max(0, free[number][row]);
                all += offered[number][row];
                left += here;
                onEmptyNodes += here == offered[number][row] ? here : 0;
            }
        }
        return new DeviceUse(resourceNames.get(number), all, left, onEmptyNodes);
    }

    /** The domains that a label divides the nodes into. */
    Domains domains(String label) {
        return domains.computeIfAbsent(label, name -> {
            var divided = new Domains(name);
            for (int row = 0; row < size; row++) {
                if (nodes[row] != null) {
                    divided.put(row, nodes[row]);
                }
            }
            return divided;
        });
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
    void touched(int row) {
        changedRoom.set(row);
    }

    /** As if everything had changed. */
    void allChanged() {
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
                offered[number][row] += sign * amount.getValue();
                free[number][row] += sign * amount.getValue();
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
            for (int i = 0; i < offered.length; i++) {
                offered[i] = Arrays.copyOf(offered[i], 2 * size);
                free[i] = Arrays.copyOf(free[i], 2 * size);
            }
        }
        return size++;
    }
}
