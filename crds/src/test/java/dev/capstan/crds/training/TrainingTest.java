package dev.capstan.crds.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.AdaGrad;
import dev.capstan.crds.Adam;
import dev.capstan.crds.AdamW;
import dev.capstan.crds.EarlyStopping;
import dev.capstan.crds.LearningRateSchedule;
import dev.capstan.crds.Metric;
import dev.capstan.crds.Nesterov;
import dev.capstan.crds.PolynomialSchedule;
import dev.capstan.crds.RmsProp;
import org.junit.jupiter.api.Test;

class TrainingTest {

    @Test
    void whatIsAbsentHasItsDefault() {
        var training = new Training();
        assertEquals(0, training.seed());
        assertEquals(0, training.l1());
        assertEquals(0, training.l2());
        assertEquals(0, training.validationSplit());
        assertEquals(1, new PolynomialSchedule().power());
        assertEquals(0, new LearningRateSchedule().warmupSteps());
        assertEquals(Metric.LOSS, new EarlyStopping().metric());
        assertEquals(3, new EarlyStopping().patience());
        assertEquals(0, new EarlyStopping().minDelta());
        assertTrue(new EarlyStopping().restoreBest());
        assertFalse(new ClassWeights().balanced());
    }

    @Test
    void whatIsAbsentInAnOptimizerHasItsDefault() {
        assertEquals(0.9, new Nesterov().momentum());
        assertEquals(0.001, new Adam().learningRate());
        assertEquals(0.9, new Adam().beta1());
        assertEquals(0.999, new Adam().beta2());
        assertEquals(1e-8, new Adam().epsilon());
        assertEquals(0.001, new AdamW().learningRate());
        assertEquals(0.9, new AdamW().beta1());
        assertEquals(0.999, new AdamW().beta2());
        assertEquals(1e-8, new AdamW().epsilon());
        assertEquals(0.01, new AdamW().weightDecay());
        assertEquals(0.001, new RmsProp().learningRate());
        assertEquals(0.9, new RmsProp().decay());
        assertEquals(1e-8, new RmsProp().epsilon());
        assertEquals(0.01, new AdaGrad().learningRate());
        assertEquals(1e-8, new AdaGrad().epsilon());
    }
}
