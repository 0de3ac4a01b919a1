package dev.capstan.controllers.admission.fit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** As the scheduler matches them. */
class ToleranceTest {
    private static final Taint RED = taint("NoSchedule");

    @Test
    void aTolerationOfTheKeyAndValueBearsTheTaint() {
        assertTrue(
                bears(new TolerationBuilder().withKey("team").withValue("red").build()));
        assertFalse(
                bears(new TolerationBuilder().withKey("team").withValue("blue").build()));
        assertFalse(
                bears(new TolerationBuilder().withKey("crew").withValue("red").build()));
    }

    @Test
    void existsBearsEveryValueAndWithoutAKeyEverything() {
        assertTrue(bears(
                new TolerationBuilder().withKey("team").withOperator("Exists").build()));
        assertTrue(bears(new TolerationBuilder().withOperator("Exists").build()));
        assertFalse(bears(new TolerationBuilder().withValue("red").build()), "without a key, only Exists means all");
    }

    @Test
    void aTolerationOfAnotherEffectDoesNotHelp() {
        var other = new TolerationBuilder()
                .withKey("team")
                .withOperator("Exists")
                .withEffect("NoExecute")
                .build();
        assertFalse(bears(other));
        assertTrue(Tolerance.bears(List.of(other), List.of(taint("NoExecute"))));
    }

    @Test
    void everyTaintHasToBeBorneButThoseThatOnlyPrefer() {
        assertFalse(Tolerance.bears(List.of(), List.of(RED)));
        assertTrue(Tolerance.bears(List.of(), List.of(taint("PreferNoSchedule"))));
    }

    private static boolean bears(Toleration toleration) {
        return Tolerance.bears(List.of(toleration), List.of(RED));
    }

    private static Taint taint(String effect) {
        return new TaintBuilder()
                .withKey("team")
                .withValue("red")
                .withEffect(effect)
                .build();
    }
}
