package dev.capstan.controllers.admission.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What may be used, against the rules that Kueue publishes for cohorts of one level (its documentation of
 * ClusterQueues: nominalQuota, borrowingLimit, lendingLimit; of fair sharing: the share by weight).
 */
class LedgerTest {
    private static final int A = 0;
    private static final int B = 1;

    @Test
    void manyAmountsThatNoClusterHasAddUpToSuchAnAmount() {
        var quotas = IntStream.range(0, 200)
                .mapToObj(i -> new Quota(
                        "q" + i,
                        "c",
                        1,
                        List.of(new Quota.Flavor(
                                "any",
                                Map.of(),
                                Map.of(
                                        "memory",
                                        new Quota.Limit(Long.MAX_VALUE / 64, Optional.empty(), Optional.empty())))),
                        false))
                .toList();
        var ledger = new Ledger(quotas);
        assertEquals(Long.MAX_VALUE / 4, ledger.most(A));
        ledger.use(A, Long.MAX_VALUE / 8);
        assertEquals(Long.MAX_VALUE / 4 - Long.MAX_VALUE / 8, ledger.available(B));
    }

    /** Two members of a cohort, A with 9 and B with 12; what each may use besides what both use. */
    @ParameterizedTest(
            name = "A borrows {0}, lends {1}; B borrows {2}, lends {3}; they use {4} and {5}: {6} and {7} more")
    @CsvSource({
        // Without limits all that anybody leaves idle may be used.
        " ,  ,  ,  ,  0,  0, 21, 21",
        " ,  ,  ,  ,  9, 12,  0,  0",
        " ,  ,  ,  ,  5,  0, 16, 16",
        " ,  ,  ,  , 15,  0,  6,  6",
        " ,  ,  ,  , 21,  0,  0,  0",
        // A borrowing limit: nominal and so much more, while it is there.
        "1,  ,  ,  ,  0,  0, 10, 21",
        "1,  ,  ,  ,  9,  0,  1, 12",
        "1,  ,  ,  , 10,  0,  0, 11",
        "5,  ,  ,  ,  9, 10,  2,  2",
        "0,  ,  ,  ,  0,  0,  9, 21",
        "0,  ,  ,  ,  0, 15,  6,  6",
        // More than the whole cohort has: no limit.
        "99, ,  ,  ,  0,  0, 21, 21",
        // A lending limit: the rest is its owner's alone.
        " ,  ,  , 1,  0,  0, 10, 21",
        " ,  ,  , 1, 10,  0,  0, 11",
        " ,  ,  , 0,  0,  0,  9, 21",
        " ,  ,  , 0,  0, 12,  9,  9",
        " ,  ,  , 0,  0, 15,  6,  6",
        " ,  ,  , 1,  0, 11, 10, 10",
        " ,  ,  , 1,  0, 12,  9,  9",
        // As much as it has, or more: no limit.
        " ,  ,  , 12, 0,  0, 21, 21",
        " ,  ,  , 99, 0,  0, 21, 21",
        // Both limits of both.
        "2, 3, 4, 5,  0,  0, 11, 15",
        "2, 3, 4, 5,  0, 15, 6,  0",
        "2, 3, 4, 5, 11,  0,  0, 10",
        // More is in use than may be, since an admin has lowered an amount: nobody gets more of what is shared.
        " ,  ,  ,  , 30,  0,  0,  0",
        "1,  ,  ,  , 12,  0,  0,  9",
        " ,  ,  , 2, 15,  0,  0, 10",
    })
    void whatIsAvailable(
            Long borrowingA,
            Long lendingA,
            Long borrowingB,
            Long lendingB,
            long usedA,
            long usedB,
            long moreA,
            long moreB) {
        var ledger = new Ledger(List.of(
                quota("a", "cohort", 1, limit(9, borrowingA, lendingA)),
                quota("b", "cohort", 1, limit(12, borrowingB, lendingB))));
        ledger.use(A, usedA);
        ledger.use(B, usedB);
        assertEquals(moreA, ledger.available(A), "A");
        assertEquals(moreB, ledger.available(B), "B");
        assertEquals(usedA, ledger.used(A));
        assertEquals(Math.max(0, usedA - 9), ledger.borrowed(A));
    }

    @ParameterizedTest(name = "borrows {0}, the other lends {1}: at most {2}")
    @CsvSource({" , , 21", "1, , 10", "0, , 9", " , 1, 10", " , 0, 9", "5, 3, 12", "3, 5, 12", "99, 99, 21"})
    void theMostThatCouldEverBeUsed(Long borrowing, Long lendingOfOther, long most) {
        var ledger = new Ledger(List.of(
                quota("a", "cohort", 1, limit(9, borrowing, null)),
                quota("b", "cohort", 1, limit(12, null, lendingOfOther))));
        assertEquals(most, ledger.most(A));
        assertEquals(most, ledger.available(A), "with nothing in use");
        ledger.use(B, 12);
        assertEquals(most, ledger.most(A), "whatever is in use");
    }

    @Test
    void aQuotaWithoutACohortIsAloneEvenIfACohortHasItsName() {
        var ledger = new Ledger(List.of(
                quota("a", null, 1, limit(9, null, null)),
                quota("b", "a", 1, limit(12, null, null)),
                quota("c", null, 1, limit(3, null, null))));
        assertEquals(9, ledger.available(0));
        assertEquals(12, ledger.available(1));
        assertEquals(3, ledger.available(2));
    }

    /** As after its quota was lowered, or its namespace came under a smaller one. */
    @Test
    void whoUsesMoreThanAQuotaWithoutACohortHasBorrowedNothing() {
        var alone = quota("a", null, 1, limit(1, null, null));
        var ledger = new Ledger(List.of(alone, quota("b", "cohort", 1, limit(1, null, null))));
        ledger.use(A, 2);
        ledger.use(B, 2);
        assertEquals(0, ledger.borrowed(A), "there is nobody to borrow from");
        assertEquals(1, ledger.borrowed(B));
        assertEquals(0, ledger.available(A), "and nothing more is to be had");
        assertEquals(0, ledger.uses(alone).getFirst().borrowed());
    }

    @Test
    void flavorsAndResourcesAreSharedEachForItself() {
        var a = new Quota(
                "a",
                "cohort",
                1,
                List.of(flavor("old", limit(1, null, null)), flavor("new", limit(2, null, null))),
                false);
        var ledger = new Ledger(List.of(a, quota("b", "cohort", 1, limit(4, null, null))));
        assertEquals(1, ledger.available(ledger.account("a", "old", "gpu")));
        assertEquals(6, ledger.available(ledger.account("a", "new", "gpu")));
        assertEquals(-1, ledger.account("b", "old", "gpu"));
        assertEquals(-1, ledger.account("a", "old", "cpu"));
    }

    @Test
    void whatIsGivenBackIsAvailableAgain() {
        var ledger = new Ledger(
                List.of(quota("a", "cohort", 1, limit(9, null, 3L)), quota("b", "cohort", 1, limit(12, null, null))));
        for (long amount : new long[] {4, 6, 5, -7, -8}) {
            ledger.use(A, amount);
        }
        assertEquals(21, ledger.available(A));
        assertEquals(15, ledger.available(B));
    }

    @Test
    void aCopyIsUsedOnItsOwn() {
        var ledger = new Ledger(List.of(quota("a", null, 1, limit(9, null, null))));
        var copy = ledger.copy();
        copy.use(A, 5);
        assertEquals(4, copy.available(A));
        assertEquals(9, ledger.available(A));
    }

    @ParameterizedTest(name = "of 9 {0} used: {1} of its own left, {2} in all")
    @CsvSource({"0, 9, 21", "8, 1, 13", "9, 0, 12", "15, 0, 6"})
    void ofWhatIsAvailableSomeIsItsOwn(long used, long own, long available) {
        var ledger = new Ledger(
                List.of(quota("a", "cohort", 1, limit(9, null, null)), quota("b", "cohort", 1, limit(12, null, null))));
        ledger.use(A, used);
        assertEquals(own, ledger.availableOfOwn(A));
        assertEquals(available, ledger.available(A));
        ledger.use(B, 21 - used);
        assertEquals(0, ledger.availableOfOwn(A), "what others have borrowed isn't there");
    }

    @ParameterizedTest(name = "{0} used and {1} more, weight {2}: {3}")
    @CsvSource({
        "0,  9, 1, 0",
        "0, 10, 1, 0.05",
        "9,  1, 1, 0.05",
        "9,  0, 1, 0",
        "9, 11, 1, 0.55",
        "9, 10, 2, 0.25",
        "9, 10, 0.5, 1",
    })
    void aShareIsWhatIsBorrowedOfAllByWeight(long used, long more, double weight, double share) {
        var ledger = new Ledger(List.of(
                quota("a", "cohort", weight, limit(9, null, null)), quota("b", "cohort", 1, limit(11, null, null))));
        ledger.use(A, used);
        assertEquals(share, ledger.share(A, more), 1e-9);
    }

    @Test
    void whatIsBorrowedIsLentByThoseWhoLeaveItIdle() {
        var quotas = List.of(
                quota("a", "cohort", 1, limit(2, null, null)),
                quota("b", "cohort", 1, limit(6, null, null)),
                quota("c", "cohort", 1, limit(9, null, 6L)),
                quota("d", "cohort", 1, limit(5, null, null)));
        var ledger = new Ledger(quotas);
        ledger.use(0, 6);
        ledger.use(2, 3);
        ledger.use(3, 5);
        // b and c have 6 each that may be lent and isn't used, d has none: of the 4 borrowed, 2 and 2.
        assertEquals(List.of(new Usage.Of("new", "gpu", 2, 6, 4, 0)), ledger.uses(quotas.get(0)));
        assertEquals(List.of(new Usage.Of("new", "gpu", 6, 0, 0, 2)), ledger.uses(quotas.get(1)));
        assertEquals(List.of(new Usage.Of("new", "gpu", 9, 3, 0, 2)), ledger.uses(quotas.get(2)));
        assertEquals(List.of(new Usage.Of("new", "gpu", 5, 5, 0, 0)), ledger.uses(quotas.get(3)));
    }

    private static Quota quota(String name, String cohort, double weight, Quota.Limit limit) {
        return new Quota(name, cohort, weight, List.of(flavor("new", limit)), false);
    }

    private static Quota.Flavor flavor(String name, Quota.Limit limit) {
        return new Quota.Flavor(name, Map.of(), Map.of("gpu", limit));
    }

    private static Quota.Limit limit(long nominal, Long borrowing, Long lending) {
        return new Quota.Limit(nominal, Optional.ofNullable(borrowing), Optional.ofNullable(lending));
    }
}
