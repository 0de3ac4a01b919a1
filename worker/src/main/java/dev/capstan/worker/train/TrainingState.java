package dev.capstan.worker.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Membership;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Training;
import dev.capstan.worker.artifact.DurableFile;
import dev.capstan.worker.artifact.ModelArchive;
import dev.capstan.worker.checkpoint.Checkpoint;
import dev.capstan.worker.checkpoint.Description;
import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.data.Preprocessing;
import dev.capstan.worker.model.Network;
import dev.capstan.worker.model.NetworkCopy;
import dev.capstan.worker.model.RawModel;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.step.Flat;
import dev.capstan.worker.step.Position;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Outage;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** The state of a training that one rank holds. */
public final class TrainingState implements State {
    private static final String PREPROCESSING = "preprocessing.json";
    private static final String BEST = "best.bin";
    private static final String HISTORY = "history.json";

    private final JobFile.Job job;
    private final int workers;
    private final Origin origin;
    private final Network network;
    private final Watch watch;
    private final List<Part> more;
    private final long before;
    private Position reached = Position.START;
    /** Which one the gang is in. */
    private IntSupplier term = () -> Membership.FIRST;
    /** Where this attempt has begun. */
    private Position began = Position.START;

    /**
     * What a state has to say of where it comes from.
     *
     * @param recipe digest of the job's model, data and training
     * @param data digest of the training samples
     * @param preprocessing what was learned from them
     * @param engine what computes the training; null for DL4J
     * @param threads that compute on each rank
     */
    public record Origin(String recipe, String data, Preprocessing preprocessing, Training.Engine engine, int threads) {
        /** Of a training that DL4J computes. */
        public Origin(String recipe, String data, Preprocessing preprocessing) {
            this(recipe, data, preprocessing, null, 1);
        }

        /** The same, computed by another engine. */
        public Origin by(Training.Engine other, int itsThreads) {
            return new Origin(recipe, data, preprocessing, other, itsThreads);
        }
    }

    /**
     * @param job which job, and which attempt of it
     * @param workers how many train
     * @param network what is trained
     * @param watch what was measured after each epoch
     */
    public TrainingState(JobFile.Job job, int workers, Origin origin, Network network, Watch watch) {
        this(job, workers, origin, network, watch, List.of());
    }

    /**
     * @param job which job, and which attempt of it
     * @param workers how many train
     * @param network what is trained
     * @param watch what was measured after each epoch
     * @param more what else belongs to the state
     */
    public TrainingState(JobFile.Job job, int workers, Origin origin, Network network, Watch watch, List<Part> more) {
        this(job, workers, origin, network, watch, more, 0);
    }

    /**
     * @param job which job, and which attempt of it
     * @param workers how many train
     * @param network what is trained
     * @param watch what was measured after each epoch
     * @param more what else belongs to the state
     * @param before steps of the job before this training: its checkpoints count on from there
     */
    public TrainingState(
            JobFile.Job job, int workers, Origin origin, Network network, Watch watch, List<Part> more, long before) {
        this.job = job;
        this.workers = workers;
        this.origin = origin;
        this.network = network;
        this.watch = watch;
        this.more = List.copyOf(more);
        this.before = before;
    }

    /**
     * Finds out whether a checkpoint's parameters still mean what they meant, where training samples that have changed
     * are to be gone on with.
     *
     * @throws Failure DataChanged if classes, vocabulary or whatever else was learned from the samples are others now
     */
    public static void checkLearned(Checkpoint checkpoint, Origin origin) {
        if (origin.data().equals(checkpoint.description().data())) {
            return;
        }
        try (var in = checkpoint.open(PREPROCESSING).orElseThrow(() -> new FileNotFoundException(PREPROCESSING))) {
            if (!Json.write(origin.preprocessing()).equals(new String(in.readAllBytes(), UTF_8))) {
                throw new Failure(
                        Reason.DataChanged,
                        "data.train has changed since checkpoint "
                                + checkpoint.shown().uri()
                                + " was written, and with it what is learned from the samples (classes, vocabulary,"
                                + " scaling): the checkpoint's parameters stand for others. Put the samples back, or"
                                + " delete this job and apply it again to begin anew");
            }
        } catch (IOException e) {
            throw new Failure(
                    Outage.or(Reason.WorkerError, e),
                    "checkpoint " + checkpoint.shown().uri() + " can't be read: " + e,
                    e);
        }
    }

    /** Has what is kept of it say in which term of the gang that was. */
    public TrainingState in(IntSupplier terms) {
        term = terms;
        return this;
    }

    /** Notes where the last step has led to. */
    public void reached(Position position) {
        reached = position;
    }

    /** Where the last step has led to; the epoch may have ended since. */
    public Position position() {
        return reached.epoch() == network.optimizer().epoch() ? reached : reached.afterEpoch();
    }

    /**
     * Whether the last thing that changed it was a step of this attempt, after which something may be left to do; not
     * an epoch's end, nor what the attempt began with.
     */
    public boolean afterStep() {
        var position = position();
        return position.batch() > 0 && position.step() > began.step();
    }

    /** Whether parameters and optimizer still are as the last step has left them. */
    boolean whole() {
        return reached.step() == network.optimizer().step();
    }

    Flat parameters() {
        return network.stage().parameters();
    }

    @Override
    public Description description() {
        var position = position();
        return new Description(
                Description.VERSION,
                job,
                origin.recipe(),
                origin.data(),
                workers,
                before + position.step(),
                position.epoch(),
                position.batch(),
                watch.measured(),
                origin.engine(),
                watch.productive().seconds(),
                origin.threads() == 1 ? null : origin.threads(),
                term.getAsInt() == Membership.FIRST ? null : term.getAsInt());
    }

    @Override
    public Map<String, DurableFile.Content> parts() {
        return parts(ModelArchive::write, more);
    }

    private Map<String, DurableFile.Content> parts(ModelWriter model, List<Part> others) {
        var parts = new LinkedHashMap<String, DurableFile.Content>();
        parts.put(Checkpoint.DESCRIPTION, text(description()));
        parts.put(Checkpoint.MODEL, out -> model.write(network, out));
        parts.put(PREPROCESSING, text(origin.preprocessing()));
        parts.put(HISTORY, text(watch.history().course()));
        if (watch.bestParameters() != null) {
            parts.put(BEST, watch.bestParameters()::write);
        }
        others.forEach(each -> parts.put(each.name(), each::write));
        return parts;
    }

    /**
     * A copy that stays as it is while the training goes on.
     *
     * @param earlier whose memory it may use, and which nobody needs any more; null for memory of its own
     */
    Copy copy(Copy earlier) {
        var room = earlier == null ? NetworkCopy.roomFor(network) : earlier.network;
        room.take(network);
        // What else there is either isn't changed once it is made, as the best parameters, or is small.
        var frozen = new ArrayList<Part>();
        for (var each : more) {
            frozen.add(Frozen.of(each));
        }
        var parts = parts((ignored, out) -> ModelArchive.write(room, out), frozen);
        var best = watch.bestParameters();
        return new Copy(description(), parts, room, room.bytes() + (best == null ? 0 : best.length() * Float.BYTES));
    }

    /** How much memory a first copy takes. */
    long copyBytes() {
        return NetworkCopy.bytes(network);
    }

    /** A state as it was, which can only be written. */
    static final class Copy implements State {
        private final Description description;
        private final Map<String, DurableFile.Content> parts;
        private final NetworkCopy network;
        private final long bytes;

        private Copy(Description description, Map<String, DurableFile.Content> parts, NetworkCopy network, long bytes) {
            this.description = description;
            this.parts = parts;
            this.network = network;
            this.bytes = bytes;
        }

        /** How large it is, but for what is small. */
        long bytes() {
            return bytes;
        }

        @Override
        public Description description() {
            return description;
        }

        @Override
        public Map<String, DurableFile.Content> parts() {
            return parts;
        }

        @Override
        public void read(Parts other) {
            throw new UnsupportedOperationException("a copy is only written");
        }
    }

    /** A part's bytes. */
    private record Frozen(String name, byte[] bytes) implements Part {
        private static Frozen of(Part part) {
            var bytes = new ByteArrayOutputStream();
            try {
                part.write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new Frozen(part.name(), bytes.toByteArray());
        }

        @Override
        public void write(OutputStream out) throws IOException {
            out.write(bytes);
        }

        @Override
        public void read(InputStream in) {
            throw new UnsupportedOperationException("a copy is only written");
        }
    }

    private static DurableFile.Content text(Object value) {
        return out -> out.write(Json.write(value).getBytes(UTF_8));
    }

    private interface ModelWriter {
        void write(Network network, OutputStream out) throws IOException;
    }

    private interface ModelReader {
        void read(InputStream in, Network network) throws IOException;
    }

    /** Writes it for a peer; leaves the stream open. */
    void send(OutputStream out) throws IOException {
        var fields = new DataOutputStream(out);
        fields.writeLong(began.step());
        fields.writeInt(began.epoch());
        fields.writeInt(began.batch());
        PartStream.write(parts(RawModel::write, more), fields);
    }

    /** Takes over what a peer has sent. */
    void receive(InputStream in) throws IOException {
        var fields = new DataInputStream(in);
        var from = new Position(fields.readLong(), fields.readInt(), fields.readInt());
        read(new PartStream(fields), RawModel::read);
        began = from;
    }

    @Override
    public void read(Parts parts) throws IOException {
        read(parts, ModelArchive::read);
        began = reached;
    }

    private void read(Parts parts, ModelReader model) throws IOException {
        var description = description(parts);
        try (var in = parts.open(Checkpoint.MODEL).orElseThrow(() -> new FileNotFoundException(Checkpoint.MODEL))) {
            model.read(in, network);
        }
        long step = description.step() - before;
        network.optimizer().resume((int) step, description.epoch());
        Flat best = null;
        var kept = parts.open(BEST);
        if (kept.isPresent()) {
            try (var in = kept.get()) {
                best = parameters().copy();
                best.read(in);
            }
        }
        for (var each : more) {
            try (var in = parts.open(each.name()).orElseThrow(() -> new FileNotFoundException(each.name()))) {
                each.read(in);
            }
        }
        watch.resume(description.validation(), best);
        watch.productive().resume(description.productive());
        // An older version kept none.
        var history = parts.open(HISTORY);
        if (history.isPresent()) {
            try (var in = history.get()) {
                watch.history().resume(Json.read(BoundedText.of(HISTORY, in, BoundedText.SHORT), History.Course.class));
            }
        }
        reached = new Position(step, description.epoch(), description.batch());
    }

    private static Description description(Parts parts) throws IOException {
        try (var in = parts.open(Checkpoint.DESCRIPTION)
                .orElseThrow(() -> new FileNotFoundException(Checkpoint.DESCRIPTION))) {
            return Json.read(BoundedText.of(Checkpoint.DESCRIPTION, in, BoundedText.SHORT), Description.class);
        }
    }
}
