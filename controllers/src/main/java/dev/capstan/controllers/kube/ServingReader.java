package dev.capstan.controllers.kube;

import dev.capstan.controllers.inference.ServicePlan;
import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Serving;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks replicas how far they are, as long as they aren't ready or haven't said all. Each that is asked has a virtual
 * thread of its own, so that one that can't be reached delays nothing else.
 */
public final class ServingReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServingReader.class);

    /** How often one is asked at most that has nothing new to say, or doesn't answer. */
    private static final Duration SELDOM = Duration.ofSeconds(30);

    private final WorkerHttp replicas;
    private final Duration interval;
    private final Meters meters;
    private final Map<String, Map<String, Asked>> services = new ConcurrentHashMap<>();
    private volatile Predicate<String> there = uid -> true;
    private volatile Consumer<JobRef> listener = service -> {};

    /** Asks each once in an interval at first, and more and more seldom as long as it says nothing new. */
    public ServingReader(WorkerHttp replicas, Duration interval, Meters meters) {
        this.replicas = replicas;
        this.interval = interval;
        this.meters = meters;
    }

    /** One replica, by its pod. */
    private static final class Asked {
        private final Plan.Follow target;
        private Thread thread;
        private volatile Serving last;

        private Asked(Plan.Follow target) {
            this.target = target;
        }
    }

    /** Of which services, by UID, replicas may be asked at all: those that are there. */
    public void askOnly(Predicate<String> those) {
        there = those;
    }

    /** Who is told of a service of which a replica has said something new. */
    public void onAnswer(Consumer<JobRef> newListener) {
        listener = newListener;
    }

    /**
     * Asks these replicas of a service from now on, and no others of it.
     *
     * @param pods the UIDs of all of its pods that are there: what these said is kept
     */
    public void ask(HasMetadata service, List<ServicePlan.Ask> wanted, List<String> pods) {
        var uid = service.getMetadata().getUid();
        services.compute(uid, (same, before) -> {
            if (!there.test(uid)) {
                return before;
            }
            var asked = before == null ? new HashMap<String, Asked>() : new HashMap<>(before);
            asked.entrySet().removeIf(entry -> !pods.contains(entry.getKey()) && stop(entry.getValue()));
            var targets = wanted.stream().collect(Collectors.toMap(ServicePlan.Ask::podUid, ServicePlan.Ask::target));
            asked.forEach((pod, one) -> {
                if (!targets.containsKey(pod)) {
                    stop(one);
                }
            });
            targets.forEach((pod, target) -> asked.compute(pod, (name, one) -> follow(service, one, target)));
            return asked.isEmpty() ? null : Map.copyOf(asked);
        });
    }

    private Asked follow(HasMetadata service, Asked before, Plan.Follow target) {
        if (before != null && before.target.equals(target) && before.thread != null && before.thread.isAlive()) {
            return before;
        }
        var one = new Asked(target);
        if (before != null) {
            stop(before);
            one.last = before.last;
        }
        var ref = JobRef.of(service);
        var uid = service.getMetadata().getUid();
        one.thread = Thread.ofVirtual().name("serving " + ref).start(() -> ask(ref, uid, one));
        return one;
    }

    private static boolean stop(Asked one) {
        if (one.thread != null) {
            one.thread.interrupt();
        }
        return true;
    }

    /** What the replicas of a service said last, by the UID of their pods. */
    public Map<String, Serving> latest(String serviceUid) {
        var said = new HashMap<String, Serving>();
        services.getOrDefault(serviceUid, Map.of()).forEach((pod, one) -> {
            if (one.last != null) {
                said.put(pod, one.last);
            }
        });
        return said;
    }

    /** Stops asking the replicas of a service. */
    public void forget(String serviceUid) {
        var asked = services.remove(serviceUid);
        if (asked != null) {
            asked.values().forEach(ServingReader::stop);
        }
    }

    @Override
    public void close() {
        services.keySet().forEach(this::forget);
    }

    private void ask(JobRef service, String uid, Asked one) {
        String bearer = null;
        boolean reached = true;
        var pause = interval;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                bearer = bearer == null ? replicas.bearer(service.namespace(), uid, one.target) : bearer;
                var answer = ask(one.target, bearer);
                if (!answer.equals(one.last)) {
                    one.last = answer;
                    pause = interval;
                    listener.accept(service);
                }
                reached = true;
            } catch (IOException | RuntimeException e) {
                meters.unreachable();
                if (reached) {
                    LOG.debug("{}: no word from {}: {}", service, one.target.podIp(), e.toString());
                }
                reached = false;
            } catch (InterruptedException e) {
                return;
            }
            try {
                Thread.sleep(pause);
                var longer = pause.multipliedBy(3).dividedBy(2);
                pause = longer.compareTo(SELDOM) < 0 ? longer : SELDOM;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Serving ask(Plan.Follow target, String bearer) throws IOException, InterruptedException {
        var response = replicas.get(target, bearer, Contract.SERVING_PATH);
        if (response.statusCode() != 200) {
            throw new IOException("answered " + response.statusCode());
        }
        var answer = Json.read(response.body(), Serving.class);
        if (answer.state() == null) {
            throw new IOException("answered without a state");
        }
        return answer;
    }
}
