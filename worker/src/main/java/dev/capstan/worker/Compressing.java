package dev.capstan.worker;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.Compression.StepResult;
import dev.capstan.protocol.CompressionStep.Prune;
import dev.capstan.protocol.CompressionStep.Quantize;
import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Progress.Stage;
import dev.capstan.protocol.Training;
import dev.capstan.protocol.Work;
import dev.capstan.worker.artifact.OnnxLineage;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.CheckpointFolder;
import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.compress.Exported;
import dev.capstan.worker.compress.FindingsPart;
import dev.capstan.worker.compress.Given;
import dev.capstan.worker.compress.Instructions;
import dev.capstan.worker.compress.Journal;
import dev.capstan.worker.compress.Kept;
import dev.capstan.worker.compress.Loaded;
import dev.capstan.worker.compress.Measurable;
import dev.capstan.worker.compress.Measuring;
import dev.capstan.worker.compress.OnnxPart;
import dev.capstan.worker.compress.Pace;
import dev.capstan.worker.compress.Preflight;
import dev.capstan.worker.compress.Pruner;
import dev.capstan.worker.compress.Quantization;
import dev.capstan.worker.compress.Rebuilt;
import dev.capstan.worker.compress.Verdict;
import dev.capstan.worker.compress.prune.Chooser;
import dev.capstan.worker.compress.prune.HeldAtZero;
import dev.capstan.worker.compress.quantize.Findings;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.onnx.Signature;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.ring.Ring;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.storage.Outage;
import dev.capstan.worker.storage.Volume;
import dev.capstan.worker.train.Checkpointing;
import dev.capstan.worker.train.Edge;
import dev.capstan.worker.train.ProgressBoard;
import dev.capstan.worker.train.Trainer;
import dev.capstan.worker.train.TrainingState;
import dev.capstan.worker.train.Watch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.ModelProto;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A compression under way, as one of its ranks: the model as it is now, and what is known of it. After each part of the
 * work its state is kept, and whoever goes on does so from there.
 */
final class Compressing {
    private static final Logger LOG = LoggerFactory.getLogger(Compressing.class);

    private final GangSession session;
    private final Work.Compress work;
    private final Ring all;
    private final Loaded loaded;
    private final CheckpointFolder checkpoints;
    private final TrainingState.Origin origin;
    private final Path scratch;
    private final JobFile job;
    private final ProgressBoard board;
    private final Measuring measuring;

    private Journal journal = Journal.EMPTY;
    /** As pruning has left it; null if the model that came is an ONNX file alone. */
    private Network network;
    /** What quantization has found; null before it and after it. */
    private Findings findings;
    /** What quantization made; null before it. */
    private Exported quantized;

    Compressing(
            GangSession session,
            Work.Compress work,
            Ring all,
            Loaded loaded,
            CheckpointFolder checkpoints,
            TrainingState.Origin origin,
            Path scratch) {
        this.session = session;
        this.work = work;
        this.all = all;
        this.loaded = loaded;
        this.checkpoints = checkpoints;
        this.origin = origin;
        this.scratch = scratch;
        job = session.job();
        board = session.board();
        measuring = new Measuring(work, loaded, Versions.worker(), scratch);
    }

    /**
     * Does all of it, or what is left.
     *
     * @param newest what is gone on from; empty to begin
     */
    Compressed run(Optional<Checkpoint> newest) {
        var baseline = leads() ? measuring.baseline() : null;
        network = switch (loaded.given()) {
            case Given.Trained trained -> trained.network();
            case Given.Foreign foreign -> null;
        };
        newest.ifPresent(this::takeUp);
        if (journal.before() == 0) {
            if (leads()) {
                board.stage(Stage.EVALUATING);
                journal = journal.withBaseline(measuring.of(network, baseline, pace()));
                Verdict.checkBaseline(
                        work.acceptance(), journal.baseline(), loaded.given().classes());
                LOG.info("the model as it came: {}", journal.baseline());
            }
            partIsDone(0);
        }
        while (journal.done() < work.steps().size()) {
            switch (work.steps().get(journal.done())) {
                case Prune prune -> prune(prune, journal.tuning() ? newest : Optional.empty());
                case Quantize quantize -> quantize(quantize);
            }
        }
        if (!leads()) {
            return new Compressed(network, null, null, 0, null, null);
        }
        var made = quantized != null ? quantized : measuring.measurable(network);
        var likeness = measuring.compared(made, network);
        if (journal.bounds() == null) {
            judge(baseline, made);
        }
        show(0, 0);
        return new Compressed(network, made, likeness, journal.trained(), journal.shown(null), journal.instructions());
    }

    private boolean leads() {
        return session.rank() == CompressRole.LEADER;
    }

    private void takeUp(Checkpoint checkpoint) {
        session.storage(storage(), () -> {
            try {
                journal = Journal.of(checkpoint);
                findings = leads() ? FindingsPart.of(checkpoint).orElse(null) : null;
                if (journal.done() == 0 && !journal.tuning()) {
                    return null;
                }
                if (network != null) {
                    network = Rebuilt.of(checkpoint, training(), origin.preprocessing(), loaded.jar());
                }
                if (leads() && Volume.exists(checkpoint.folder().resolve(OnnxPart.FILE))) {
                    quantized = Exported.write(OnnxPart.read(checkpoint.folder()), signature(), scratch);
                }
                return null;
            } catch (IOException | IllegalArgumentException e) {
                throw new Failure(
                        Outage.or(Reason.WorkerError, e),
                        "checkpoint " + checkpoint.shown().uri() + " can't be read: " + e,
                        e);
            }
        });
        board.checkpoint(checkpoint.shown());
        LOG.info("goes on from {}, after {} steps", checkpoint.shown().uri(), journal.done());
    }

    /** Of the fine-tuning that was under way, if one was. */
    private Training training() {
        return journal.tuning() ? ((Prune) work.steps().get(journal.done())).fineTune() : Rebuilt.NONE;
    }

    private void prune(Prune step, Optional<Checkpoint> resumed) {
        int number = journal.done();
        long trained = 0;
        if (!journal.tuning()) {
            board.stage(Stage.PRUNING);
            show(0, 0);
            var pruner = new Pruner(number, step);
            if (leads() && loaded.train() != null) {
                journal = journal.withSensitivity(pruner.sensitivity(network, number + 1, measuring.some(), pace()));
            }
            var pruned = pruner.prune(network);
            network = pruned.network();
            journal = journal.tuning(new StepResult(number + 1, "prune", pruned.summary(), 0, null, pruned.leftOut()));
            LOG.info("step {}: {}", number + 1, pruned.summary());
        }
        if (step.fineTune() != null) {
            trained = fineTune(step.fineTune(), resumed);
        }
        network = Rebuilt.of(network, Rebuilt.NONE, origin.preprocessing(), loaded.jar(), scratch);
        var result = journal.pruned();
        if (leads()) {
            board.stage(Stage.EVALUATING);
            var pruned = measuring.measurable(network);
            result = new StepResult(
                    result.step(),
                    result.name(),
                    result.summary() + (trained == 0 ? "" : "; fine-tuned in " + trained + " steps"),
                    measuring.stored(network, pruned).sizeBytes(),
                    measuring.accuracyOnSome(pruned, pace()),
                    result.leftOut());
        }
        journal = journal.finished(result);
        partIsDone(trained);
    }

    private long fineTune(Training training, Optional<Checkpoint> resumed) {
        if (resumed.isEmpty()) {
            network = Rebuilt.of(network, training, origin.preprocessing(), loaded.jar(), scratch);
        }
        var parameters = network.stage().parameters();
        var held = new HeldAtZero(Chooser.zeros(network.structure(), parameters));
        var watch = new Watch(training.earlyStopping());
        var state = new TrainingState(
                job.job(), all.size(), origin, network, watch, List.of(held, journal.part()), journal.before());
        var checkpointing = new Checkpointing(
                job.checkpoints(),
                checkpoints,
                state,
                all,
                CompressRole.LEADER,
                board,
                System::nanoTime,
                Checkpointing.Limits.here(session::graceLeft, job.timeouts()));
        // Rank 0 may have measured for long.
        all.allGather(new byte[1], CompressRole.STORAGE);
        var start = resumed.map(found -> session.storage(storage(), () -> checkpointing.resume(found)))
                .orElse(Position.START);
        Edge edge = position -> session.storage(storage(), () -> {
            checkpointing.reached(position);
            return null;
        });
        var split = Preflight.split(training, loaded.train(), network.stage(), all.size());
        session.takesCheckpoints(true);
        try {
            new Trainer(network, split, training, all, board, watch, edge, List.of(held)).train(start);
            return network.step();
        } catch (Failure e) {
            if (e.reason() == Reason.PeerLost) {
                all.abort(e);
                session.storage(storage(), () -> {
                    checkpointing.salvage(e);
                    return null;
                });
            }
            throw e;
        } finally {
            session.takesCheckpoints(false);
            // What is written next isn't a state of this training.
            checkpointing.settled();
        }
    }

    private void quantize(Quantize step) {
        int number = journal.done();
        StepResult result = null;
        if (leads()) {
            var done = new Quantization(number, step, loaded.given(), network)
                    .quantize(
                            measuring.quantizable(network).model(),
                            loaded.train(),
                            findings,
                            new Quantization.Halves() {
                                @Override
                                public Pace calibrating() {
                                    board.stage(Stage.CALIBRATING);
                                    return pace();
                                }

                                @Override
                                public Pace quantizing() {
                                    journal = journal.calibratedBy(Math.min(
                                            loaded.train().size(),
                                            step.calibration().samples()));
                                    board.stage(Stage.QUANTIZING);
                                    return pace();
                                }

                                @Override
                                public void keep(Findings more) {
                                    findings = more;
                                    partIsDone(0);
                                }
                            });
            findings = null;
            quantized = Exported.write(served(done.model()), signature(), scratch);
            board.stage(Stage.EVALUATING);
            result = new StepResult(
                    number + 1,
                    "quantize",
                    done.summary(),
                    measuring.stored(network, quantized).sizeBytes(),
                    measuring.accuracyOnSome(quantized, pace()),
                    done.leftOut());
            journal = journal.withSensitivity(done.sensitivity());
            LOG.info("step {}: {}", number + 1, done.summary());
        } else {
            result = new StepResult(number + 1, "quantize", "", 0, null, List.of());
        }
        journal = journal.finished(result);
        partIsDone(0);
    }

    private Signature signature() {
        return switch (loaded.given()) {
            case Given.Trained trained -> Signature.OWN;
            case Given.Foreign foreign -> foreign.onnx().signature();
        };
    }

    /** A model that has no network's archive beside it holds its lineage itself. */
    private ModelProto served(ModelProto model) {
        return network == null ? OnnxLineage.in(model, loaded.inputs().from(), loaded.preprocessing()) : model;
    }

    private void judge(Measurable baseline, Measurable made) {
        board.stage(Stage.EVALUATING);
        var measured = measuring.of(network, made, pace());
        var speeds = measuring.speeds(baseline, made, pace());
        Measures before = Measuring.with(journal.baseline(), speeds.getFirst());
        Measures after = Measuring.with(measured, speeds.getLast());
        journal = journal.measured(before, after, Verdict.of(work.acceptance(), before, after), Instructions.here());
        partIsDone(0);
    }

    /** Rank 0 keeps what the part has left. All ranks count those that are before a fine-tuning. */
    private void partIsDone(long trained) {
        journal = journal.after(trained);
        show(0, 0);
        if (!leads()) {
            return;
        }
        var parts = new ArrayList<State.Part>();
        parts.add(journal.part());
        if (findings != null) {
            parts.add(new FindingsPart(findings));
        }
        if (quantized != null) {
            parts.add(new OnnxPart(quantized.model()));
        }
        var state = network == null
                ? new Kept(job.job(), all.size(), origin.recipe(), origin.data(), journal.before(), parts)
                : new TrainingState(job.job(), all.size(), origin, network, new Watch(null), parts, journal.before());
        session.storage(storage(), () -> {
            try {
                board.checkpoint(checkpoints.write(state));
            } catch (IOException | IllegalArgumentException e) {
                var problem = checkpoints.cannotBeWritten(e);
                board.noCheckpoint(problem);
                LOG.warn("the state isn't kept, and the work goes on: {}", problem);
            }
            return null;
        });
        pace().at(0, 0);
    }

    private String storage() {
        return "checkpoint.storage " + job.checkpoints().uri();
    }

    private void show(long done, long of) {
        int steps = work.steps().size();
        board.compression(
                journal.shown(new Compression.Position(Math.min(journal.done() + 1, steps), steps, done, of)));
    }

    private Pace pace() {
        return (done, of) -> {
            show(done, of);
            if (session.stopping()) {
                var kept = board.progress().lastCheckpoint();
                var problem = board.progress().checkpointProblem();
                throw Failure.elsewhere(
                        problem == null ? Reason.Terminated : Reason.StateNotKept,
                        "asked to stop, and did so in step "
                                + Math.min(journal.done() + 1, work.steps().size())
                                + " of " + work.steps().size() + "; "
                                + (kept == null
                                        ? "nothing was finished yet"
                                        : "what was finished before is kept in " + kept.uri())
                                + (problem == null ? "" : ", and nothing newer: " + problem));
            }
        };
    }
}
