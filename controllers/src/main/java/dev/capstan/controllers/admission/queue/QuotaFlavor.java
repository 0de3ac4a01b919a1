package dev.capstan.controllers.admission.queue;

import java.util.Optional;

/** A quota and one of its flavors; both empty for all who are under none. Of several flavors, the first. */
public record QuotaFlavor(Optional<String> quota, Optional<String> flavor) {
    public static QuotaFlavor of(PendingGroup group, PendingGroup.Choice choice) {
        return new QuotaFlavor(group.ask.quota(), choice.flavor);
    }
}
