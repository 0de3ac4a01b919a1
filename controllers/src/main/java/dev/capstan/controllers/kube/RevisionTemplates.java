package dev.capstan.controllers.kube;

import dev.capstan.controllers.inference.Templates;
import dev.capstan.controllers.pods.Names;
import dev.capstan.controllers.pods.ServiceObjects;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.inference.Revision;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the revisions of services are served, from their config maps: read once, for nobody changes them. */
final class RevisionTemplates {
    private static final Logger LOG = LoggerFactory.getLogger(RevisionTemplates.class);

    private final NamedObjects named;
    private final Map<String, Map<Integer, InferenceServiceSpec>> known = new ConcurrentHashMap<>();

    RevisionTemplates(NamedObjects named) {
        this.named = named;
    }

    /** Those of all revisions that the status lists, as far as they are there. */
    Map<Integer, InferenceServiceSpec> of(InferenceService service, Names names) {
        var listed = service.getStatus() == null || service.getStatus().getRevisions() == null
                ? List.<Revision>of()
                : service.getStatus().getRevisions();
        var uid = service.getMetadata().getUid();
        var before = known.getOrDefault(uid, Map.of());
        var all = new HashMap<Integer, InferenceServiceSpec>();
        for (var revision : listed) {
            int number = revision.getRevision();
            Optional.ofNullable(before.get(number))
                    .or(() -> read(service, names.revision(number)))
                    .ifPresent(template -> all.put(number, template));
        }
        known.put(uid, Map.copyOf(all));
        return all;
    }

    private Optional<InferenceServiceSpec> read(InferenceService service, String name) {
        return named.ownedConfigMap(service, name)
                .map(data -> data.get(ServiceObjects.TEMPLATE))
                .flatMap(json -> parse(service, name, json));
    }

    private static Optional<InferenceServiceSpec> parse(InferenceService service, String name, String json) {
        try {
            return Optional.of(Templates.read(json)).filter(template -> template.getModel() != null);
        } catch (IllegalArgumentException e) {
            LOG.warn(
                    "{}: config map {} doesn't tell how its revision is served: {}",
                    ChildWriter.of(service),
                    name,
                    e.getMessage());
            return Optional.empty();
        }
    }

    void forget(String serviceUid) {
        known.remove(serviceUid);
    }
}
