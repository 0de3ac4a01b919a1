package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.Children;
import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.plan.Labels;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.pods.PodReport;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes and deletes what a job or service owns. */
final class ChildWriter {
    private static final Logger LOG = LoggerFactory.getLogger(ChildWriter.class);
    private static final int TOKEN_BYTES = 32;
    private static final String FIELD_MANAGER = "capstan";

    /**
     * Made or deleted, for all jobs together: an API server takes 200 changes at once by default, and is there for
     * others too.
     */
    private static final int PODS_AT_ONCE = 32;

    private final KubernetesClient client;
    private final DryRuns dryRuns;
    private final Tokens tokens;
    private final SecureRandom random = new SecureRandom();
    /** Fair: a gang whose pods come first is whole first. */
    private final Semaphore atOnce = new Semaphore(PODS_AT_ONCE, true);

    /** @param tokens what is known of the tokens of jobs' peers */
    ChildWriter(KubernetesClient client, AddedRequests added, Tokens tokens) {
        this.client = client;
        this.tokens = tokens;
        this.dryRuns = new DryRuns(client, added);
    }

    /** Only asks whether the API server would take a gang, and has noted what the cluster adds to its pods. */
    void ask(DryRun trial) {
        dryRuns.refusal(trial);
    }

    /**
     * Does what is to be done, in order but for pods, several of which are deleted or made at once: those of a gang
     * that is rolled back hold places that others wait for. Stops when an object isn't taken and says why.
     *
     * @param onPod is told of each pod that was made
     */
    Optional<Refusal> write(HasMetadata owner, Children children, Consumer<Pod> onPod) {
        atOnce(children.delete(), this::delete).forEach(ChildWriter::outcome);
        children.drop().forEach(object -> drop(owner, object));
        for (var trial : children.dryRuns()) {
            var denied = dryRuns.refusal(trial);
            if (denied.isPresent()) {
                return denied;
            }
        }
        var taken = taken(owner, children.names());
        if (taken.isPresent()) {
            return taken;
        }
        var secret = children.peersSecret().flatMap(template -> makePeers(owner, template));
        if (secret.isPresent()) {
            return secret;
        }
        for (var object : children.apply()) {
            var refusal = apply(owner, object);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        var byKind = children.make().stream().collect(Collectors.partitioningBy(Pod.class::isInstance));
        for (var child : byKind.get(false)) {
            var refusal = make(owner, child, made -> {});
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return makeAll(owner, byKind.get(true), made -> onPod.accept((Pod) made));
    }

    private Optional<Refusal> makeAll(HasMetadata owner, List<HasMetadata> pods, Consumer<HasMetadata> onMade) {
        return atOnce(pods, pod -> make(owner, pod, onMade)).stream()
                .flatMap(pod -> outcome(pod).stream())
                .findFirst();
    }

    /**
     * Does something with several pods at once, and begins with no other after one isn't taken. Returns when all that
     * was begun has ended.
     */
    private <T> List<Future<Optional<Refusal>>> atOnce(List<T> pods, Function<T, Optional<Refusal>> work) {
        var stopped = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            return pods.stream()
                    .map(pod -> threads.submit(() -> unless(stopped, pod, work)))
                    .toList();
        }
    }

    private <T> Optional<Refusal> unless(AtomicBoolean stopped, T pod, Function<T, Optional<Refusal>> work)
            throws InterruptedException {
        atOnce.acquire();
        try {
            var refusal = stopped.get() ? Optional.<Refusal>empty() : work.apply(pod);
            if (refusal.isPresent()) {
                stopped.set(true);
            }
            return refusal;
        } catch (RuntimeException e) {
            stopped.set(true);
            throw e;
        } finally {
            atOnce.release();
        }
    }

    private static Optional<Refusal> outcome(Future<Optional<Refusal>> done) {
        if (done.state() == Future.State.SUCCESS) {
            return done.resultNow();
        }
        throw done.exceptionNow() instanceof RuntimeException e
                ? e
                : new KubernetesClientException("interrupted while pods were made or deleted", done.exceptionNow());
    }

    private Optional<Refusal> make(HasMetadata owner, HasMetadata child, Consumer<HasMetadata> onMade) {
        var name = Owned.key(child);
        try {
            onMade.accept(client.resource(child).create());
            LOG.info("{}: made {}", of(owner), name);
            return Optional.empty();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return othersName(owner, child);
            }
            return Optional.of(new Refusal.Denied(name, Denials.words(e).orElseThrow(() -> e)));
        }
    }

    /**
     * Has an object of the owner's be as it is to be: what it says is so afterwards, and what others have added, such
     * as labels, stays. Nothing that isn't the owner's is touched.
     */
    private Optional<Refusal> apply(HasMetadata owner, HasMetadata object) {
        var name = Owned.key(object);
        var others = othersName(owner, object);
        if (others.isPresent()) {
            return others;
        }
        try {
            client.resource(object)
                    .patch(new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager(FIELD_MANAGER)
                            .withForce(true)
                            .build());
            LOG.info("{}: applied {}", of(owner), name);
            return Optional.empty();
        } catch (KubernetesClientException e) {
            return Optional.of(new Refusal.Denied(name, Denials.words(e).orElseThrow(() -> e)));
        }
    }

    /**
     * What is there under the child's name, if it wasn't made for this very job: a cache that lags makes us try again
     * what is done. Something that went away just now is made by the next pass.
     */
    private Optional<Refusal> othersName(HasMetadata owner, HasMetadata child) {
        return Optional.ofNullable(client.resource(child).get())
                .filter(there -> TakenNames.isOthers(owner, there))
                .map(there -> TakenNames.refusal(owner, List.of(there)));
    }

    /**
     * What lies under these names, or is a pod that an earlier job of the name left behind, and won't go by itself. Or
     * why the API server wouldn't take them: a ResourceQuota counts objects, and policies are about all kinds of them.
     */
    private Optional<Refusal> taken(HasMetadata owner, List<HasMetadata> names) {
        var there = new ArrayList<HasMetadata>();
        for (var name : names) {
            try {
                client.resource(name).dryRun().create();
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    return Optional.of(Denials.refusal(name, e));
                }
                Optional.ofNullable(client.resource(name).get()).ifPresent(there::add);
            }
        }
        names.stream().findFirst().map(HasMetadata::getMetadata).ifPresent(any -> there.addAll(left(any)));
        there.removeIf(each -> !TakenNames.isOthers(owner, each) || TakenNames.isLeaving(owner, each));
        return there.isEmpty() ? Optional.empty() : Optional.of(TakenNames.refusal(owner, there));
    }

    /** Pods with the labels of an owner's pods that nobody controls, and that haven't ended. */
    private List<Pod> left(ObjectMeta like) {
        var labels = Map.of(
                Labels.NAME,
                like.getLabels().get(Labels.NAME),
                Labels.JOB,
                like.getLabels().get(Labels.JOB));
        var options = new ListOptionsBuilder()
                .withResourceVersion("0")
                .withLabelSelector(selector(labels))
                .build();
        return client.pods().inNamespace(like.getNamespace()).list(options).getItems().stream()
                .filter(pod -> pod.getMetadata().getOwnerReferences().stream()
                        .noneMatch(reference -> Boolean.TRUE.equals(reference.getController())))
                .filter(pod -> !PodReport.finished(pod))
                .toList();
    }

    private static String selector(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(","));
    }

    /** Deletes a job as it was decided on; one that has changed since is another matter, and another pass. */
    void deleteJob(HasMetadata job) {
        var options = new DeleteOptionsBuilder()
                .withPropagationPolicy("Background")
                .withNewPreconditions()
                .withUid(job.getMetadata().getUid())
                .withResourceVersion(job.getMetadata().getResourceVersion())
                .endPreconditions()
                .build();
        delete(group(job), job, options);
    }

    /** Deletes an object of that name if it is there and was made for this very job. */
    private void drop(HasMetadata owner, HasMetadata object) {
        var there = client.resource(object).get();
        if (there == null || !there.hasOwnerReferenceFor(owner.getMetadata().getUid())) {
            return;
        }
        var options = new DeleteOptionsBuilder()
                .withNewPreconditions()
                .withUid(there.getMetadata().getUid())
                .endPreconditions()
                .build();
        delete(group(there), there, options);
    }

    private static String group(HasMetadata object) {
        var version = object.getApiVersion();
        return version.contains("/") ? "/apis/" + version : "/api/" + version;
    }

    /** Nobody refuses that for good: what fails is tried again. */
    private Optional<Refusal> delete(Pod pod) {
        // By UID: a pod of the same name may belong to a job that was created anew since our cache last looked.
        var options = new DeleteOptionsBuilder()
                .withNewPreconditions()
                .withUid(pod.getMetadata().getUid())
                .endPreconditions()
                .build();
        delete(group(pod), pod, options);
        return Optional.empty();
    }

    private void delete(String group, HasMetadata object, DeleteOptions options) {
        var metadata = object.getMetadata();
        var uri = "%s/namespaces/%s/%s/%s"
                .formatted(group, metadata.getNamespace(), object.getPlural(), metadata.getName());
        try {
            client.raw(uri, "DELETE", options);
            LOG.info("{}/{}: deleted {}", metadata.getNamespace(), metadata.getName(), object.getSingular());
        } catch (KubernetesClientException e) {
            boolean goneAlready =
                    e.getCode() == HttpURLConnection.HTTP_NOT_FOUND || e.getCode() == HttpURLConnection.HTTP_CONFLICT;
            if (!goneAlready) {
                throw e;
            }
        }
    }

    /** The secret of an owner's peers: if there was one before, with its token, for pods that run go by that. */
    private Optional<Refusal> makePeers(HasMetadata owner, Secret template) {
        var uid = owner.getMetadata().getUid();
        var token = tokens.of(uid).orElseGet(this::newToken);
        var secret = new SecretBuilder(template)
                .withData(Map.of(WorkerHttp.TOKEN, token))
                .build();
        return make(owner, secret, made -> tokens.put(uid, token));
    }

    /** In Base64. */
    private String newToken() {
        var bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        var token = HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.US_ASCII);
        return Base64.getEncoder().encodeToString(token);
    }

    static String of(HasMetadata owner) {
        return owner.getMetadata().getNamespace() + "/" + owner.getMetadata().getName();
    }
}
