package dev.capstan.controllers.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.config.ConfigurationService;
import io.javaoperatorsdk.operator.api.config.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.config.dependent.DependentResourceSpec;
import io.javaoperatorsdk.operator.api.config.informer.InformerConfiguration;
import io.javaoperatorsdk.operator.processing.retry.Retry;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * How the framework runs the shell of a kind. It would find the kind by the type argument of a shell's class; the
 * shells of jobs are all of one class.
 */
public final class JobControllerConfiguration<J extends HasMetadata> implements ControllerConfiguration<J> {
    private final Class<J> kind;
    private final Class<?> shell;
    private final ConfigurationService service;
    private final Retry retry;
    private final InformerConfiguration<J> informer;

    /**
     * @param shell the reconciler's class
     * @param namespaces where objects of the kind are watched; empty for all
     */
    public JobControllerConfiguration(
            Class<J> kind, Class<?> shell, Set<String> namespaces, ConfigurationService service, Retry retry) {
        this.kind = kind;
        this.shell = shell;
        this.service = service;
        this.retry = retry;
        var builder = InformerConfiguration.builder(kind).withInformerListLimit(Informers.PAGE);
        this.informer = (namespaces.isEmpty() ? builder.withWatchAllNamespaces() : builder.withNamespaces(namespaces))
                .buildForController();
    }

    @Override
    public String getName() {
        return kind.getSimpleName().toLowerCase(Locale.ROOT);
    }

    @Override
    public String getAssociatedReconcilerClassName() {
        return shell.getCanonicalName();
    }

    /** What admission writes into the status brings a pass. */
    @Override
    public boolean isGenerationAware() {
        return false;
    }

    @Override
    public Retry getRetry() {
        return retry;
    }

    @Override
    public Optional<Duration> maxReconciliationInterval() {
        return Optional.of(Applier.AT_LEAST_EVERY);
    }

    @Override
    public InformerConfiguration<J> getInformerConfig() {
        return informer;
    }

    @Override
    public ConfigurationService getConfigurationService() {
        return service;
    }

    /** There are no dependent resources. */
    @Override
    public <C> C getConfigurationFor(DependentResourceSpec<?, J, C> spec) {
        return null;
    }
}
