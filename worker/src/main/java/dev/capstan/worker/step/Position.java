package dev.capstan.worker.step;

/**
 * Where a training stands between two steps, beside the network itself.
 *
 * @param step steps done since the start of the training
 * @param epoch epochs completed, what is measured after each included
 * @param batch steps done of the epoch under way
 */
public record Position(long step, int epoch, int batch) {
    /** Where every training starts. */
    public static final Position START = new Position(0, 0, 0);

    /** After one more step. */
    public Position afterStep() {
        return new Position(step + 1, epoch, batch + 1);
    }

    /** After the end of the epoch under way. */
    public Position afterEpoch() {
        return new Position(step, epoch + 1, 0);
    }

    @Override
    public String toString() {
        // After an epoch's end, the last step is still that epoch's.
        return "step " + step + " of epoch " + (batch == 0 && epoch > 0 ? epoch : epoch + 1);
    }
}
