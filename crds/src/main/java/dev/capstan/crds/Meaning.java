package dev.capstan.crds;

import io.fabric8.kubernetes.api.model.Quantity;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a block says, however it is written: without what only spells a default out, and with amounts in one unit. Two
 * blocks that mean the same read the same then; one that is written plainly reads as before.
 */
public final class Meaning {
    private static final String[] BINARY = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    private static final BigInteger STEP = BigInteger.valueOf(1024);

    private Meaning() {}

    /** A block that means the same; the one that is given stays as it is. */
    public static <B extends Block> B of(B block) {
        var copy = Block.copy(block);
        reduce(copy);
        return copy;
    }

    private static void reduce(Block block) {
        if (block instanceof WorkerResources resources) {
            reduce(resources);
        }
        fields(block.getClass()).forEach(field -> {
            var value = get(field, block);
            switch (value) {
                case null -> {}
                case Block inner -> {
                    reduce(inner);
                    // One that means as much when it is absent, and says nothing.
                    if (inner.toString().equals("{}") && holds(block, field) instanceof Block) {
                        set(field, block, null);
                    }
                }
                case Quantity amount -> set(field, block, holdsAsMuch(block, field, amount) ? null : amount(amount));
                case List<?> list when list.isEmpty() -> set(field, block, null);
                case List<?> list ->
                    list.stream().filter(Block.class::isInstance).forEach(item -> reduce((Block) item));
                case Map<?, ?> map when map.isEmpty() -> set(field, block, null);
                case String text when text.isEmpty() -> set(field, block, null);
                default -> {
                    if (value.equals(holds(block, field))) {
                        set(field, block, null);
                    }
                }
            }
        });
    }

    /** Requests that say what the limits say are left out. */
    private static void reduce(WorkerResources resources) {
        var limits = amounts(resources.getLimits());
        var requests = amounts(resources.getRequests());
        requests.entrySet().removeIf(request -> request.getValue().equals(limits.get(request.getKey())));
        resources.setLimits(limits).setRequests(requests);
    }

    private static Map<String, Quantity> amounts(Map<String, Quantity> written) {
        var amounts = new TreeMap<String, Quantity>();
        if (written != null) {
            written.forEach((name, amount) -> amounts.put(name, amount(amount)));
        }
        return amounts;
    }

    /** An amount in thousandths where it has a fraction, else in the largest binary unit of which it is a multiple. */
    static Quantity amount(Quantity written) {
        var exact = written.getNumericalAmount().stripTrailingZeros();
        if (exact.scale() > 0) {
            var thousandths = exact.movePointRight(3).stripTrailingZeros();
            return new Quantity(thousandths.scale() <= 0 ? thousandths.toBigInteger() + "m" : exact.toPlainString());
        }
        var whole = exact.toBigInteger();
        int unit = 0;
        while (whole.signum() != 0
                && unit < BINARY.length - 1
                && whole.mod(STEP).signum() == 0) {
            whole = whole.divide(STEP);
            unit++;
        }
        return new Quantity(whole + BINARY[unit]);
    }

    private static boolean holdsAsMuch(Block block, Field field, Quantity amount) {
        return holds(block, field) instanceof Quantity other
                && other.getNumericalAmount().compareTo(amount.getNumericalAmount()) == 0;
    }

    /** What holds where the field is absent; null if nothing does. */
    private static Object holds(Block block, Field field) {
        try {
            var empty = block.getClass().getConstructor().newInstance();
            var holds = block.getClass().getMethod(field.getName()).invoke(empty);
            return holds instanceof Optional<?> optional ? optional.orElse(null) : holds;
        } catch (NoSuchMethodException e) {
            return null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(field.toString(), e);
        }
    }

    private static List<Field> fields(Class<?> block) {
        return Stream.<Class<?>>iterate(block, Objects::nonNull, Class::getSuperclass)
                .takeWhile(type -> type != Block.class)
                .flatMap(type -> Stream.of(type.getDeclaredFields()))
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .toList();
    }

    private static Object get(Field field, Block block) {
        try {
            field.setAccessible(true);
            return field.get(block);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void set(Field field, Block block, Object value) {
        try {
            field.set(block, value);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
