package dev.capstan.worker.storage;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;

class DamageTest {
    @Test
    void whatWasReadAndMeansNothingIsDamaged() {
        assertTrue(Damage.causes(new ZipException("zip END header not found")));
        assertTrue(Damage.causes(new EOFException()));
        assertTrue(Damage.causes(new RuntimeException(new UTFDataFormatException())));
        assertTrue(Damage.causes(new IllegalStateException("no such type")));
    }

    @Test
    void whatCouldNotBeReadMayBeWhole() {
        assertFalse(Damage.causes(new IOException("Input/output error")));
        assertFalse(Damage.causes(new RuntimeException(new IOException("Stale file handle"))));
    }
}
