package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.function.Consumer;

/** An event source that tells of all that becomes of its objects: a pass sees only what they are when it looks. */
public final class ListeningEventSource<R extends HasMetadata, P extends HasMetadata>
        extends InformerEventSource<R, P> {
    private final Consumer<R> listener;

    /**
     * @param listener gets each object as it was found, as it was after a change, and as it was last; it must be quick
     */
    public ListeningEventSource(
            InformerEventSourceConfiguration<R> configuration, EventSourceContext<P> context, Consumer<R> listener) {
        super(configuration, context);
        this.listener = listener;
    }

    /** A leader that has just begun finds what others were there to see happen. */
    @Override
    public void onAdd(R found) {
        listener.accept(found);
        super.onAdd(found);
    }

    @Override
    public void onUpdate(R before, R after) {
        listener.accept(after);
        super.onUpdate(before, after);
    }

    @Override
    public void onDelete(R last, boolean unknownState) {
        listener.accept(last);
        super.onDelete(last, unknownState);
    }
}
