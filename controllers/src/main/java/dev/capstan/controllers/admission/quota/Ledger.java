package dev.capstan.controllers.admission.quota;

import dev.capstan.controllers.admission.cluster.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the quotas' jobs use, and what they may use besides. The rules are Kueue's for cohorts of one level: of its
 * nominal amount a quota keeps what it doesn't lend; the rest of all members makes a pool, from which each draws what
 * it uses beyond its guarantee, up to its own part and its borrowing limit.
 *
 * <p>Accounts, one for each quota, flavor and resource, are numbered, so that a pass over thousands of jobs looks
 * nothing up by name. All amounts are in the {@link Unit} of the account's resource.
 */
public final class Ledger {
    /** More than all nodes have, and small enough to be added to. */
    private static final long UNLIMITED = Long.MAX_VALUE / 4;

    private final Accounts accounts;
    private final long[] used;
    /** Of each account's pool, what is drawn by all. */
    private final long[] drawn;
    /** By pool, what jobs that have ended had used. */
    private final long[] givenBack;

    /** What doesn't change until the quotas do. */
    private static final class Accounts {
        final Map<String, Integer> numbers = new HashMap<>();
        final List<Account> list = new ArrayList<>();
        final List<Pool> pools = new ArrayList<>();
    }

    /** @param borrowing how much more than the nominal amount may be used at most */
    private record Account(
            Quota quota, String flavor, String resource, long nominal, long guaranteed, long borrowing, int pool) {}

    /** What a cohort shares of one flavor and resource. */
    private static final class Pool {
        /** What its members lend. */
        long size;
        /** What is its members' own. */
        long nominal;
    }

    /** @param quotas whose names differ, and whose flavors mean the same nodes within a cohort */
    public Ledger(List<Quota> quotas) {
        accounts = new Accounts();
        var poolNumbers = new HashMap<String, Integer>();
        for (var quota : quotas) {
            for (var flavor : quota.flavors()) {
                flavor.limits().forEach((resource, limit) -> {
                    int number = poolNumbers.computeIfAbsent(key(cohort(quota), flavor.name(), resource), name -> {
                        accounts.pools.add(new Pool());
                        return accounts.pools.size() - 1;
                    });
                    var pool = accounts.pools.get(number);
                    pool.size = Math.min(UNLIMITED, pool.size + limit.nominal() - limit.guaranteed());
                    pool.nominal = Math.min(UNLIMITED, pool.nominal + limit.nominal());
                    accounts.numbers.put(key(quota.name(), flavor.name(), resource), accounts.list.size());
                    accounts.list.add(new Account(
                            quota,
                            flavor.name(),
                            resource,
                            limit.nominal(),
                            limit.guaranteed(),
                            limit.borrowing().orElse(UNLIMITED),
                            number));
                });
            }
        }
        used = new long[accounts.list.size()];
        drawn = new long[accounts.pools.size()];
        givenBack = new long[accounts.pools.size()];
    }

    private Ledger(Ledger other) {
        accounts = other.accounts;
        used = other.used.clone();
        drawn = other.drawn.clone();
        givenBack = other.givenBack.clone();
    }

    /** The same accounts with the same use; what is used of one doesn't change the other. */
    public Ledger copy() {
        return new Ledger(this);
    }

    /** The number of an account, or -1 if the quota doesn't list the resource in that flavor. */
    public int account(String quota, String flavor, String resource) {
        return accounts.numbers.getOrDefault(key(quota, flavor, resource), -1);
    }

    /** What may be used beyond what is used. */
    public long available(int account) {
        var it = accounts.list.get(account);
        long own = Math.max(0, it.guaranteed() - used[account]);
        long ofPool = accounts.pools.get(it.pool()).size - drawn[it.pool()];
        long allowed = it.nominal() - it.guaranteed() - drawn(account) + it.borrowing();
        return own + Math.max(0, Math.min(ofPool, allowed));
    }

    /** Of what may be used, what is the quota's own. */
    public long availableOfOwn(int account) {
        return Math.min(available(account), Math.max(0, nominal(account) - used[account]));
    }

    /** The most that could ever be used when everybody else uses nothing. */
    public long most(int account) {
        var it = accounts.list.get(account);
        long pool = accounts.pools.get(it.pool()).size;
        return it.guaranteed() + Math.min(pool, it.nominal() - it.guaranteed() + it.borrowing());
    }

    /** The resource that an account is about. */
    public String resource(int account) {
        return accounts.list.get(account).resource();
    }

    public long nominal(int account) {
        return accounts.list.get(account).nominal();
    }

    public long used(int account) {
        return used[account];
    }

    /** What is used beyond the nominal amount, of what others in the cohort have; without one there are no others. */
    public long borrowed(int account) {
        return accounts.list.get(account).quota().cohort() == null ? 0 : Math.max(0, used[account] - nominal(account));
    }

    /** Uses so much more, or less if negative. */
    public void use(int account, long amount) {
        int pool = accounts.list.get(account).pool();
        drawn[pool] -= drawn(account);
        used[account] += amount;
        drawn[pool] += drawn(account);
    }

    /** A job that has used so much has ended; when nobody uses it any more, {@link #use} is told. */
    public void ended(int account, long amount) {
        givenBack[accounts.list.get(account).pool()] += amount;
    }

    /** How much all of an account's cohort have given back by the ends of their jobs; it only grows. */
    public long givenBack(int account) {
        return givenBack[accounts.list.get(account).pool()];
    }

    /**
     * The share of the cohort's nominal amount that would be borrowed if so much more were used, by the quota's weight.
     * The largest over a job's resources is its dominant share (Ghodsi et al. 2011).
     */
    public double share(int account, long more) {
        var it = accounts.list.get(account);
        long borrowed = Math.max(0, used[account] + more - it.nominal());
        return borrowed == 0
                ? 0
                : borrowed
                        / (double) Math.max(1, accounts.pools.get(it.pool()).nominal)
                        / it.quota().weight();
    }

    /** What each account of a quota has in use, in the order in which the quota lists them. */
    public List<Usage.Of> uses(Quota quota) {
        var uses = new ArrayList<Usage.Of>();
        for (var flavor : quota.flavors()) {
            for (var resource : flavor.limits().keySet()) {
                int account = account(quota.name(), flavor.name(), resource);
                uses.add(new Usage.Of(
                        flavor.name(), resource, nominal(account), used[account], borrowed(account), lent(account)));
            }
        }
        return uses;
    }

    /**
     * Of what this quota lends and doesn't use itself, what others draw: each lender's idle part stands in for the
     * borrowers in proportion to its size, rounded down.
     */
    private long lent(int account) {
        int pool = accounts.list.get(account).pool();
        double borrowedByAll = 0;
        double idleOfAll = 0;
        for (int other = 0; other < used.length; other++) {
            if (accounts.list.get(other).pool() == pool) {
                borrowedByAll += borrowed(other);
                idleOfAll += idle(other);
            }
        }
        return idleOfAll == 0 ? 0 : (long) Math.min(idle(account), borrowedByAll * idle(account) / idleOfAll);
    }

    /** What the quota lends and doesn't use itself. */
    private long idle(int account) {
        return Math.max(
                0,
                nominal(account)
                        - Math.max(used[account], accounts.list.get(account).guaranteed()));
    }

    private long drawn(int account) {
        return Math.max(0, used[account] - accounts.list.get(account).guaranteed());
    }

    private static String cohort(Quota quota) {
        // No name of a cohort has a slash in it.
        return quota.cohort() == null ? "/" + quota.name() : quota.cohort();
    }

    private static String key(String first, String flavor, String resource) {
        return first + "\n" + flavor + "\n" + resource;
    }
}
