package dev.capstan.controllers.job;

import dev.capstan.controllers.job.Losses.Loss;
import dev.capstan.controllers.plan.Plan;
import dev.capstan.crds.Block;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.Membership;
import dev.capstan.crds.Recovery;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Events;
import dev.capstan.protocol.Progress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Recovery in place: a gang that has lost workers keeps the others, which wait with their state. The lost ranks get
 * other pods, those of spares at once; when all of them have an address, a new term says who is in the gang and where.
 * It is written down first and sent then, so that a leader that was deposed sends none. All that a new leader needs is
 * in {@code status.membership}:
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

    private final JobState state;
    private final List<WorkerState> workers;
    private final Membership membership;
    private final Seats seats;
    private final SeatPlaces places;
    private final Prospects prospects;
    private final Instant now;

    private Terms(JobState state, List<WorkerState> workers, Membership membership) {
        this.state = state;
        this.workers = workers;
        this.membership = membership;
        seats = Seats.of(state.description(), Optional.of(membership));
        places = new SeatPlaces(state);
        prospects = new Prospects(state, workers, membership, seats);
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
    record Written(Integer term, Membership membership, Recovery recovery, boolean inVain) {
        /** Another membership, and else what the status says already. */
        static Written of(JobState state, Membership membership) {
            return new Written(Terms.term(state), membership, Recoveries.of(state), false);
        }
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
        var listening = OldPods.deleted(state, decision.listening(undisturbed(state, workers)));
        boolean trains = state.report()
                .filter(report -> report.stage() == Progress.Stage.TRAINING)
                .isPresent();
        boolean speaks =
                state.world().voices().any() && trains || state.world().voices().anyRecoverable();
        return membership(state).isEmpty() && speaks
                ? listening.writing(Written.of(state, new Membership()))
                : listening;
    }

    private static Plan.Gang undisturbed(JobState state, List<WorkerState> workers) {
        return new Plan.Gang(state.peers(workers), state.spares().peers());
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
                .filter(membership -> state.seats().isNewcomer(rank, settled(membership)))
                .isPresent();
    }

    private static Optional<Membership> membership(JobState state) {
        return state.status()
                .map(JobStatus::getMembership)
                .filter(there -> state.description().replacesWorkers());
    }

    private static Integer term(JobState state) {
        return state.status().map(JobStatus::getTerm).orElse(null);
    }

    /** The last term in which all were at work. */
    static int settled(Membership membership) {
        return membership.getSettled() == null ? dev.capstan.protocol.Membership.FIRST : membership.getSettled();
    }

    private boolean isOpen() {
        return membership.getSince() != null;
    }

    /** The term that the workers are in, as they count: none of the operator's before the first. */
    private int current() {
        boolean joining = isOpen() && seats.gathering().isEmpty() && term(state) != null;
        return joining ? term(state) : settled(membership);
    }

    private Verdict decide() {
        if (workers.stream().anyMatch(this::speaksForAll)) {
            return new AsEver();
        }
        var gathering = seats.gathering();
        var losses = new Losses(state, workers, current(), gathering).all();
        var complaint = losses.isEmpty() && gathering.isEmpty() ? complaint() : Optional.<Duration>empty();
        if (!isOpen() && losses.isEmpty() && complaint.isEmpty()) {
            return new AsEver();
        }
        var hopeless = prospects.none(losses);
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

    /** A worker that ended by its own will says what is to become of all of them, unless it has left them to go on. */
    private boolean speaksForAll(WorkerState worker) {
        boolean anybody = workers.stream().anyMatch(WorkerState.Running.class::isInstance);
        return worker instanceof WorkerState.Ended ended && !ended.killed() && !(anybody && Losses.hasLeft(ended));
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

    /**
     * The lost ranks get other pods: that is written down before any is made. Where spares take all of them, the next
     * term begins with that.
     */
    private Decision replace(List<Loss> losses) {
        var next = opened().setSinceStep(prospects.step());
        var change = new Succession(state, places, next, seats, workers);
        losses.forEach(loss -> change.lost(loss, !places.isReady(seats.of(loss.rank()))));
        change.bySpares();
        var recovery = Recoveries.replacing(state, losses);
        var after = new Terms(state, change.workers(), change.membership());
        var causes = losses.stream().map(loss -> loss.cause().name()).toList();
        var decision = after.isWhole()
                ? after.nextTerm(lostWords(), recovery, prospects.inVain(losses), causes)
                : after.goOn(after.lostWords())
                        .writing(new Written(term(state), change.membership(), recovery, prospects.inVain(losses)))
                        .listening(undisturbed(state, change.workers()).losing(causes));
        var told = losses.stream().map(loss -> TermNotices.lost(state, loss)).toList();
        return decision.tellFirst(told);
    }

    private Membership opened() {
        var next = Block.copy(membership);
        return isOpen() ? next : next.setSince(text(now));
    }

    private boolean isWhole() {
        return state.peers(workers).size() == workers.size();
    }

    /** Pods are made for those ranks that have a place; when all have an address, the next term begins. */
    private Decision gather(List<Integer> ranks) {
        var next = Block.copy(membership);
        var change = new Succession(state, places, next, seats, workers);
        for (int rank : ranks) {
            int seat = seats.of(rank);
            if (workers.get(rank) instanceof WorkerState.Starting && places.isStuck(seat)) {
                change.lost(rank, true);
            } else if (workers.get(rank) instanceof WorkerState.Missing && seats.incarnation(seat) == 0) {
                // A spare that was to take the rank is gone before it was told.
                change.lost(rank, !places.isReady(seat));
            }
        }
        change.bySpares();
        places.forgetTaken(next);
        var after = new Terms(state, change.workers(), change.membership());
        if (after.isWhole()) {
            return after.nextTerm(lostWords());
        }
        if (!change.membership().equals(membership)) {
            return goOn(after.lostWords()).writing(Written.of(state, change.membership()));
        }
        var make = ranks.stream()
                .filter(rank -> workers.get(rank) instanceof WorkerState.Missing)
                .map(seats::of)
                .filter(seat -> places.isFree(seat, membership))
                .toList();
        return OldPods.deleted(state, goOn(lostWords()).making(JobChildren.pods(state, make)));
    }

    private Decision nextTerm(String words) {
        return nextTerm(words, Recoveries.of(state), false, List.of());
    }

    private Decision nextTerm(String words, Recovery recovery, boolean inVain, List<String> lost) {
        int term = (term(state) == null ? dev.capstan.protocol.Membership.FIRST : term(state)) + 1;
        var next = opened().setReplaced(seats.inTerm(term).told());
        var decision = goOn(words);
        for (int rank : seats.gathering()) {
            decision = decision.tell(TermNotices.replaced(state, workers.get(rank), seats.comesFromSpare(rank), term));
        }
        return decision.writing(new Written(term, next, recovery, inVain))
                .listening(gang(term).losing(lost));
    }

    private Plan.Gang gang(int term) {
        var peers = state.peers(workers);
        return new Plan.Gang(
                peers,
                state.spares().peers().stream()
                        .filter(spare ->
                                peers.stream().noneMatch(peer -> peer.pod().equals(spare.pod())))
                        .toList(),
                Optional.of(new dev.capstan.protocol.Membership(
                        state.attempt(),
                        term,
                        peers.stream()
                                .map(peer -> new dev.capstan.protocol.Membership.Member(
                                        peer.pod(), address(peer.worker().podIp())))
                                .toList())),
                workers.stream()
                        .map(WorkerState::rank)
                        .filter(rank -> seats.isNewcomer(rank, settled(membership)))
                        .collect(Collectors.toSet()),
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
            return isWhole() ? goOn(lostWords()).listening(gang(term)) : goOn(lostWords());
        }
        var took = Duration.between(prospects.since(), now);
        var recovery = Recoveries.atWork(state, prospects.step(), took);
        var next = Block.copy(membership).setSettled(term).setSince(null);
        var gang = undisturbed(state, workers);
        return goOn("").writing(new Written(term, next, recovery, false))
                .listening(new Plan.Gang(
                        gang.peers(), gang.spares(), Optional.empty(), Set.of(), List.of(), Optional.of(took)))
                .tell(TermNotices.recovered(state, recovery.getLastSeconds(), prospects.step(), term));
    }

    private static String text(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private Decision goOn(String words) {
        var decision = OldPods.deleted(
                state,
                Decision.of(AdmittedJob.running(state, workers, words))
                        .following(state.follow(workers))
                        .listening(undisturbed(state, workers)));
        return isOpen() ? decision.again(positive(prospects.left())) : decision;
    }

    private static Duration positive(Duration left) {
        return left.isPositive() ? left : Duration.ZERO;
    }

    /** Who is missing, and what they wait for. */
    private String lostWords() {
        return TermNotices.waiting(state, seats, places);
    }
}
