package dev.capstan.worker.train;

import dev.capstan.worker.ring.Held;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * A training's state on its way from a rank that holds it to one that takes a lost rank's place; before it goes what
 * both must have in common.
 */
public final class Handover implements Held {
    private final IntSupplier rank;
    private final Function<Agreement, TrainingState> state;
    private Agreement agreement;

    /**
     * @param rank this worker's, which a spare doesn't know before it has one
     * @param agreement what it has in common with all others; on a rank that holds the state, with the engine by which
     *     all compute
     * @param state the one that is held, or is to be filled; of a training that is computed as agreed
     */
    public Handover(IntSupplier rank, Agreement agreement, Function<Agreement, TrainingState> state) {
        this.rank = rank;
        this.agreement = agreement;
        this.state = state;
    }

    @Override
    public void write(OutputStream out) throws IOException {
        var fields = new DataOutputStream(out);
        fields.writeInt(rank.getAsInt());
        fields.write(agreement.encode());
        state.apply(agreement).send(fields);
        fields.flush();
    }

    @Override
    public void read(InputStream in) throws IOException {
        var fields = new DataInputStream(in);
        int source = fields.readInt();
        var theirs = Agreement.decode(fields.readNBytes(Agreement.BYTES));
        theirs.check(source, rank.getAsInt(), agreement);
        agreement = agreement.by(theirs.engine(), theirs.threads());
        state.apply(agreement).receive(fields);
    }
}
