package dev.capstan.controllers.job;

import dev.capstan.controllers.job.Losses.Loss;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.pods.PodLabels;
import dev.capstan.controllers.pods.PodReport;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Recovery;
import dev.capstan.crds.Replacement;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Progress;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Recovery in place: a gang that has lost workers keeps the others, which wait with their state. The lost ranks get new
 * pods; when all of them have an address, a new term says who is in the gang and where. It is written down first and
 * sent then, so that a leader that was deposed sends none. All that a new leader needs is in {@code status.membership}:
 *
 * <ol>
 *   <li>lost: the rank's incarnation is another, without a term; its pod is about to be made, on its place or another,
 *   <li>joining: {@code status.term} is greater than {@code settled}, and each worker is told of it until all have it,
 *   <li>settled: a worker has told that all are at work in that term.
 * </ol>
 *
 * <p>What can't be mended so ends the attempt, and the next goes on from a checkpoint.
 */
final class Terms {
    /** How long it is waited for whether a loss that workers complain of shows in a pod. */
    private static final Duration SHOWS = AttemptOutcome.HEAR_THEM_ALL;
    /** How long the scheduler may find no way to a place before another is asked for. */
    private static final Duration UNBOUND = Duration.ofSeconds(5);

    private final JobState state;
    private final List<WorkerState> workers;
    private final Membership membership;
    private final Incarnations incarnations;
    private final Instant now;

    private Terms(JobState state, List<WorkerState> workers, Membership membership) {
        this.state = state;
        this.workers = workers;
        this.membership = membership;
        incarnations = Incarnations.of(Optional.of(membership));
        now = state.world().now();
    }

    /** What is to be done about the workers of an attempt that runs. */
    sealed interface Verdict {}

    /** The workers go on, or wait for others to take lost ranks. */
    record InPlace(Decision decision) implements Verdict {}

    /** The workers that are left can't go on. */
    record GivenUp(String message) implements Verdict {}

    /** What becomes of the attempt is as without terms. */
    record AsEver() implements Verdict {}

    /**
     * What the status is to say of who is in the gang.
     *
     * @param inVain whether a worker was lost again before any step was made
     */
    record Written(Integer term, Membership membership, Recovery recovery, boolean inVain) {}

    /**
     * The same workers, but for those that ended by their own doing, and were replaced before their last words were
     * heard: their peers miss them sooner than their kubelet tells.
     */
    static List<WorkerState> withLastWords(JobState state, List<WorkerState> workers) {
        if (membership(state).filter(Terms::isOpen).isEmpty()) {
            return workers;
        }
        var all = new ArrayList<>(workers);
        for (var pod : replaced(state)) {
            int rank = PodLabels.rank(pod);
            if (WorkerStates.of(pod, rank, state.world(), state.description().lessMemory())
                            instanceof WorkerState.Ended ended
                    && !ended.killed()) {
                all.set(rank, ended);
            }
        }
        return List.copyOf(all);
    }

    /** The pods that ranks had before; they hold their room, and may work on, until they are deleted. */
    private static List<Pod> replaced(JobState state) {
        return Gang.of(state.world().pods(), state.attempt(), state.description())
                .replaced();
    }

    /** Has these deleted; what hasn't ended may yet tell why it does, and is waited for a little. */
    private static Decision withoutOld(JobState state, Decision decision) {
        var left = membership(state)
                .map(Membership::getSince)
                .map(since -> Duration.between(
                        state.world().now(), Instant.parse(since).plus(SHOWS)))
                .filter(Duration::isPositive);
        var old = replaced(state).stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .collect(Collectors.partitioningBy(pod -> left.isEmpty() || PodReport.finished(pod)));
        var deleting = decision.alsoDeleting(old.get(true));
        return old.get(false).isEmpty() ? deleting : deleting.again(left.orElseThrow());
    }

    static Verdict decide(JobState state, List<WorkerState> workers) {
        return membership(state)
                .map(membership -> new Terms(state, workers, membership).decide())
                .orElseGet(AsEver::new);
    }

    /**
     * Has the workers listened to, if lost ones can be replaced; that they can be is written as soon as one says so.
     */
    static Decision listen(JobState state, List<WorkerState> workers, Decision decision) {
        if (!state.description().replacesWorkers()) {
            return decision;
        }
        var listening = withoutOld(state, decision.listening(new Plan.Gang(state.peers(workers))));
        boolean trains = state.report()
                .filter(report -> report.stage() == Progress.Stage.TRAINING)
                .isPresent();
        boolean speaks =
                state.world().voices().any() && trains || state.world().voices().anyRecoverable();
        return membership(state).isEmpty() && speaks
                ? listening.writing(new Written(term(state), new Membership(), recovery(state), false))
                : listening;
    }

    /** Puts it into the status. */
    static void write(JobState state, Decision decision, JobStatus status) {
        decision.written().ifPresent(written -> {
            status.setTerm(written.term()).setMembership(written.membership()).setRecovery(written.recovery());
            if (written.inVain()) {
                status.setRestartsWithoutProgress(state.attempts().inVain() + 1);
            }
        });
        if (status.getAttempt() != null && status.getAttempt() != state.attempt()) {
            status.setMembership(null);
        }
    }

    /** Whether a rank's worker takes the place of one that was lost, and may not have the training's state yet. */
    static boolean isNewcomer(JobState state, int rank) {
        return membership(state)
                .map(membership -> Optional.ofNullable(Incarnations.of(Optional.of(membership))
                                .replaced()
                                .get(rank))
                        .filter(replacement -> isNewcomer(membership, replacement))
                        .isPresent())
                .orElse(false);
    }

    private static Optional<Membership> membership(JobState state) {
        return state.status()
                .map(JobStatus::getMembership)
                .filter(there -> state.description().replacesWorkers());
    }

    private static Integer term(JobState state) {
        return state.status().map(JobStatus::getTerm).orElse(null);
    }

    private static Recovery recovery(JobState state) {
        return state.status().map(JobStatus::getRecovery).map(Block::copy).orElse(null);
    }

    private static boolean isNewcomer(Membership membership, Replacement replacement) {
        return replacement.getTerm() == null || replacement.getTerm() > settled(membership);
    }

    private static int settled(Membership membership) {
        return membership.getSettled() == null ? dev.capstan.protocol.Membership.FIRST : membership.getSettled();
    }

    private boolean isNewcomer(int rank) {
        var replacement = incarnations.replaced().get(rank);
        return replacement != null && isNewcomer(membership, replacement);
    }

    private boolean isOpen() {
        return isOpen(membership);
    }

    private static boolean isOpen(Membership membership) {
        return membership.getSince() != null;
    }

    private List<Integer> gathering() {
        return incarnations.replaced().values().stream()
                .filter(replacement -> replacement.getTerm() == null)
                .map(Replacement::getRank)
                .sorted()
                .toList();
    }

    /** The term that the workers are in, as they count: none of the operator's before the first. */
    private int current() {
        boolean joining = isOpen() && gathering().isEmpty() && term(state) != null;
        return joining ? term(state) : settled(membership);
    }

    private Verdict decide() {
        if (workers.stream().anyMatch(worker -> worker instanceof WorkerState.Ended ended && !ended.killed())) {
            // A worker that ended by its own will says what is to become of all of them.
            return new AsEver();
        }
        var gathering = gathering();
        var losses = new Losses(state, workers, current(), gathering).all();
        var complaint = losses.isEmpty() && gathering.isEmpty() ? complaint() : Optional.<Duration>empty();
        if (!isOpen() && losses.isEmpty() && complaint.isEmpty()) {
            return new AsEver();
        }
        var hopeless = hopeless(losses);
        if (hopeless.isPresent()) {
            return new GivenUp(hopeless.get());
        }
        if (!losses.isEmpty()) {
            return new InPlace(replace(losses));
        }
        if (!gathering.isEmpty()) {
            return new InPlace(gather(gathering));
        }
        if (complaint.isPresent() && !complaint.get().isPositive()) {
            return new InPlace(nextTerm("the workers have lost each other, and all of them are there"));
        }
        if (!isOpen()) {
            return new InPlace(goOn("; a worker has lost another, and waits").again(complaint.get()));
        }
        return new InPlace(join());
    }

    /** Why the workers that are left can't go on; empty as long as they may. */
    private Optional<String> hopeless(List<Loss> losses) {
        var why = losses.isEmpty()
                ? "workers were lost"
                : losses.stream()
                        .map(Loss::message)
                        .reduce((one, other) -> one + "; " + other)
                        .orElseThrow();
        boolean anybody = workers.stream()
                .filter(worker -> worker instanceof WorkerState.Running)
                .anyMatch(worker ->
                        !isNewcomer(worker.rank()) && losses.stream().noneMatch(loss -> loss.rank() == worker.rank()));
        if (!anybody) {
            return Optional.of(why + "; no worker is left that has the training's state");
        }
        if (state.world().voices().refusal().isPresent()) {
            return Optional.of(why + "; " + state.world().voices().refusal().get());
        }
        if (!losses.isEmpty() && inVain(losses) && state.attempts().inVain() >= mostInVain()) {
            return Optional.of(why + "; again before a step was made");
        }
        return isOpen() && !left().isPositive()
                ? Optional.of("not all workers were together again %d s after one was lost"
                        .formatted(Duration.between(since(), now).toSeconds()))
                : Optional.empty();
    }

    private int mostInVain() {
        return state.spec().failurePolicy().maxRestarts();
    }

    /** Workers end by themselves when they have waited long enough; who doesn't, hangs. */
    private Duration left() {
        var timeouts = state.settings().timeouts();
        int regroup = timeouts.regroup() == null ? 0 : timeouts.regroup();
        return Duration.between(now, since().plusSeconds(regroup + timeouts.silence()));
    }

    private Instant since() {
        return membership.getSince() == null ? now : Instant.parse(membership.getSince());
    }

    /** How long a loss that workers tell of may yet show in a pod; empty if they tell of none in the current term. */
    private Optional<Duration> complaint() {
        return state.world().voices().heard().values().stream()
                .filter(heard -> heard.events().stream()
                        .flatMap(events -> events.events().stream())
                        .anyMatch(event -> event.term() == current() && event.kind() == Events.Kind.LOST))
                .map(heard -> Duration.between(now, heard.at().plus(SHOWS)))
                .min(Comparator.naturalOrder());
    }

    /** Whether nothing was done since a worker was lost before. */
    private boolean inVain(List<Loss> losses) {
        boolean noStep = !isOpen() && membership.getSinceStep() != null && step() <= membership.getSinceStep();
        return noStep || losses.stream().anyMatch(loss -> isNewcomer(loss.rank()));
    }

    private long step() {
        long told = state.report().map(Progress::step).orElse(0L);
        var known = state.status().map(JobStatus::getProgress).map(progress -> progress.getStep());
        return Math.max(told, known.orElse(0L));
    }

    /** The lost ranks get other pods: that is written down before any is made. */
    private Decision replace(List<Loss> losses) {
        var next = opened();
        next.setSinceStep(step());
        var recovery = Optional.ofNullable(recovery(state)).orElseGet(Recovery::new);
        var causes =
                new TreeMap<>(Optional.ofNullable(recovery.getRestartsByCause()).orElseGet(TreeMap::new));
        for (var loss : losses) {
            replaceOn(next, loss.rank(), !isReady(loss.rank()));
            causes.merge(loss.cause().name(), 1, Integer::sum);
        }
        int before = recovery.getRestarts() == null ? 0 : recovery.getRestarts();
        recovery.setRestarts(before + losses.size()).setRestartsByCause(causes);
        var decision = goOn(lostWords())
                .writing(new Written(term(state), next, recovery, inVain(losses)))
                .listening(new Plan.Gang(
                        state.peers(workers),
                        Optional.empty(),
                        Set.of(),
                        losses.stream().map(loss -> loss.cause().name()).toList(),
                        Optional.empty()));
        for (var loss : losses) {
            decision = decision.tell(TermNotices.lost(state, loss, incarnations.of(loss.rank())));
        }
        return decision;
    }

    private Membership opened() {
        var next = Block.copy(membership);
        return isOpen() ? next : next.setSince(text(now));
    }

    /** The next pod of a rank, on its place or, if that is lost, on another. */
    private void replaceOn(Membership next, int rank, boolean elsewhere) {
        var replaced = new ArrayList<>(incarnations(next).values());
        replaced.removeIf(replacement -> replacement.getRank() == rank);
        replaced.add(new Replacement().setRank(rank).setIncarnation(incarnations.of(rank) + 1));
        replaced.sort(Comparator.comparing(Replacement::getRank));
        next.setReplaced(List.copyOf(replaced));
        var place = place(rank);
        if (elsewhere && place.isPresent()) {
            var back = new ArrayList<>(Optional.ofNullable(next.getGivenBack()).orElse(List.of()));
            back.removeIf(other -> other.getRank() == rank);
            back.add(place.get());
            next.setGivenBack(List.copyOf(back));
        }
    }

    private static Map<Integer, Replacement> incarnations(Membership of) {
        return Incarnations.of(Optional.of(of)).replaced();
    }

    private Optional<Placement> place(int rank) {
        return state.job().getStatus().getAdmission().getPlacements().stream()
                .filter(place -> place.getRank() == rank)
                .findFirst();
    }

    private boolean isReady(int rank) {
        return place(rank)
                .filter(place -> state.world().nodes().getOrDefault(place.getNode(), false))
                .isPresent();
    }

    /** Pods are made for those ranks that have a place; when all have an address, the next term begins. */
    private Decision gather(List<Integer> ranks) {
        var stuck = ranks.stream().filter(this::isStuck).toList();
        var next = Block.copy(membership);
        stuck.forEach(rank -> replaceOn(next, rank, true));
        var back = Optional.ofNullable(next.getGivenBack()).orElse(List.of()).stream()
                .filter(place -> place(place.getRank()).filter(place::equals).isPresent())
                .toList();
        next.setGivenBack(back.isEmpty() ? null : back);
        if (!next.equals(membership)) {
            return goOn(lostWords()).writing(new Written(term(state), next, recovery(state), false));
        }
        if (state.peers(workers).size() == workers.size()) {
            return nextTerm(lostWords());
        }
        var make = ranks.stream()
                .filter(rank -> workers.get(rank) instanceof WorkerState.Missing)
                .filter(rank ->
                        place(rank).filter(place -> !back.contains(place)).isPresent())
                .toList();
        return withoutOld(state, goOn(lostWords()).with(JobChildren.replacing(state, make)));
    }

    /** Whether the scheduler finds no way to bring a newcomer to its place, as that of a node that was cordoned. */
    private boolean isStuck(int rank) {
        return workers.get(rank) instanceof WorkerState.Starting starting
                && Optional.ofNullable(Gang.of(state.world().pods(), state.attempt(), state.description())
                                .byRank()
                                .get(rank))
                        .flatMap(pod -> PodReport.condition(pod, "PodScheduled"))
                        .filter(condition -> "Unschedulable".equals(condition.getReason()))
                        .map(condition -> Instant.parse(condition.getLastTransitionTime()))
                        .filter(since -> !now.isBefore(since.plus(UNBOUND)))
                        .isPresent();
    }

    private Decision nextTerm(String words) {
        var next = opened();
        int term = (term(state) == null ? dev.capstan.protocol.Membership.FIRST : term(state)) + 1;
        var replaced = new ArrayList<Replacement>();
        var decision = goOn(words);
        for (var replacement : incarnations.replaced().values()) {
            boolean comes = replacement.getTerm() == null;
            replaced.add(comes ? Block.copy(replacement).setTerm(term) : replacement);
            if (comes) {
                decision = decision.tell(TermNotices.replaced(state, workers.get(replacement.getRank()), term));
            }
        }
        replaced.sort(Comparator.comparing(Replacement::getRank));
        next.setReplaced(replaced.isEmpty() ? null : List.copyOf(replaced));
        return decision.writing(new Written(term, next, recovery(state), false)).listening(gang(term));
    }

    private Plan.Gang gang(int term) {
        var peers = state.peers(workers);
        return new Plan.Gang(
                peers,
                Optional.of(new dev.capstan.protocol.Membership(
                        state.attempt(),
                        term,
                        peers.stream()
                                .map(peer -> new dev.capstan.protocol.Membership.Member(
                                        peer.pod(), address(peer.worker().podIp())))
                                .toList())),
                workers.stream().map(WorkerState::rank).filter(this::isNewcomer).collect(Collectors.toSet()),
                List.of(),
                Optional.empty());
    }

    private static String address(String ip) {
        return (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + Contract.PEER_PORT;
    }

    /** All workers are told of the term, until one of them says that they are at work in it. */
    private Decision join() {
        int term = term(state);
        boolean settled =
                state.world().voices().in(term, Events.Kind.RECOVERED).findAny().isPresent();
        if (!settled) {
            return state.peers(workers).size() == workers.size()
                    ? goOn(lostWords()).listening(gang(term))
                    : goOn(lostWords());
        }
        var took = Duration.between(since(), now);
        var recovery = Optional.ofNullable(recovery(state)).orElseGet(Recovery::new);
        var total = recovery.getTotalSeconds() == null ? 0 : Double.parseDouble(recovery.getTotalSeconds());
        recovery.setRecoveries((recovery.getRecoveries() == null ? 0 : recovery.getRecoveries()) + 1)
                .setLastSeconds(seconds(took.toMillis() / 1000.0))
                .setLastStep(step())
                .setTotalSeconds(seconds(total + took.toMillis() / 1000.0));
        var next = Block.copy(membership).setSettled(term).setSince(null);
        return goOn("").writing(new Written(term, next, recovery, false))
                .listening(
                        new Plan.Gang(state.peers(workers), Optional.empty(), Set.of(), List.of(), Optional.of(took)))
                .tell(TermNotices.recovered(state, recovery.getLastSeconds(), step(), term));
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.3f", seconds);
    }

    private static String text(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private Decision goOn(String words) {
        var decision = withoutOld(
                state,
                Decision.of(AdmittedJob.running(state, workers, words))
                        .following(state.follow(workers))
                        .listening(new Plan.Gang(state.peers(workers))));
        return isOpen() ? decision.again(positive(left())) : decision;
    }

    private static Duration positive(Duration left) {
        return left.isPositive() ? left : Duration.ZERO;
    }

    /** Who is missing, and what they wait for. */
    private String lostWords() {
        var ranks = gathering();
        var lacking = ranks.stream().filter(rank -> place(rank).isEmpty()).toList();
        var wait = lacking.isEmpty()
                ? ""
                : state.world()
                        .verdict()
                        .map(Wait::message)
                        .map(message -> ", which waits for a place: " + message)
                        .orElse(", which waits for a place");
        return ranks.isEmpty()
                ? "; the workers meet again in term " + term(state)
                : "; the others keep their state and wait for worker " + TermNotices.list(ranks) + wait;
    }
}
