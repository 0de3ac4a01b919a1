package dev.capstan.e2e;

import static org.junit.jupiter.api.parallel.ResourceAccessMode.READ;
import static org.junit.jupiter.api.parallel.ResourceAccessMode.READ_WRITE;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Which tests run side by side on the one cluster: one of each turn. Each waits half of the time; two processors have
 * no use for more.
 */
enum Turn {
    /** A class that breaks a node or the API server: nobody else is there meanwhile. It comes first. */
    CLUSTER(READ_WRITE),
    /** Jobs that take most GPUs of both nodes. A test that says nothing is of it. */
    GPUS(READ),
    /**
     * A class whose jobs do the same, and that kills the operator: nobody runs beside who counts on what that one
     * tells, such as its events.
     */
    OPERATOR(READ_WRITE),
    /** Jobs without GPUs. */
    PROCESSORS(READ),
    /** As many more of them. */
    MORE_PROCESSORS(READ),
    /** Jobs without GPUs of which nothing but the end counts: the operator may be killed meanwhile. */
    SAMPLES(null);

    private static final Set<Turn> WHOLE_CLASSES = Set.of(CLUSTER, OPERATOR);

    private final ResourceAccessMode operator;

    Turn(ResourceAccessMode operator) {
        this.operator = operator;
    }

    /** JUnit takes them in the order of their names. Nobody may hold the operator while he waits for his turn. */
    private Set<ResourceLocksProvider.Lock> locks() {
        if (this == CLUSTER) {
            return Stream.of(OPERATOR, PROCESSORS, MORE_PROCESSORS, SAMPLES)
                    .flatMap(turn -> turn.locks().stream())
                    .map(lock -> new ResourceLocksProvider.Lock(lock.getKey(), READ_WRITE))
                    .collect(Collectors.toSet());
        }
        var turn = new ResourceLocksProvider.Lock("1: " + (this == OPERATOR ? GPUS : this), READ_WRITE);
        return operator == null ? Set.of(turn) : Set.of(turn, new ResourceLocksProvider.Lock("2: operator", operator));
    }

    /** Gives a test its turn, or all of a class that don't say otherwise. */
    @Target({ElementType.TYPE, ElementType.METHOD})
    @Retention(RetentionPolicy.RUNTIME)
    @interface Of {
        Turn value();
    }

    /** Tells JUnit what a test holds while it runs. */
    static final class Locks implements ResourceLocksProvider {
        /** A whole class at once, so that others stop and wait for it once. */
        @Override
        public Set<Lock> provideForClass(Class<?> test) {
            return turn(test).filter(WHOLE_CLASSES::contains).map(Turn::locks).orElse(Set.of());
        }

        @Override
        public Set<Lock> provideForMethod(List<Class<?>> enclosing, Class<?> test, Method method) {
            var turn = turn(method).or(() -> turn(test)).orElse(GPUS);
            return WHOLE_CLASSES.contains(turn) ? Set.of() : turn.locks();
        }

        private static Optional<Turn> turn(AnnotatedElement element) {
            return AnnotationSupport.findAnnotation(element, Of.class).map(Of::value);
        }
    }
}
