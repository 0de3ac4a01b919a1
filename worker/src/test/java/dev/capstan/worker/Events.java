package dev.capstan.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.tensorflow.framework.Summary;

/** Reads files of events as TensorFlow describes them; TensorBoard itself does so in e2e/clients. */
public final class Events {
    private Events() {}

    /**
     * @param seconds when, since 1970
     * @param started whether it says that a reader should forget this step and later ones
     */
    public record Event(double seconds, long step, String version, boolean started, Map<String, Float> values) {}

    /** All of a file, whose checksums must be right. */
    public static List<Event> of(Path file) throws IOException {
        var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        var events = new ArrayList<Event>();
        while (bytes.hasRemaining()) {
            int length = (int) bytes.getLong(bytes.position());
            checked(bytes, Long.BYTES);
            events.add(event(checked(bytes, length)));
        }
        return events;
    }

    /** The steps of all that has numbers, in the file's order. */
    public static List<Long> steps(Path file) throws IOException {
        return of(file).stream()
                .filter(event -> !event.values().isEmpty())
                .map(Event::step)
                .toList();
    }

    /** The one file of an attempt that goes on or has failed. */
    public static Path shown(Path output) throws IOException {
        try (Stream<Path> files = Files.list(output)) {
            var found = files.filter(file -> file.getFileName().toString().contains("tfevents"))
                    .toList();
            assertEquals(1, found.size(), found.toString());
            return found.getFirst();
        }
    }

    private static byte[] checked(ByteBuffer from, int length) {
        var data = new byte[length];
        from.get(data);
        var sum = new CRC32C();
        sum.update(data);
        long crc = sum.getValue();
        long masked = ((crc >>> 15 | crc << 17) + 0xa282ead8L) & 0xffff_ffffL;
        assertEquals(masked, Integer.toUnsignedLong(from.getInt()));
        return data;
    }

    private static Event event(byte[] data) throws IOException {
        var in = CodedInputStream.newInstance(data);
        double seconds = 0;
        long step = 0;
        String version = null;
        boolean started = false;
        var values = new LinkedHashMap<String, Float>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag >>> 3) {
                case 1 -> seconds = in.readDouble();
                case 2 -> step = in.readInt64();
                case 3 -> version = in.readString();
                case 5 ->
                    Summary.parseFrom(in.readByteArray())
                            .getValueList()
                            .forEach(value -> values.put(value.getTag(), value.getSimpleValue()));
                case 7 -> started = List.of((byte) 8, (byte) 1).equals(list(in.readByteArray()));
                default -> throw new AssertionError("field " + (tag >>> 3));
            }
        }
        return new Event(seconds, step, version, started, values);
    }

    private static List<Byte> list(byte[] bytes) {
        var list = new ArrayList<Byte>();
        for (byte each : bytes) {
            list.add(each);
        }
        return list;
    }
}
