package dev.capstan.worker.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Jars with layers of the user's own. */
public final class UserJar {
    private UserJar() {}

    /**
     * A layer that doubles what it gets, by a second class that is in the jar alone.
     *
     * @param name of the class in the package com.example, another one for each test: classes are found by name once
     * @return the jar, in the folder
     */
    public static Path doubling(Path folder, String name) throws IOException {
        return write(folder, "com.example." + name, """
                package com.example;
                import org.deeplearning4j.nn.conf.inputs.InputType;
                import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaLayer;
                import org.nd4j.autodiff.samediff.*;
                public class %1$s extends SameDiffLambdaLayer {
                    public %1$s() {}
                    @Override public SDVariable defineLayer(SameDiff sd, SDVariable input) {
                        return input.mul(Tripler.FACTOR);
                    }
                    @Override public InputType getOutputType(int index, InputType type) { return type; }
                    static class Tripler { static final double FACTOR = Double.parseDouble("2"); }
                }
                """.formatted(name));
    }

    /** Compiles the source and packs the classes. */
    private static Path write(Path folder, String name, String source) throws IOException {
        var classes = Files.createDirectories(folder.resolve("classes"));
        var compiler = ToolProvider.getSystemJavaCompiler();
        var unit =
                new SimpleJavaFileObject(
                        URI.create("string:///" + name.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignored) {
                        return source;
                    }
                };
        assertTrue(compiler.getTask(null, null, null, List.of("-d", classes.toString()), null, List.of(unit))
                .call());
        var jar = folder.resolve("layers.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar));
                var files = Files.walk(classes)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
        return jar;
    }
}
