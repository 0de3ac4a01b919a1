package dev.capstan.controllers.kube;

import dev.capstan.controllers.admission.quota.Usage;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What quotas' jobs use, from the admission loop to the shell that writes it down. Kept in memory alone. */
public final class QuotaUsages {
    private volatile Map<String, Usage> latest = Map.of();
    private volatile Consumer<ResourceID> listener = quota -> {};

    /** Who is told of each quota whose usage has changed. */
    public void onChange(Consumer<ResourceID> newListener) {
        listener = newListener;
    }

    /** Says what all quotas use now, by those that are in no conflict; by one thread alone. */
    public void publish(List<Usage> usages) {
        var before = latest;
        latest = usages.stream().collect(Collectors.toUnmodifiableMap(Usage::quota, Function.identity()));
        Stream.concat(latest.keySet().stream(), before.keySet().stream())
                .distinct()
                .filter(quota -> !Optional.ofNullable(before.get(quota)).equals(of(quota)))
                .forEach(quota -> listener.accept(new ResourceID(quota)));
    }

    /** What a quota's jobs use; empty if nobody has counted yet. */
    public Optional<Usage> of(String quota) {
        return Optional.ofNullable(latest.get(quota));
    }
}
