package dev.capstan.e2e;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the workers of one job have logged, each line with the time at which its worker wrote it: which steps were done
 * when, and what was interrupted. All nodes of the cluster have this machine's clock. Several threads may use it.
 */
final class GangLog {
    /** As a container's log has it: when it was read, the stream, whether the line is whole, the line. */
    private static final Pattern LINE = Pattern.compile("(\\S+) std(?:out|err) [FP] (.*)");
    /** The same as the worker wrote it. */
    private static final Pattern WRITTEN = Pattern.compile("(\\d{4}-\\S+) [A-Z]+ \\S+ - (.*)");

    private static final Pattern STEP = Pattern.compile("step (\\d+) is done");
    private static final Pattern EPOCH = Pattern.compile("epoch (\\d+) ended.*");
    private static final Pattern KEPT = Pattern.compile("step (\\d+) of .* is (?:not )?kept.*");
    private static final Pattern MISSED = Pattern.compile(".*; another term is waited for");
    private static final Pattern TOLD = Pattern.compile("term (\\d+): .*");
    private static final Pattern WHOLE = Pattern.compile("all ranks are there again in term (\\d+), .*");

    /** What a line tells, if it is one of these. */
    enum Kind {
        /** A step is done. */
        STEP(GangLog.STEP),
        /** An epoch is measured. */
        EPOCH(GangLog.EPOCH),
        /** A checkpoint is whole, or could not be written. */
        KEPT(GangLog.KEPT),
        /** Another worker is missed. */
        MISSED(GangLog.MISSED),
        /** The worker was told of another term. */
        TOLD(GangLog.TOLD),
        /** An operation is complete in another term. */
        WHOLE(GangLog.WHOLE),
        OTHER(Pattern.compile(".*"));

        private final Pattern pattern;

        Kind(Pattern pattern) {
            this.pattern = pattern;
        }
    }

    /** @param number of the step, the epoch or the term; 0 where there is none */
    record Entry(Instant at, Kind kind, long number, String text) {}

    /** What was found after a fault. */
    record Next(Instant at, long step) {}

    private final Map<String, List<Entry>> entries = new LinkedHashMap<>();
    private long latest;

    /** Takes in a line of a worker's container; what isn't one is passed over. */
    synchronized void add(String process, String raw) {
        var line = LINE.matcher(raw);
        if (line.matches()) {
            var entry = entry(line.group(1), line.group(2));
            entries.computeIfAbsent(process, each -> new ArrayList<>()).add(entry);
            if (entry.kind() == Kind.STEP) {
                latest = entry.number();
            }
            notifyAll();
        }
    }

    private static Entry entry(String read, String whole) {
        var written = WRITTEN.matcher(whole);
        boolean ours = written.matches();
        var at = ours ? OffsetDateTime.parse(written.group(1)).toInstant() : Instant.parse(read);
        var text = ours ? written.group(2) : whole;
        for (var kind : Kind.values()) {
            var match = kind.pattern.matcher(text);
            if (match.matches()) {
                var number = match.groupCount() == 0 ? null : match.group(1);
                return new Entry(at, kind, number == null ? 0 : Long.parseLong(number), text);
            }
        }
        throw new IllegalStateException(text);
    }

    /** The step that was done last, of whichever worker; 0 before the first. */
    synchronized long step() {
        return latest;
    }

    /** Waits until something holds of this log; answers whether it does. */
    synchronized boolean await(Duration patience, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!holds.getAsBoolean()) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            // Time alone may make it hold.
            wait(Math.min(left, 500));
        }
        return true;
    }

    /** The first line of a kind that any worker has written after a moment. */
    synchronized Optional<Instant> first(Kind kind, Instant after) {
        return entries.values().stream()
                .flatMap(each -> since(each, after).filter(entry -> entry.kind() == kind))
                .map(Entry::at)
                .min(Instant::compareTo);
    }

    /** When a process that began after a moment wrote its first line. */
    synchronized Optional<Instant> started(Instant after) {
        return entries.values().stream()
                .map(each -> each.getFirst().at())
                .filter(at -> at.isAfter(after))
                .min(Instant::compareTo);
    }

    /** Whether a process has written something. */
    synchronized boolean speaks(String process) {
        return entries.containsKey(process);
    }

    /**
     * The first step that was done after a fault had interrupted the workers: by one that has seen them whole again, or
     * by one that began after it.
     */
    synchronized Optional<Next> next(Instant fault) {
        return entries.values().stream()
                .flatMap(each -> whole(each, fault).stream())
                .min(Comparator.comparing(Entry::at))
                .map(step -> new Next(step.at(), step.number()));
    }

    /**
     * The same of a fault that may go by unnoticed.
     *
     * @param undone when it was undone: a step after that will do
     */
    synchronized Optional<Next> nextOrResumed(Instant fault, Instant undone) {
        return next(fault)
                .or(() -> entries.values().stream()
                        .flatMap(each -> since(each, undone).filter(entry -> entry.kind() == Kind.STEP))
                        .min(Comparator.comparing(Entry::at))
                        .map(step -> new Next(step.at(), step.number())));
    }

    private static Optional<Entry> whole(List<Entry> process, Instant fault) {
        boolean whole = process.getFirst().at().isAfter(fault);
        for (var entry : since(process, fault).toList()) {
            whole |= entry.kind() == Kind.WHOLE;
            if (whole && entry.kind() == Kind.STEP) {
                return Optional.of(entry);
            }
        }
        return Optional.empty();
    }

    /** How many steps were done before a fault, and again after it. */
    synchronized long lost(Instant fault, Next next) {
        long before = entries.values().stream()
                .filter(each -> each.getFirst().at().isBefore(fault))
                .flatMap(each -> each.stream()
                        .takeWhile(entry -> !entry.at().isAfter(fault) || entry.kind() != Kind.WHOLE)
                        .filter(entry -> entry.kind() == Kind.STEP))
                .filter(entry -> entry.at().isBefore(next.at()))
                .mapToLong(Entry::number)
                .max()
                .orElse(0);
        return Math.max(0, before - next.step() + 1);
    }

    /** The last step that a process had done at a moment; 0 if none. */
    synchronized long step(String process, Instant at) {
        return until(process, at).stream()
                .filter(entry -> entry.kind() == Kind.STEP)
                .mapToLong(Entry::number)
                .reduce(0, (one, other) -> other);
    }

    /** What a process was at. */
    enum Moment {
        STARTING("starting"),
        TRAINING("training"),
        VALIDATION("validation"),
        CHECKPOINT("checkpoint"),
        REFORMING("re-forming");

        private final String shown;

        Moment(String shown) {
            this.shown = shown;
        }

        @Override
        public String toString() {
            return shown;
        }
    }

    /**
     * What a process was at in a moment.
     *
     * @param writes whether it writes checkpoints, which goes on beside the steps that follow
     * @param everySteps after as many, a checkpoint is written
     * @param stepsOfEpoch after as many, the validation split is measured
     */
    synchronized Moment moment(String process, Instant at, boolean writes, long everySteps, long stepsOfEpoch) {
        var moment = Moment.STARTING;
        boolean writing = false;
        for (var entry : until(process, at)) {
            writing = switch (entry.kind()) {
                case STEP -> writing || writes && entry.number() % everySteps == 0;
                case KEPT -> false;
                case EPOCH, MISSED, TOLD, WHOLE, OTHER -> writing;
            };
            moment = switch (entry.kind()) {
                case STEP -> entry.number() % stepsOfEpoch == 0 ? Moment.VALIDATION : Moment.TRAINING;
                case EPOCH, WHOLE -> Moment.TRAINING;
                case MISSED, TOLD -> Moment.REFORMING;
                case KEPT, OTHER -> moment;
            };
        }
        return moment == Moment.TRAINING && writing ? Moment.CHECKPOINT : moment;
    }

    private List<Entry> until(String process, Instant at) {
        return entries.getOrDefault(process, List.of()).stream()
                .filter(entry -> !entry.at().isAfter(at))
                .toList();
    }

    /** They are in the order of their times, and looked for again with each line that comes. */
    private static Stream<Entry> since(List<Entry> process, Instant after) {
        int first = process.size();
        while (first > 0 && process.get(first - 1).at().isAfter(after)) {
            first--;
        }
        return process.subList(first, process.size()).stream();
    }

    /** All lines but those of single steps, by their time. */
    synchronized List<String> story() {
        return entries.entrySet().stream()
                .flatMap(process -> process.getValue().stream()
                        .filter(entry -> entry.kind() != Kind.STEP)
                        .map(entry -> entry.at() + " " + process.getKey() + " " + entry.text()))
                .sorted()
                .toList();
    }
}
