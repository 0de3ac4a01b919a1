package dev.capstan.bench;

import java.util.HashMap;
import java.util.Map;

/** A method that takes long: what it makes of a model is kept, for others that go on from it. */
final class CompressionOnce implements CompressionMethod {
    private final CompressionMethod method;
    private final Map<String, Made> made = new HashMap<>();

    CompressionOnce(CompressionMethod method) {
        this.method = method;
    }

    @Override
    public String name() {
        return method.name();
    }

    @Override
    public boolean suits(CompressionModel model) {
        return method.suits(model);
    }

    @Override
    public Made compressed(CompressionModel model) throws Exception {
        if (!made.containsKey(model.name())) {
            made.put(model.name(), method.compressed(model));
        }
        return made.get(model.name());
    }
}
