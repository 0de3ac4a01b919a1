package dev.capstan.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class JobKeysTest {
    private static final byte[] TOKEN = "0123456789abcdef".getBytes(UTF_8);

    @Test
    void eachUseEachJobAndEachAttemptHasAKeyOfItsOwn() {
        var ring = HexFormat.of().formatHex(JobKeys.ring(TOKEN, "uid-1", 1).getEncoded());
        var keys = Set.of(
                ring,
                JobKeys.bearer(JobFile.VERSION, TOKEN, "uid-1", 1),
                JobKeys.bearer(JobFile.VERSION, TOKEN, "uid-1", 2),
                JobKeys.bearer(JobFile.VERSION, TOKEN, "uid-2", 1),
                JobKeys.bearer(JobFile.VERSION, "another".getBytes(UTF_8), "uid-1", 1));
        assertEquals(5, keys.size());
        keys.forEach(key -> assertEquals(64, key.length()));
        assertFalse(keys.contains(new String(TOKEN, UTF_8)));
    }

    /** Both sides may be of different releases: the keys stay what RFC 5869 makes of these words. */
    @Test
    void theKeysAreThoseOfTheRfc() throws Exception {
        var extract = mac(new byte[32], TOKEN);
        // writeUTF: two bytes of length before each text.
        var info = "\0\16capstan 3 http\0\5uid-1\0\0\0\7\1".getBytes(UTF_8);
        assertEquals(HexFormat.of().formatHex(mac(extract, info)), JobKeys.bearer(JobFile.VERSION, TOKEN, "uid-1", 7));
    }

    @Test
    void aWorkerToldByAnOldJobFileTakesTheTokenItself() {
        assertEquals("0123456789abcdef", JobKeys.bearer(2, TOKEN, "uid-1", 1));
    }

    private static byte[] mac(byte[] key, byte[] text) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text);
    }
}
