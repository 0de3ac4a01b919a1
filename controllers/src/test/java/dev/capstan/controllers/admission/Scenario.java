package dev.capstan.controllers.admission;

import dev.capstan.controllers.admission.cluster.ClusterView;
import dev.capstan.controllers.admission.cluster.Grant;
import dev.capstan.controllers.admission.cluster.NodeConstraints;
import dev.capstan.controllers.admission.cluster.Resources;
import dev.capstan.controllers.admission.cluster.WorkloadId;
import dev.capstan.controllers.admission.queue.PendingReason;
import dev.capstan.controllers.admission.queue.PodSet;
import dev.capstan.controllers.admission.queue.Workload;
import dev.capstan.controllers.admission.quota.QuotaBook;
import dev.capstan.controllers.admission.quota.Usage;
import dev.capstan.crds.quota.Flavor;
import dev.capstan.crds.quota.FlavorResource;
import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaSpec;
import dev.capstan.crds.quota.StopPolicy;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A cluster in a few words, and what the engine decides in it. Each quota claims the one namespace of its own name; a
 * job's UID is its name; time is in minutes.
 */
final class Scenario {
    static final String GPU = "nvidia.com/gpu";
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    final Engine engine;
    private final Map<String, ClusterView.Node> nodes = new HashMap<>();
    private final Map<String, GPUQuota> quotas = new TreeMap<>();
    private final Map<String, Job> waiting = new HashMap<>();
    private Instant now = START;
    private final Map<String, Grant> granted = new HashMap<>();
    private int pods;

    Scenario() {
        this(engine());
    }

    Scenario(Engine engine) {
        this.engine = engine;
    }

    /** One that looks at all who wait. */
    static Engine engine() {
        return new Engine(Long.MAX_VALUE);
    }

    static Resources gpus(int count) {
        return Resources.units(GPU, count).plus(Resources.units("cpu", count));
    }

    static Resources cpus(int count) {
        return Resources.units("cpu", count);
    }

    Scenario with(ClusterView.Node... some) {
        for (var node : some) {
            nodes.put(node.name(), node);
            engine.put(node);
        }
        return this;
    }

    Scenario without(String node) {
        nodes.remove(node);
        engine.removeNode(node);
        return this;
    }

    Scenario with(Quota... some) {
        for (var each : some) {
            quotas.put(each.resource.getMetadata().getName(), each.resource);
        }
        return quotasChanged();
    }

    Scenario withoutQuota(String name) {
        quotas.remove(name);
        return quotasChanged();
    }

    private Scenario quotasChanged() {
        var namespaces = new HashMap<String, Map<String, String>>();
        quotas.keySet().forEach(name -> namespaces.put(name, Map.of()));
        engine.put(QuotaBook.of(List.copyOf(quotas.values()), namespaces));
        return this;
    }

    Scenario waits(Job... some) {
        for (var job : some) {
            waiting.put(job.name, job);
            engine.put(job.workload());
        }
        return this;
    }

    Scenario waitsNoMore(String job) {
        waiting.remove(job);
        engine.removeWorkload(job);
        return this;
    }

    /** A granted job whose pods aren't there yet; it ends in as long as it may take from now on. */
    Scenario runs(Job job, String... places) {
        engine.put(job.grant(now, places));
        return this;
    }

    Scenario ends(String job) {
        granted.remove(job);
        engine.removeGrant(job);
        return this;
    }

    /** A pod of a job's first attempt, bound to a node. */
    Scenario bound(Job job, int rank, String node) {
        return pod(job, rank, node, false, Optional.empty());
    }

    /** It was told to end, and should be gone by then. */
    Scenario terminating(Job job, int rank, String node, int goneBy) {
        return pod(job, rank, node, false, Optional.of(START.plus(Duration.ofMinutes(goneBy))));
    }

    /** Its containers have ended, and it is there still. */
    Scenario finished(Job job, int rank, String node) {
        return pod(job, rank, node, true, Optional.empty());
    }

    Scenario gone(Job job, int rank) {
        engine.removePod(job.name + "-" + rank);
        return this;
    }

    private Scenario pod(Job job, int rank, String node, boolean finished, Optional<Instant> goneBy) {
        engine.put(new ClusterView.Pod(
                job.name + "-" + rank,
                job.namespace,
                node,
                finished,
                job.each,
                Optional.of(new ClusterView.Seat(job.namespace, job.name, 1, rank)),
                goneBy));
        return this;
    }

    /** A pod of somebody else. */
    Scenario pod(String namespace, String node, Resources requests) {
        engine.put(new ClusterView.Pod("pod-" + pods++, namespace, node, false, requests, Optional.empty()));
        return this;
    }

    /** A pod that was made for a job, and that can't be told to be anybody's. */
    Scenario stray(String namespace, String name, String node, Resources requests) {
        engine.put(new ClusterView.Pod(
                "pod-" + pods++,
                namespace,
                node,
                false,
                requests,
                Optional.empty(),
                Optional.empty(),
                Optional.of(name)));
        return this;
    }

    Scenario after(int minutes) {
        now = now.plus(Duration.ofMinutes(minutes));
        return this;
    }

    /** Who gets places, in the order of their turns, such as {@code x on a a; y on b}; nothing is granted yet. */
    String pass() {
        return said(engine.cycle(now));
    }

    /** The same, and the jobs are granted what they got. */
    String start() {
        var decisions = engine.cycle(now);
        for (var each : decisions) {
            if (each instanceof Decision.Granting places) {
                var uid = places.id().uid();
                var held = granted.get(uid);
                granted.put(
                        uid,
                        waiting.get(uid)
                                .grant(
                                        held == null ? now : held.since(),
                                        held == null
                                                ? places.podSets()
                                                : Grant.Seats.merged(held.podSets(), places.podSets())));
                engine.put(granted.get(uid));
                if (isWhole(granted.get(uid), places.workload())) {
                    // It doesn't ask again when it has ended.
                    engine.removeWorkload(uid);
                }
            }
        }
        return said(decisions);
    }

    private static boolean isWhole(Grant grant, Workload workload) {
        return workload.podSets().stream()
                .allMatch(podSet -> grant.seats(podSet.name())
                        .filter(seats -> seats.count() == podSet.count())
                        .isPresent());
    }

    /** A job gives one of its places back. */
    Scenario givesBack(String job, String podSet, int rank) {
        var held = granted.get(job);
        granted.put(
                job,
                waiting.get(job)
                        .grant(
                                held.since(),
                                held.podSets().stream()
                                        .map(seats -> seats.podSet().equals(podSet) ? without(seats, rank) : seats)
                                        .toList()));
        engine.put(granted.get(job));
        return this;
    }

    private static Grant.Seats without(Grant.Seats seats, int rank) {
        var nodes = new ArrayList<>(seats.nodes());
        nodes.set(rank, null);
        return new Grant.Seats(seats.podSet(), seats.firstRank(), seats.each(), nodes);
    }

    /** Of those who get places, who is granted them at once. */
    List<Decision> paced() {
        return engine.paced(engine.cycle(now), now);
    }

    private static String said(List<? extends Decision> decisions) {
        return decisions.isEmpty()
                ? "nobody"
                : decisions.stream().map(Scenario::said).collect(Collectors.joining("; "));
    }

    private static String said(Decision decision) {
        return switch (decision) {
            case Decision.Admit admit -> admit.id().name() + " on " + said(admit);
            case Decision.Fill fill -> fill.id().name() + " also on " + said(fill);
            case Decision.Evict evict -> evict.id().name() + " off";
        };
    }

    private static String said(Decision.Granting places) {
        return places.podSets().stream()
                .map(seats -> (seats.podSet().equals("worker") ? "" : seats.podSet() + " ")
                        + seats.pods().mapToObj(seats.nodes()::get).collect(Collectors.joining(" ")))
                .collect(Collectors.joining(", "));
    }

    PendingReason refusal(String job) {
        return engine.reason(job).orElseThrow();
    }

    /** What a person is told. */
    String why(String job) {
        return engine.explain(job);
    }

    /** The use of a quota's only resource. */
    Usage.Of use(String quota) {
        return usage(quota).uses().getFirst();
    }

    Usage usage(String quota) {
        return engine.usage().stream()
                .filter(each -> each.quota().equals(quota))
                .findFirst()
                .orElseThrow();
    }

    /** A job of one pod with one GPU, in a namespace under no quota, that may take forever. */
    static Job job(String name) {
        return new Job(name);
    }

    static final class Job {
        private final String name;
        private String namespace = "default";
        private int priority;
        private int createdAt;
        private int size = 1;
        private Resources each = gpus(1);
        private Map<String, String> selector = Map.of();
        private List<Toleration> tolerations = List.of();
        private final Set<String> barred = new HashSet<>();
        private Optional<Workload.Topology> topology = Optional.empty();
        private Optional<Duration> longest = Optional.empty();
        private int minimum = -1;
        private boolean lasting;
        private Optional<String> spread = Optional.empty();
        private final List<Others> others = new ArrayList<>();

        private Job(String name) {
            this.name = name;
        }

        /** Under this quota. */
        Job of(String quota) {
            namespace = quota;
            return this;
        }

        Job pods(int count) {
            size = count;
            return this;
        }

        Job each(Resources amount) {
            each = amount;
            return this;
        }

        Job priority(int value) {
            priority = value;
            return this;
        }

        /** Created so many minutes after the start. */
        Job at(int minute) {
            createdAt = minute;
            return this;
        }

        Job on(String... labels) {
            selector = Nodes.labels(labels);
            return this;
        }

        Job tolerating(Toleration... some) {
            tolerations = List.of(some);
            return this;
        }

        Job notOn(String node) {
            barred.add(node);
            return this;
        }

        /** All in nodes of one value of a label. */
        Job within(String label) {
            topology = Optional.of(new Workload.Topology(label, true, Optional.empty()));
            return this;
        }

        /** In as few values of a label as can be. */
        Job near(String label) {
            topology = Optional.of(new Workload.Topology(label, false, Optional.empty()));
            return this;
        }

        Job atMost(int minutes) {
            longest = Optional.of(Duration.ofMinutes(minutes));
            return this;
        }

        /** So many of its pods have to have places before any starts; the others are filled in. */
        Job atLeast(int count) {
            minimum = count;
            return this;
        }

        /** A service: it never ends. */
        Job lasts() {
            lasting = true;
            return this;
        }

        /** In as many values of a label as can be. */
        Job apartBy(String label) {
            spread = Optional.of(label);
            return this;
        }

        /** Other pods beside the workers, all of them or none. */
        Job and(String podSet, int count, Resources amount) {
            others.add(new Others(podSet, count, amount));
            return this;
        }

        Workload workload() {
            var where = NodeConstraints.of(selector, tolerations, List.of()).notOn(Set.copyOf(barred));
            var podSets = new ArrayList<PodSet>();
            podSets.add(new PodSet("worker", 0, size, minimum < 0 ? size : minimum, each, where));
            others.forEach(other -> podSets.add(PodSet.whole(
                    other.podSet,
                    podSets.getLast().firstRank() + podSets.getLast().count(),
                    other.count,
                    other.each,
                    where)));
            return new Workload(
                    id(),
                    1,
                    priority,
                    START.plus(Duration.ofMinutes(createdAt)),
                    podSets,
                    topology,
                    longest,
                    spread,
                    lasting);
        }

        private WorkloadId id() {
            return new WorkloadId("TrainingJob", namespace, name, name);
        }

        /** Of a job with workers alone. */
        Grant grant(Instant from, String... places) {
            return grant(from, List.of(new Grant.Seats("worker", 0, each, List.of(places))));
        }

        Grant grant(Instant from, List<Grant.Seats> places) {
            return new Grant(id(), 1, priority, places, from, longest.map(from::plus), from, lasting);
        }

        private record Others(String podSet, int count, Resources each) {}
    }

    static Quota quota(String name) {
        return new Quota(name);
    }

    static final class Quota {
        private final GPUQuota resource = new GPUQuota();

        private Quota(String name) {
            resource.getMetadata().setName(name);
            resource.setSpec(new GPUQuotaSpec().setNamespaces(List.of(name)).setFlavors(new ArrayList<>()));
        }

        Quota in(String cohort) {
            resource.getSpec().setCohort(cohort);
            return this;
        }

        Quota weight(int weight) {
            resource.getSpec().setWeight(weight);
            return this;
        }

        Quota stopped() {
            resource.getSpec().setStopPolicy(StopPolicy.HOLD);
            return this;
        }

        Quota alsoFor(String namespace) {
            var all = new LinkedHashSet<>(resource.getSpec().getNamespaces());
            all.add(namespace);
            resource.getSpec().setNamespaces(List.copyOf(all));
            return this;
        }

        /** So many GPUs on nodes of any kind. */
        Quota gpus(int nominal) {
            return flavor("any").lists(GPU, nominal, null, null);
        }

        Quota gpus(int nominal, Integer borrowing, Integer lending) {
            return flavor("any").lists(GPU, nominal, borrowing, lending);
        }

        /** The next flavor to try, of nodes that carry these labels. */
        Quota flavor(String name, String... labels) {
            resource.getSpec()
                    .getFlavors()
                    .add(new Flavor()
                            .setName(name)
                            .setNodeLabels(Nodes.labels(labels))
                            .setResources(new ArrayList<>()));
            return this;
        }

        /** One more resource of the last flavor. */
        Quota lists(String name, int nominal) {
            return lists(name, nominal, null, null);
        }

        Quota lists(String name, int nominal, Integer borrowing, Integer lending) {
            return lists(name, quantity(nominal), quantity(borrowing), quantity(lending));
        }

        Quota lists(String name, Quantity nominal, Quantity borrowing, Quantity lending) {
            resource.getSpec()
                    .getFlavors()
                    .getLast()
                    .getResources()
                    .add(new FlavorResource()
                            .setName(name)
                            .setNominalQuota(nominal)
                            .setBorrowingLimit(borrowing)
                            .setLendingLimit(lending));
            return this;
        }

        GPUQuota resource() {
            return resource;
        }

        private static Quantity quantity(Integer amount) {
            return amount == null ? null : new Quantity(amount.toString());
        }
    }
}
