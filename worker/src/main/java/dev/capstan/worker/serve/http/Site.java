package dev.capstan.worker.serve.http;

import dev.capstan.protocol.ServiceFile.Limits;
import dev.capstan.worker.serve.infer.Identity;
import dev.capstan.worker.serve.infer.Inference;
import dev.capstan.worker.serve.infer.Meters;
import dev.capstan.worker.serve.infer.Models;
import io.vertx.core.Vertx;
import java.util.function.BooleanSupplier;

/**
 * What all ports of the protocol share.
 *
 * @param ready whether clients may be sent here
 */
public record Site(
        Vertx vertx,
        Identity identity,
        Limits limits,
        Budget budget,
        Guard guard,
        Traffic traffic,
        Meters meters,
        Models models,
        Inference inference,
        BooleanSupplier ready) {}
