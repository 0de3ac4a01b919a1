package dev.capstan.controllers.kube;

import dev.capstan.controllers.pods.Told;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Reads what others tell of an object as events. Nobody watches those: a cluster has too many. So they are asked for
 * only of what doesn't come to be, and what was answered is good for a moment.
 */
public final class EventReader {
    private static final Duration GOOD_FOR = Duration.ofSeconds(3);
    /** From so many objects on, those that nobody has asked for lately are forgotten. */
    private static final int MANY = 1000;
    /** Of so many pods that are gone it is asked who had them go: of the others it was the same, most often. */
    private static final int TOLD_OF = 4;

    private final KubernetesClient client;
    private final Clock clock;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    private record Answer(List<Told> told, Instant at) {}

    public EventReader(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
    }

    /** All that is told of an object now; nothing where the operator may not read events. */
    List<Told> of(HasMetadata object) {
        var uid = object.getMetadata().getUid();
        return of(uid, object.getMetadata().getNamespace(), Map.of("involvedObject.uid", uid));
    }

    /**
     * Who had pods of an object go that aren't there any more, by their names; of the first few, and as far as anybody
     * but the pods themselves tells.
     *
     * @param object since whose time pods of these names are its own
     */
    Map<String, String> whoHadGo(HasMetadata object, List<String> pods) {
        var namespace = object.getMetadata().getNamespace();
        var since = Instant.parse(object.getMetadata().getCreationTimestamp());
        var all = new TreeMap<String, String>();
        pods.stream().limit(TOLD_OF).forEach(pod -> {
            var fields = Map.of("involvedObject.kind", "Pod", "involvedObject.name", pod);
            var told = of(namespace + "/" + pod, namespace, fields).stream()
                    .filter(each -> !each.at().isBefore(since))
                    .toList();
            Told.whoHadItGo(told).ifPresent(why -> all.put(pod, why));
        });
        return all;
    }

    private List<Told> of(String key, String namespace, Map<String, String> fields) {
        var now = clock.instant();
        var last = answers.get(key);
        if (last != null && last.at().plus(GOOD_FOR).isAfter(now)) {
            return last.told();
        }
        if (answers.size() > MANY) {
            answers.values().removeIf(answer -> answer.at().plus(GOOD_FOR).isBefore(now));
        }
        var answer = new Answer(read(namespace, fields), now);
        answers.put(key, answer);
        return answer.told();
    }

    private List<Told> read(String namespace, Map<String, String> fields) {
        try {
            return client.v1().events().inNamespace(namespace).withFields(fields).list().getItems().stream()
                    .map(EventReader::told)
                    .toList();
        } catch (KubernetesClientException e) {
            // The role of an earlier release. That nobody's words are told is better than that nothing goes on.
            if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
                return List.of();
            }
            throw e;
        }
    }

    private static Told told(Event event) {
        var series = event.getSeries() == null ? null : event.getSeries().getLastObservedTime();
        var time = event.getEventTime();
        var at = Stream.of(
                        event.getLastTimestamp() == null ? "" : event.getLastTimestamp(),
                        series == null ? "" : series.getTime(),
                        time == null ? "" : time.getTime(),
                        event.getMetadata().getCreationTimestamp())
                .filter(text -> text != null && !text.isEmpty())
                .map(Instant::parse)
                .findFirst()
                .orElse(Instant.EPOCH);
        return new Told("Warning".equals(event.getType()), event.getReason(), event.getMessage(), at);
    }
}
