package dev.capstan.controllers.kube;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.job.JobPlan;
import dev.capstan.controllers.job.Others;
import dev.capstan.controllers.job.OutputUse;
import dev.capstan.controllers.job.Strays;
import dev.capstan.controllers.job.World;
import dev.capstan.controllers.lineage.ModelCycle;
import dev.capstan.controllers.lineage.References;
import dev.capstan.controllers.lineage.Referents;
import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.Rendezvous;
import dev.capstan.controllers.pods.WorkerSettings;
import dev.capstan.crds.CapstanJob;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Reads all that a pass over a job decides by. */
final class WorldReader<J extends CapstanJob<?, ?>> {
    private final JobReaders readers;
    private final Applier applier;
    private final WorkerSettings settings;
    private final Clock clock;
    private final WaitClock waits = new WaitClock();

    WorldReader(JobReaders readers, Applier applier, WorkerSettings settings, Clock clock) {
        this.readers = readers;
        this.applier = applier;
        this.settings = settings;
        this.clock = clock;
    }

    /** Forgets the job of a UID, which is gone. */
    void forget(String jobUid) {
        waits.forget(jobUid);
    }

    World read(J job, JobDescription description, Context<J> context) {
        var uid = job.getMetadata().getUid();
        var owned = OwnedPods.of(job, context.getSecondaryResourcesAsStream(Pod.class));
        var attempt = job.getStatus() == null ? null : job.getStatus().getAttempt();
        var strays = Map.<Integer, Pod>of();
        var said = Map.<String, String>of();
        if (JobPlan.misses(description, owned)) {
            // A lost pod costs a whole attempt: not on the word of a cache that may lag.
            owned = readers.pods().read(description.owner());
            if (JobPlan.misses(description, owned)) {
                strays = readers.pods().strays(description, attempt, owned);
                said = readers.events().whoHadGo(job, unheard(description, attempt, owned, strays.keySet()));
            }
        }
        var byWork = owned.stream().collect(Collectors.partitioningBy(PodLabels::isCheck));
        var now = clock.instant();
        return new World(
                now,
                byWork.get(false),
                byWork.get(true),
                referents(description, context),
                readers.cluster().readiness(nodes(job, owned)),
                waits.since(job, now),
                attempt == null
                        ? Optional.empty()
                        : readers.verdicts().of(uid, attempt).map(wait -> applier.told(job, wait)),
                readers.quotas().book().drains(job.getMetadata().getNamespace()),
                readers.progress().latest(uid),
                readers.lastWords().of(uid),
                others(description),
                readers.requests().done(uid),
                told(attempt, owned, now, said),
                strays.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                stray -> Strays.of(description, attempt, stray.getKey(), stray.getValue()))),
                gone(description, owned, byWork.get(true)),
                readers.gangs().of(uid));
    }

    /** @param said of pods that are gone */
    private Map<String, String> told(Integer attempt, List<Pod> owned, Instant now, Map<String, String> said) {
        if (attempt == null) {
            return Map.of();
        }
        var all = new TreeMap<>(said);
        all.putAll(
                QuietPods.told(owned.stream().filter(pod -> PodLabels.attempt(pod) == attempt), readers.events(), now));
        return all;
    }

    /** The pods of an attempt that are gone, and of which nobody heard here why: this leader may have come later. */
    private List<String> unheard(JobDescription description, int attempt, List<Pod> owned, Set<Integer> strays) {
        var known = owned.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
        readers.lastWords()
                .of(description.job().getMetadata().getUid())
                .filter(word -> word.attempt() == attempt)
                .ifPresent(word -> known.addAll(word.disrupted().keySet()));
        return description.workingPods().stream()
                .filter(number -> !strays.contains(number))
                .map(number -> description.podName(attempt, number))
                .filter(name -> !known.contains(name))
                .toList();
    }

    private List<HasMetadata> gone(JobDescription description, List<Pod> owned, List<Pod> checks) {
        var job = description.job();
        // Pods of an operator before there were pod sets have a secret of another name.
        boolean known =
                owned.stream().allMatch(pod -> pod.getMetadata().getLabels().containsKey(Labels.POD_SET));
        if (known && JobPlan.needsUpkeep(description, checks)) {
            return readers.upkeep()
                    .gone(
                            job,
                            job.getStatus().getAttempt(),
                            () -> JobPlan.needed(description, settings, modelCopy(description)));
        }
        readers.upkeep().forget(job.getMetadata().getUid());
        return List.of();
    }

    /**
     * The job's own copy of its model's configuration; what it was made from, if it is gone before it was looked at.
     */
    private Optional<String> modelCopy(JobDescription description) {
        var job = description.job();
        return description
                .references()
                .configuration()
                .filter(key -> description.owner().hasModelCopy())
                .flatMap(key -> readers.named()
                        .ownedConfigMap(job, description.owner().names().model())
                        .map(data -> data.get(Rendezvous.MODEL_FILE))
                        .or(() -> readers.named()
                                .configMap(job.getMetadata().getNamespace(), key.getName(), key.getKey())
                                .map(NamedObjects.Value::text)));
    }

    /** Of a job that has begun others' affairs are none of its own. */
    private Others others(JobDescription description) {
        var job = description.job();
        if (!OutputUse.minds(job)) {
            return Others.NONE;
        }
        return new Others(
                description.modelFrom().isPresent() && description.modelFound().isEmpty()
                        ? ModelCycle.of(JobRef.of(job), readers.goesOnFrom())
                        : List.of(),
                OutputUse.place(job)
                        .flatMap(
                                place -> OutputUse.before(job, readers.writers().apply(place))));
    }

    /** The nodes that its pods are on, or have places on: a cluster may have thousands of others. */
    private static Set<String> nodes(CapstanJob<?, ?> job, List<Pod> pods) {
        var names = pods.stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        if (job.getStatus() != null && job.getStatus().getAdmission() != null) {
            job.getStatus().getAdmission().getPlacements().forEach(place -> names.add(place.getNode()));
        }
        return names;
    }

    private Referents referents(JobDescription description, Context<J> context) {
        var namespace = description.job().getMetadata().getNamespace();
        var references = description.references();
        return new Referents(
                missingClaims(description, context),
                claimsOfMode(context, "ReadWriteOncePod"),
                references
                        .priorityClass()
                        .map(name -> readers.priorities().value(name).isPresent())
                        .orElse(true),
                description
                        .modelFrom()
                        .flatMap(ref -> readers.sources().apply(new JobRef(ref.kind(), namespace, ref.name()))),
                JobPlan.needsLookup(description, references)
                        ? Optional.of(lookup(description, references))
                        : Optional.empty(),
                readers.claims()
                        .withoutVolume(
                                context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class),
                                description.volumes().claims(),
                                description.job().getMetadata().getUid()),
                claimsOfMode(context, "ReadOnlyMany"));
    }

    private Referents.Lookup lookup(JobDescription description, References references) {
        var job = description.job();
        var namespace = job.getMetadata().getNamespace();
        var configuration = references.configuration();
        boolean copied = configuration.isPresent()
                && readers.named()
                        .ownedConfigMap(job, description.owner().names().model())
                        .isPresent();
        // An earlier version of the operator made the job's copy under another name: it is copied on.
        var earlierCopy = configuration.isPresent() && !copied
                ? readers.named()
                        .ownedConfigMap(job, description.owner().names().earlierModel())
                        .map(data -> data.get(Rendezvous.MODEL_FILE))
                : Optional.<String>empty();
        var configMap = configuration
                .filter(key -> !copied && earlierCopy.isEmpty())
                .flatMap(key -> readers.named().configMap(namespace, key.getName(), key.getKey()));
        var secrets = new HashMap<String, Set<String>>();
        references
                .secrets()
                .forEach(
                        name -> readers.named().secretKeys(namespace, name).ifPresent(keys -> secrets.put(name, keys)));
        return new Referents.Lookup(
                copied,
                configMap.isPresent(),
                earlierCopy.or(() -> configMap.map(NamedObjects.Value::text)),
                configMap.map(NamedObjects.Value::binary),
                secrets);
    }

    private static <P extends HasMetadata> Set<String> missingClaims(JobDescription description, Context<P> context) {
        var there = context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class)
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
        var missing = new TreeSet<>(description.volumes().claims());
        missing.removeAll(there);
        return missing;
    }

    /** The claims that can be used in one way and no other. */
    private static <P extends HasMetadata> Set<String> claimsOfMode(Context<P> context, String mode) {
        return context.getSecondaryResourcesAsStream(PersistentVolumeClaim.class)
                .filter(claim -> List.of(mode).equals(claim.getSpec().getAccessModes()))
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toSet());
    }
}
