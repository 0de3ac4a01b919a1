package dev.capstan.worker.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.TimeZone;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

class StoredEntryTest {
    private static final int MIB = 1 << 20;

    @Test
    void whatIsWrittenIsReadAgain() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            StoredEntry.write(zip, "a", out -> {
                out.write(1);
                out.writeFloat(2);
            });
        }
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertEquals("a", zip.getNextEntry().getName());
            assertArrayEquals(new byte[] {1, 0x40, 0, 0, 0}, zip.readAllBytes());
        }
    }

    @Test
    void theBytesAreTheSameInEveryTimeZone() throws Exception {
        var before = TimeZone.getDefault();
        try {
            var utc = entryIn("UTC");
            for (var zone : new String[] {"Europe/Berlin", "America/New_York", "Asia/Kathmandu"}) {
                assertArrayEquals(utc, entryIn(zone), zone);
            }
        } finally {
            TimeZone.setDefault(before);
        }
    }

    private static byte[] entryIn(String zone) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone(zone));
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            StoredEntry.write(zip, "a", out -> out.write(1));
        }
        return bytes.toByteArray();
    }

    /** Adam's state is that long from 268 million parameters on. The zip file checks length and checksum itself. */
    @Test
    void anEntryMayBeLongerThanTwoGibibytes() throws Exception {
        var block = new byte[MIB];
        var zip = new ZipOutputStream(OutputStream.nullOutputStream());
        StoredEntry.write(zip, "updaterState.bin", out -> {
            for (int i = 0; i < 2049; i++) {
                out.write(block);
            }
        });
        zip.finish();
    }
}
