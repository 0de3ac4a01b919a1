package dev.capstan.worker.artifact;

import dev.capstan.protocol.Progress.Epoch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.nd4j.shade.protobuf.CodedOutputStream;
import org.tensorflow.framework.Summary;

/**
 * What TensorBoard reads: events in a row, each a protocol buffer of the kind {@code tensorflow.Event}
 * (tensorflow/core/util/event.proto), in records as TFRecord has them: length, its checksum, data, its checksum, all
 * little-endian. An epoch is a step there.
 */
final class EventFile {
    /** Fields of Event and of SessionLog. */
    private static final int WALL_TIME = 1;

    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    private static final int STATUS = 1;
    private static final int START = 1;

    /** What is measured on the test data and can be drawn beside the epochs. */
    private static final Set<String> TESTED = Set.of("loss", "accuracy", "f1", "r2", "mae", "rmse");

    private EventFile() {}

    /**
     * Writes what a file begins with; leaves the stream open. Of whatever a reader has from another file of the same
     * folder, such as an earlier attempt's, nothing counts any more.
     *
     * @param first epoch that will follow
     */
    static void begin(EndedEpoch first, OutputStream out) throws IOException {
        event(out, 0, first.millis(), event -> event.writeString(FILE_VERSION, "brain.Event:2"));
        event(
                out,
                first.epoch().epoch(),
                first.millis(),
                event -> event.writeByteArray(SESSION_LOG, message(log -> log.writeEnum(STATUS, START))));
    }

    /** Writes what an epoch came to; leaves the stream open. */
    static void epoch(EndedEpoch ended, OutputStream out) throws IOException {
        var epoch = ended.epoch();
        event(out, epoch.epoch(), ended.millis(), event -> event.writeMessage(SUMMARY, summary(epoch)));
    }

    /**
     * Writes all of a training that is over; leaves the stream open.
     *
     * @param metrics by name; those of the test data belong to the last epoch
     * @param tested whether there were test data
     */
    static void write(List<EndedEpoch> epochs, Map<String, Double> metrics, boolean tested, OutputStream out)
            throws IOException {
        begin(epochs.getFirst(), out);
        for (var each : epochs) {
            epoch(each, out);
        }
        if (tested) {
            var last = epochs.getLast();
            var summary = Summary.newBuilder();
            for (var each : metrics.entrySet()) {
                if (TESTED.contains(each.getKey())) {
                    add(summary, each.getKey() + "/test", each.getValue());
                }
            }
            event(out, last.epoch().epoch(), last.millis(), event -> event.writeMessage(SUMMARY, summary.build()));
        }
    }

    private static Summary summary(Epoch epoch) {
        var summary = Summary.newBuilder();
        add(summary, "loss/train", epoch.loss());
        add(summary, "loss/validation", epoch.validationLoss());
        add(summary, "accuracy/validation", epoch.validationAccuracy());
        add(summary, "rmse/validation", epoch.validationRmse());
        return summary.build();
    }

    private static void add(Summary.Builder summary, String tag, Double number) {
        if (number != null) {
            summary.addValueBuilder().setTag(tag).setSimpleValue(number.floatValue());
        }
    }

    private interface Fields {
        void write(CodedOutputStream message) throws IOException;
    }

    private static void event(OutputStream out, int step, long millis, Fields what) throws IOException {
        record(out, message(event -> {
            event.writeDouble(WALL_TIME, millis / 1e3);
            event.writeInt64(STEP, step);
            what.write(event);
        }));
    }

    private static byte[] message(Fields fields) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var message = CodedOutputStream.newInstance(bytes);
        fields.write(message);
        message.flush();
        return bytes.toByteArray();
    }

    private static void record(OutputStream out, byte[] data) throws IOException {
        var length = little(Long.BYTES).putLong(data.length).array();
        out.write(length);
        out.write(little(Integer.BYTES).putInt(masked(length)).array());
        out.write(data);
        out.write(little(Integer.BYTES).putInt(masked(data)).array());
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Turned and shifted, since a checksum of data with checksums in it would say little. */
    private static int masked(byte[] bytes) {
        var sum = new CRC32C();
        sum.update(bytes);
        int crc = (int) sum.getValue();
        return Integer.rotateRight(crc, 15) + 0xa282ead8;
    }
}
