package dev.capstan.worker.ring;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The first thing that the ranks of a new term do: those that lack the last operation's result get it, and newcomers
 * get the state. When it is over on any rank, all have what they lacked; whoever is interrupted stands where it stood,
 * or further.
 */
final class Settling {
    private final Ring ring;
    private final History history;
    private final Held held;
    private List<Standing> standings;

    Settling(Ring ring, History history, Held held) {
        this.ring = ring;
        this.history = history;
        this.held = held;
    }

    /** Hears where all ranks stand. */
    void hear() {
        standings = ring
                .allGather(
                        new Standing(history.completed()).encode(),
                        ring.patience().late())
                .stream()
                .map(Standing::decode)
                .toList();
    }

    /** What that means. */
    Settlement settlement() {
        return Settlement.of(standings);
    }

    /**
     * @param granted what was wished at the last edge, as this rank knows it
     * @return the same, as the source knows it
     */
    int carryOut(Settlement settlement, int granted) {
        if (settlement.beginning()) {
            return granted;
        }
        boolean newcomer = standings.get(ring.rank()).stateless();
        if (settlement.behind()) {
            catchUp(settlement);
        }
        var arrived = settlement.newcomers() ? transfer(settlement, granted, newcomer) : null;
        // A broadcast may be over here and not yet elsewhere. Only now has everybody what this rank may be asked for.
        ring.allGather(new byte[1], ring.patience().late());
        if (!newcomer) {
            return granted;
        }
        history.takeOver(settlement.completed(), arrived.sinceEdge());
        return arrived.granted();
    }

    private void catchUp(Settlement settlement) {
        boolean source = ring.rank() == settlement.source();
        boolean behind = history.completed() == settlement.completed() - 1 && history.completed() >= 0;
        var last = source ? history.last() : null;
        var shape = ByteBuffer.allocate(Integer.BYTES + 1 + Integer.BYTES + Double.BYTES);
        if (source) {
            shape.putInt(last.bytes().limit())
                    .put((byte) (last.sum() ? 1 : 0))
                    .putInt(last.rider().wishes())
                    .putDouble(last.rider().tally())
                    .flip();
        }
        ring.broadcast(settlement.source(), shape, 0);
        int length = shape.getInt(0);
        boolean sum = shape.get(Integer.BYTES) != 0;
        var rider = new Header.Rider(shape.getDouble(2 * Integer.BYTES + 1), shape.getInt(Integer.BYTES + 1));
        var bytes = source ? last.bytes().duplicate().position(0) : history.room(length);
        ring.broadcast(settlement.source(), bytes, 0);
        if (behind) {
            history.complete(bytes, rider, sum);
        }
    }

    private record Arrived(int granted, List<Kept> sinceEdge) {}

    private Arrived transfer(Settlement settlement, int granted, boolean newcomer) {
        try {
            if (ring.rank() == settlement.source()) {
                try (var out = new DataOutputStream(new Blocks.Out(ring))) {
                    write(out, granted);
                }
                return null;
            }
            try (var in = new DataInputStream(new Blocks.In(ring, settlement.source()))) {
                return newcomer ? read(in) : null;
            }
        } catch (IOException e) {
            throw new Failure(
                    Reason.WorkerError,
                    "the training's state can't be taken over from rank " + settlement.source() + ": " + e.getMessage(),
                    e);
        }
    }

    private void write(DataOutputStream out, int granted) throws IOException {
        out.writeInt(granted);
        var sinceEdge = history.sinceEdge();
        out.writeInt(sinceEdge.size());
        for (var each : sinceEdge) {
            var bytes = new byte[each.bytes().limit()];
            each.bytes().get(0, bytes);
            out.writeLong(each.operation());
            out.writeBoolean(each.sum());
            out.writeDouble(each.rider().tally());
            out.writeInt(each.rider().wishes());
            out.writeInt(bytes.length);
            out.write(bytes);
        }
        held.write(out);
    }

    private Arrived read(DataInputStream in) throws IOException {
        int granted = in.readInt();
        var sinceEdge = new ArrayList<Kept>();
        for (int left = in.readInt(); left > 0; left--) {
            long operation = in.readLong();
            boolean sum = in.readBoolean();
            var rider = new Header.Rider(in.readDouble(), in.readInt());
            var bytes = in.readNBytes(in.readInt());
            sinceEdge.add(new Kept(operation, ByteBuffer.wrap(bytes), rider, sum));
        }
        held.read(in);
        return new Arrived(granted, sinceEdge);
    }
}
