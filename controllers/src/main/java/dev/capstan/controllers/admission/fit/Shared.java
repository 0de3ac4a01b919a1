package dev.capstan.controllers.admission.fit;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Things that are made for the first who asks, shared with all others, and forgotten with the last of them. */
final class Shared<K, V> {
    private final Map<K, Use<V>> used = new LinkedHashMap<>();

    private static final class Use<V> {
        final V thing;
        int users;

        Use(V thing) {
            this.thing = thing;
        }
    }

    /** What there is of this key until {@link #release}, once for each call. */
    V use(K key, Function<K, V> make) {
        var its = used.computeIfAbsent(key, added -> new Use<>(make.apply(added)));
        its.users++;
        return its.thing;
    }

    /** Answers whether that was the last use, so that it is forgotten. */
    boolean release(K key) {
        var its = used.get(key);
        its.users--;
        if (its.users > 0) {
            return false;
        }
        used.remove(key);
        return true;
    }

    int size() {
        return used.size();
    }

    /** All that are used now. */
    Collection<V> all() {
        return used.values().stream().map(its -> its.thing).toList();
    }
}
