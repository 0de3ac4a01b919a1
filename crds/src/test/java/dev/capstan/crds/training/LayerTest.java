package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

class LayerTest {

    @Test
    void whatIsAbsentHasItsDefault() {
        assertEquals(1, new ConvolutionLayer().stride());
        assertEquals(Padding.VALID, new ConvolutionLayer().padding());
        assertEquals(0.9, new BatchNormalizationLayer().decay());
        assertEquals(0.00001, new BatchNormalizationLayer().epsilon());
        assertEquals(Activation.TANH, new LstmLayer().activation());
        assertFalse(new LstmLayer().returnSequences());
        assertFalse(new LstmLayer().bidirectional());
        assertEquals(0.00001, new LayerNormalizationLayer().epsilon());
    }

    @Test
    void theSquaresOfAPoolingLieSideBySide() {
        assertEquals(3, new PoolingLayer().setKernelSize(3).stride());
        assertEquals(2, new PoolingLayer().setKernelSize(3).setStride(2).stride());
    }
}
