package dev.capstan.e2e;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Hands the shared cluster and a namespace a test to test methods, and says what went on when one fails. */
final class ClusterExtension implements ParameterResolver, AfterEachCallback {
    private static final Namespace STORE = Namespace.create(ClusterExtension.class);
    private static final Set<Class<?>> PARAMETERS = Set.of(Cluster.class, Tenant.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return PARAMETERS.contains(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        var cluster = cluster(context);
        if (parameter.getParameter().getType() == Cluster.class) {
            return cluster;
        }
        return context.getStore(STORE)
                .computeIfAbsent(Tenant.class, type -> Tenant.create(cluster, name(context), labels(context)));
    }

    private static Map<String, String> labels(ExtensionContext context) {
        return AnnotationSupport.isAnnotated(context.getRequiredTestMethod(), FirstCompiler.Exempt.class)
                ? Map.of()
                : FirstCompiler.LABEL;
    }

    /** A failed test's objects and logs go to the output before its namespace is deleted. */
    @Override
    public void afterEach(ExtensionContext context) {
        var tenant = context.getStore(STORE).get(Tenant.class, Tenant.class);
        if (tenant != null && context.getExecutionException().isPresent()) {
            System.out.println(tenant.describe());
        }
    }

    private static Cluster cluster(ExtensionContext context) {
        return context.getRoot().getStore(STORE).computeIfAbsent(Cluster.class, type -> connect(), Cluster.class);
    }

    private static Cluster connect() {
        var cluster = Cluster.connect();
        FirstCompiler.set(cluster);
        return cluster;
    }

    /** A namespace's name: the test method's in kebab case, cut to leave room for a suffix. */
    private static String name(ExtensionContext context) {
        var kebab = context.getRequiredTestMethod()
                .getName()
                .replaceAll("([A-Z])", "-$1")
                .toLowerCase();
        return kebab.length() <= 50 ? kebab : kebab.substring(0, 50).replaceAll("-+$", "");
    }
}
