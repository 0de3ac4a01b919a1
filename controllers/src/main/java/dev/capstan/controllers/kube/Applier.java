package dev.capstan.controllers.kube;

import dev.capstan.controllers.metrics.Meters;
import dev.capstan.controllers.plan.DryRun;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Refusal;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.crds.Goodput;
import dev.capstan.crds.JobStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out plans: children, then the status, then events. What follows from a child that the API server doesn't take
 * is for others to decide, in between.
 */
public final class Applier {
    /**
     * A job is looked at that often though nothing seems to have changed: for what nobody told us of. The framework
     * sees to that only where no delay is asked for, and a plan may ask for one of days.
     */
    public static final Duration AT_LEAST_EVERY = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(Applier.class);
    private static final String FIELD_MANAGER = "capstan-status";
    /** The newer version of the job is on its way to our cache and brings a new pass; this is in case it is lost. */
    private static final Duration AFTER_CONFLICT = Duration.ofSeconds(1);

    private final ChildWriter children;
    private final AddedRequests added;
    private final StatusPatch status;
    private final EventWriter events;
    private final ProgressReader progress;
    private final CheckpointRequests requests;
    private final GangVoices gangs;
    private final Meters meters;
    private final Clock clock;
    /**
     * Of statuses in which nothing but numbers is new. Those of a big gang change with each of its pods, and each write
     * is one for the API server and for all who watch the job.
     */
    private final Pace numbers = new Pace(Duration.ofSeconds(2));

    /** @param added is told of what the cluster adds to pods */
    public Applier(
            KubernetesClient client,
            AddedRequests added,
            ProgressReader progress,
            CheckpointRequests requests,
            GangVoices gangs,
            Meters meters,
            Clock clock,
            String instance) {
        this.children = new ChildWriter(client, added, progress.tokens());
        this.added = added;
        this.status = new StatusPatch(client, FIELD_MANAGER);
        this.events = new EventWriter(client, instance);
        this.progress = progress;
        this.requests = requests;
        this.gangs = gangs;
        this.meters = meters;
        this.clock = clock;
    }

    /**
     * What the shell of a kind has a say in, while a plan is carried out.
     *
     * @param sameButNumbers whether two statuses differ in nothing but numbers, which may be written a little later
     * @param onStatus is told what the job is after its status was written, before a watch tells
     */
    public record Shell<R, S>(BiPredicate<S, S> sameButNumbers, Consumer<R> onStatus) {}

    /**
     * Asks what the cluster adds to the pods of a job that queues, if it was an earlier leader that asked before, or
     * that was a while ago and there was something.
     *
     * @param trials what was asked when it began to queue; none if it doesn't
     */
    public void askAnew(HasMetadata job, Supplier<List<DryRun>> trials) {
        boolean known = added.knows(uid(job)) && !added.isOld(uid(job));
        var asked = known ? List.<DryRun>of() : trials.get();
        if (!asked.isEmpty()) {
            asked.forEach(children::ask);
            added.asked(uid(job));
        }
    }

    /** A reason to wait, with whose numbers are among those that it speaks of. */
    public Wait told(HasMetadata job, Wait wait) {
        return added.with(uid(job), wait);
    }

    /**
     * Makes and deletes what a plan says, until the API server doesn't take something; answers what that was.
     *
     * @param onPod is told of each pod that was made, before a watch tells
     */
    public Optional<Refusal> make(HasMetadata job, Plan<?> plan, Consumer<Pod> onPod) {
        return children.write(job, plan.children(), onPod);
    }

    /**
     * Carries out the rest of a plan, whose children are made. Those bring another pass, and so does a status that says
     * more than other numbers: to the caches that were told of them a watch brings no news.
     *
     * @param job the job as it was decided on
     * @param before its status but for the admission, as it was decided on; null if it had none
     * @param plan what to do
     */
    public <R extends HasMetadata, S> UpdateControl<R> carryOut(R job, S before, Plan<S> plan, Shell<R, S> shell) {
        // An apply is a write even if it changes nothing.
        boolean news = !plan.status().equals(before);
        boolean numbersAlone = news
                && before != null
                && plan.notices().isEmpty()
                && shell.sameButNumbers().test(before, plan.status());
        var later = numbersAlone ? numbers.later(uid(job), clock.instant()) : Optional.<Duration>empty();
        if (news && !numbersAlone) {
            numbers.forget(uid(job));
        }
        if (news && later.isEmpty() && !written(job, plan.status(), shell.onStatus())) {
            return UpdateControl.<R>noUpdate().rescheduleAfter(AFTER_CONFLICT);
        }
        boolean made = !plan.children().make().isEmpty();
        var again = made || news && !numbersAlone ? Optional.of(Duration.ZERO) : later;
        var soon = again.map(plan::again).orElse(plan);
        var done = added.adds(uid(job)) ? soon.again(AddedRequests.GOOD_FOR) : soon;
        done.follow().ifPresentOrElse(follow -> progress.follow(job, follow), () -> progress.forget(uid(job)));
        done.gang().ifPresentOrElse(gang -> follow(job, gang), () -> gangs.forget(uid(job)));
        done.follow()
                .flatMap(follow -> done.checkpoint().map(text -> (Runnable) () -> requests.ask(job, follow, text)))
                .orElse(() -> requests.forget(uid(job)))
                .run();
        for (var notice : done.notices()) {
            LOG.info("{}: {}: {}", ChildWriter.of(job), notice.reason(), notice.note());
            meters.transition(job.getKind(), notice.reason().name());
            events.write(job, notice, clock.instant());
        }
        if (done.deleteJob()) {
            children.deleteJob(job);
        }
        UpdateControl<R> control = UpdateControl.noUpdate();
        done.again()
                .map(delay -> delay.plusMillis(1))
                .ifPresent(
                        delay -> control.rescheduleAfter(delay.compareTo(AT_LEAST_EVERY) < 0 ? delay : AT_LEAST_EVERY));
        return control;
    }

    private void follow(HasMetadata job, Plan.Gang gang) {
        gangs.follow(job, gang);
        gang.lost().forEach(cause -> meters.workerLost(job.getKind(), cause));
        gang.recovered().ifPresent(took -> meters.recovered(job.getKind(), took));
    }

    /** Counts what a job's status that was written has more than the one before it. */
    public void count(String kind, Optional<? extends JobStatus> before, JobStatus after) {
        var goodput = after.getGoodput();
        if (goodput == null) {
            return;
        }
        long lost = before.map(JobStatus::getGoodput).map(Goodput::getLostSteps).orElse(0L);
        if (goodput.getLostSteps() > lost) {
            meters.stepsLost(kind, goodput.getLostSteps() - lost);
        }
        if (after.getCompletionTime() != null
                && before.map(JobStatus::getCompletionTime).isEmpty()) {
            meters.goodput(kind, Double.parseDouble(goodput.getRatio()));
        }
    }

    /** Leaves a job's workers alone: it is being deleted. */
    public void forget(HasMetadata job) {
        forget(uid(job));
    }

    /** Leaves the workers of the job of a UID alone: it is gone, and often no pass has seen it go. */
    public void forget(String jobUid) {
        progress.forget(jobUid);
        progress.tokens().forget(jobUid);
        requests.forget(jobUid);
        gangs.forget(jobUid);
        added.forget(jobUid);
    }

    private static String uid(HasMetadata job) {
        return job.getMetadata().getUid();
    }

    private <R extends HasMetadata> boolean written(R job, Object newStatus, Consumer<R> onStatus) {
        try {
            onStatus.accept(status.apply(job, newStatus));
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                meters.conflict();
                return false;
            }
            throw e;
        }
    }
}
