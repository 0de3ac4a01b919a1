package dev.capstan.crds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.capstan.crds.compression.CompressionJobSpec;
import dev.capstan.crds.inference.InferenceServiceSpec;
import dev.capstan.crds.quota.GPUQuotaSpec;
import dev.capstan.crds.training.PoolingLayer;
import dev.capstan.crds.training.TrainingJobSpec;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds where a spec says nothing: methods of the blocks that are called as their fields are. */
class DefaultsTest {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    /** A number, true, false or one of the words of an enum. */
    private static final Pattern DEFAULT = Pattern.compile("Default: ([-\\w.]+?)[.,]( |$)");

    private static final Set<Class<?>> BLOCKS = blocks();

    @Test
    void areWhatTheDescriptionsTell() throws ReflectiveOperationException {
        var wrong = new ArrayList<String>();
        int compared = 0;
        for (var block : BLOCKS) {
            for (var field : fields(block)) {
                var told = told(field);
                // As much as another field says.
                if (told == null || block == PoolingLayer.class) {
                    continue;
                }
                compared++;
                var holds = block.getMethod(field.getName()).invoke(create(block));
                if (!reads(told, holds)) {
                    wrong.add("%s.%s: %s, not %s".formatted(block.getSimpleName(), field.getName(), holds, told));
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(compared > 40, compared + " compared");
    }

    @Test
    void areNoPartOfTheBlock() throws ReflectiveOperationException {
        for (var block : BLOCKS) {
            assertEquals("{}", create(block).toString(), block.getSimpleName());
        }
    }

    @Test
    void ofABlockThatIsAbsentAreThoseOfAnEmptyOne() throws ReflectiveOperationException {
        for (var block : BLOCKS) {
            for (var method : block.getMethods()) {
                if (Block.class.isAssignableFrom(method.getReturnType())
                        && fields(block).stream()
                                .anyMatch(field -> field.getName().equals(method.getName()))) {
                    assertEquals(create(method.getReturnType()), method.invoke(create(block)), method.toString());
                }
            }
        }
    }

    /** The default that a field's description names, or null if that is no single value. */
    private static String told(Field field) {
        var description = field.getAnnotation(JsonPropertyDescription.class);
        var found = DEFAULT.matcher(description == null ? "" : description.value());
        return found.find() && !List.of("none", "empty").contains(found.group(1)) ? found.group(1) : null;
    }

    private static boolean reads(String told, Object holds) throws ReflectiveOperationException {
        return holds instanceof Number
                ? new BigDecimal(told).compareTo(new BigDecimal(holds.toString())) == 0
                : told.equals(MAPPER.valueToTree(holds).asText());
    }

    /** All blocks that a spec may have, and the specs. */
    private static Set<Class<?>> blocks() {
        var blocks = new LinkedHashSet<Class<?>>();
        add(blocks, TrainingJobSpec.class);
        add(blocks, CompressionJobSpec.class);
        add(blocks, InferenceServiceSpec.class);
        add(blocks, GPUQuotaSpec.class);
        return blocks;
    }

    private static void add(Set<Class<?>> blocks, Type type) {
        switch (type) {
            case ParameterizedType list ->
                Stream.of(list.getActualTypeArguments()).forEach(item -> add(blocks, item));
            case Class<?> block
            when Block.class.isAssignableFrom(block) && blocks.add(block) ->
                fields(block).forEach(field -> add(blocks, field.getGenericType()));
            default -> {}
        }
    }

    private static List<Field> fields(Class<?> block) {
        return Stream.<Class<?>>iterate(block, type -> type != Block.class, Class::getSuperclass)
                .flatMap(type -> Stream.of(type.getDeclaredFields()))
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .toList();
    }

    private static Block create(Class<?> block) throws ReflectiveOperationException {
        return (Block) block.getConstructor().newInstance();
    }
}
