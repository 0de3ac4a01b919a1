package dev.capstan.worker.compress;

import dev.capstan.protocol.Compression;
import dev.capstan.protocol.Compression.Bound;
import dev.capstan.protocol.Compression.Measures;
import dev.capstan.protocol.Compression.Sensitivity;
import dev.capstan.protocol.Compression.StepResult;
import dev.capstan.protocol.Json;
import dev.capstan.worker.checkpoint.State;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a compression has done and found, as far as it goes on from there.
 *
 * @param done steps that are finished
 * @param tuning whether the step after those has pruned already, and trains on what is left
 * @param parts parts of the work that are finished
 * @param before training steps before the training that is under way or comes next, one more counted for each part of
 *     the work: what is kept of a later part always has the higher number
 * @param pruned what pruning did in the step that trains now; null if none does
 * @param calibrationSamples by which activations' ranges were found; 0 until they are
 * @param baseline the model as it came; null until it is measured
 * @param compressed what came out; null until it is measured
 * @param bounds how that stands to the job's bounds; null until it is known
 * @param steps a row for each finished step
 * @param sensitivity what single layers cost
 * @param instructions of the CPU that measured what came out; null until it is measured
 */
public record Journal(
        int done,
        boolean tuning,
        long parts,
        long before,
        StepResult pruned,
        long calibrationSamples,
        Measures baseline,
        Measures compressed,
        List<Bound> bounds,
        List<StepResult> steps,
        List<Sensitivity> sensitivity,
        String instructions) {
    /** The name of its file in a checkpoint. */
    public static final String FILE = "compression.json";

    /** Before anything is done. */
    public static final Journal EMPTY =
            new Journal(0, false, 0, 0, null, 0, null, null, null, List.of(), List.of(), null);

    /**
     * The journal that a checkpoint holds.
     *
     * @throws IOException if it holds none
     */
    public static Journal of(State.Parts parts) throws IOException {
        try (var in = parts.open(FILE).orElseThrow(() -> new IOException("it has no " + FILE))) {
            return Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8), Journal.class);
        }
    }

    /** This journal as a part of a state. */
    public State.Part part() {
        return new State.Part() {
            @Override
            public String name() {
                return FILE;
            }

            @Override
            public void write(OutputStream out) throws IOException {
                out.write(Json.write(Journal.this).getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public void read(InputStream in) {
                // Whoever goes on has read it: without it, nobody knows of which network the rest is.
            }
        };
    }

    /** With the model as it came. */
    public Journal withBaseline(Measures measures) {
        return new Journal(
                done,
                tuning,
                parts,
                before,
                pruned,
                calibrationSamples,
                measures,
                compressed,
                bounds,
                steps,
                sensitivity,
                instructions);
    }

    /** In the middle of a step that trains on what pruning has left. */
    public Journal tuning(StepResult result) {
        return new Journal(
                done,
                true,
                parts,
                before,
                result,
                calibrationSamples,
                baseline,
                compressed,
                bounds,
                steps,
                sensitivity,
                instructions);
    }

    /** With what single layers cost, besides what is known. */
    public Journal withSensitivity(List<Sensitivity> more) {
        var all = new ArrayList<>(sensitivity);
        all.addAll(more);
        return new Journal(
                done,
                tuning,
                parts,
                before,
                pruned,
                calibrationSamples,
                baseline,
                compressed,
                bounds,
                steps,
                all,
                instructions);
    }

    /** With how many samples activations' ranges were found by. */
    public Journal calibratedBy(long samples) {
        return new Journal(
                done,
                tuning,
                parts,
                before,
                pruned,
                samples,
                baseline,
                compressed,
                bounds,
                steps,
                sensitivity,
                instructions);
    }

    /** After one more step. */
    public Journal finished(StepResult result) {
        var all = new ArrayList<>(steps);
        all.add(result);
        return new Journal(
                done + 1,
                false,
                parts,
                before,
                null,
                calibrationSamples,
                baseline,
                compressed,
                bounds,
                all,
                sensitivity,
                instructions);
    }

    /**
     * With what came out, and how it stands to the bounds.
     *
     * @param cpu instructions of the CPU that measured
     */
    public Journal measured(Measures from, Measures to, List<Bound> judged, String cpu) {
        return new Journal(
                done, tuning, parts, before, pruned, calibrationSamples, from, to, judged, steps, sensitivity, cpu);
    }

    /** After one more part of the work, in which a network was trained for so many steps. */
    public Journal after(long trained) {
        return new Journal(
                done,
                tuning,
                parts + 1,
                before + trained + 1,
                pruned,
                calibrationSamples,
                baseline,
                compressed,
                bounds,
                steps,
                sensitivity,
                instructions);
    }

    /** Training steps so far. */
    public long trained() {
        return before - parts;
    }

    /** As the operator hears of it. */
    public Compression shown(Compression.Position at) {
        return new Compression(at, calibrationSamples, baseline, compressed, bounds, steps, sensitivity);
    }
}
