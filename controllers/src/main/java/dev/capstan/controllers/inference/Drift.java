package dev.capstan.controllers.inference;

import dev.capstan.protocol.Json;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Whether an object is as it is to be: what it has beside that, such as defaults or others' labels, doesn't matter. */
final class Drift {
    private Drift() {}

    static boolean is(HasMetadata wanted, HasMetadata there) {
        return !has(tree(there), tree(wanted));
    }

    private static Object tree(HasMetadata object) {
        return Json.read(Json.write(object), Object.class);
    }

    private static boolean has(Object there, Object wanted) {
        return switch (wanted) {
            case Map<?, ?> fields ->
                there instanceof Map<?, ?> those
                        && fields.entrySet().stream()
                                .allMatch(field -> has(those.get(field.getKey()), field.getValue()));
            case List<?> items ->
                there instanceof List<?> those
                        && items.size() == those.size()
                        && IntStream.range(0, items.size()).allMatch(index -> has(those.get(index), items.get(index)));
            case null -> true;
            default -> wanted.equals(there);
        };
    }
}
