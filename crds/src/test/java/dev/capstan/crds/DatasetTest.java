package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.fabric8.kubernetes.api.model.IntOrString;
import org.junit.jupiter.api.Test;

class DatasetTest {

    @Test
    void whatIsAbsentHasItsDefault() {
        assertFalse(new Data().checkFirst());
        assertFalse(new Dataset().csv().header());
        assertEquals(new IntOrString(-1), new Dataset().csv().labelColumn());
        assertEquals(new IntOrString(-1), new CsvOptions().labelColumn());
        assertEquals(Delimiter.COMMA, new CsvOptions().delimiter());
        assertEquals(CsvLabels.NUMBERS, new CsvOptions().labels());
        assertFalse(new CsvOptions().standardize());
        assertEquals(Delimiter.COMMA, new TextOptions().delimiter());
        assertEquals(1, new ImageOptions().channels());
        assertFalse(new TextOptions().header());
        assertEquals(0, new TextOptions().textColumn());
        assertEquals(-1, new TextOptions().labelColumn());
        assertEquals(10000, new TextOptions().vocabularySize());
        assertEquals(64, new TextOptions().maxLength());
        assertEquals("us-east-1", new S3().region());
    }
}
