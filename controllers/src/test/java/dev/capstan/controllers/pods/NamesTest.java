package dev.capstan.controllers.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.crds.Workers;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Names of what jobs own. */
class NamesTest {
    private static final PodSet COMPRESSORS = new PodSet("compressor", "compress", 0, 1024, new Workers());

    @Test
    void twoKindsMayHaveAJobOfOneName() {
        var training = all(of("tj", "mnist", "uid-1"));
        var compression = all(of("cmj", "mnist", "uid-2"));
        assertEquals(training.size(), compression.size());
        var both = new HashSet<>(training);
        both.addAll(compression);
        assertEquals(2 * training.size(), both.size(), both.toString());
    }

    @Test
    void noOtherJobsNameLeadsToTheSame() {
        var one = all(of("tj", "mnist", "uid-1"));
        for (var other : List.of("mnist-tj", "mnist-tj-1", "mnist-1", "m")) {
            var names = new HashSet<>(all(of("tj", other, "uid-2")));
            names.retainAll(one);
            assertEquals(Set.of(), names, other);
        }
    }

    /** A user who has a job lenet calls the config map with its network lenet-model, or whatever they like. */
    @Test
    void theCopyOfAModelHasANameThatNobodyWouldGiveTheOriginal() {
        var copy = of("tj", "lenet", "uid-1").model();
        assertNotEquals("lenet-model", copy);
        assertFalse(List.of("lenet", "lenet-tj", "lenet-tj-model").contains(copy));
        assertNotEquals(copy, of("tj", "lenet", "uid-2").model(), "an earlier job's copy may be on its way out");
    }

    @Test
    void theLongestFitsIntoAHostName() {
        var names = of("tj", "a".repeat(63), "uid-1");
        assertTrue(names.pod(1_000_000, COMPRESSORS, 1023, 9).length() <= 63);
        names = of("tj", "a".repeat(33), "uid-1");
        assertTrue(names.job().equals("a".repeat(33)));
        assertTrue(names.pod(1_000_000, COMPRESSORS, 1023, 9).length() <= 63);
    }

    /** Else an operator that was upgraded would not find the pods that it made before. */
    @Test
    void theLabelIsTheNameWhereverItWasBefore() {
        assertEquals("a".repeat(38), of("tj", "a".repeat(38), "uid-1").label());
        assertEquals(38, of("tj", "a".repeat(39), "uid-1").label().length());
    }

    private static Names of(String kind, String job, String uid) {
        return Names.of(kind, new ObjectMetaBuilder().withName(job).withUid(uid).build());
    }

    private static Set<String> all(Names names) {
        return Set.of(
                names.service(),
                names.secret(),
                names.jobFile(1),
                names.model(),
                names.pod(1, COMPRESSORS.checking(), 0, 0),
                names.pod(1, COMPRESSORS, 0, 0));
    }
}
