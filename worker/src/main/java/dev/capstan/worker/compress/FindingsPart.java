package dev.capstan.worker.compress;

import dev.capstan.protocol.Json;
import dev.capstan.worker.checkpoint.State;
import dev.capstan.worker.compress.quantize.Findings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How far a quantization is, as a part of a state.
 *
 * @param findings so far
 */
public record FindingsPart(Findings findings) implements State.Part {
    private static final String FILE = "calibration.json";

    /**
     * Those that a checkpoint holds; empty if no quantization was under way.
     *
     * @throws IllegalArgumentException if they can't be understood
     */
    public static Optional<Findings> of(State.Parts parts) throws IOException {
        var file = parts.open(FILE);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try (var in = file.get()) {
            return Optional.of(Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), Findings.class));
        }
    }

    @Override
    public String name() {
        return FILE;
    }

    @Override
    public void write(OutputStream out) throws IOException {
        out.write(Json.write(findings).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(InputStream in) {
        // Whoever goes on has read it from the checkpoint.
    }
}
