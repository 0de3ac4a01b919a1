package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Notice;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what happened to a job as an event, once: the event's name follows from what happened and in which attempt. */
final class EventWriter {
    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int LONGEST_NOTE = 1024;
    private static final String CONTROLLER = "capstan.dev/operator";

    private final KubernetesClient client;
    private final String instance;

    EventWriter(KubernetesClient client, String instance) {
        this.client = client;
        this.instance = instance;
    }

    void write(HasMetadata job, Notice notice, Instant now) {
        var event = new EventBuilder()
                .withNewMetadata()
                .withNamespace(job.getMetadata().getNamespace())
                .withName(name(job, notice))
                .endMetadata()
                .withType(notice.reason().warning() ? "Warning" : "Normal")
                .withReason(notice.reason().name())
                .withAction("Reconcile")
                .withNote(shortened(notice.note()))
                .withEventTime(new MicroTime(MICROS.format(now)))
                .withReportingController(CONTROLLER)
                .withReportingInstance(instance)
                .withNewRegarding()
                .withApiVersion(job.getApiVersion())
                .withKind(job.getKind())
                .withNamespace(job.getMetadata().getNamespace())
                .withName(job.getMetadata().getName())
                .withUid(job.getMetadata().getUid())
                .endRegarding()
                .build();
        try {
            client.resource(event).create();
        } catch (KubernetesClientException e) {
            // Told already; or the namespace goes away. An event that can't be told is no reason to do things again.
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                LOG.warn("{}: no event {}: {}", ChildWriter.of(job), notice.reason(), e.getMessage());
            }
        }
    }

    private static String name(HasMetadata job, Notice notice) {
        var name = job.getMetadata().getName();
        var start = name.length() > 150 ? name.substring(0, 150) : name;
        var uid = job.getMetadata().getUid().replace("-", "");
        return "%s.%s.%d.%s%s"
                .formatted(
                        start,
                        uid.substring(0, Math.min(12, uid.length())),
                        notice.attempt(),
                        notice.reason().name().toLowerCase(Locale.ROOT),
                        notice.about().isEmpty() ? "" : "." + notice.about());
    }

    private static String shortened(String note) {
        return note.length() <= LONGEST_NOTE ? note : note.substring(0, LONGEST_NOTE - 3) + "...";
    }
}
