package dev.capstan.worker.route;

import dev.capstan.protocol.Contract;

/**
 * Ports of a router or a replica.
 *
 * @param rest of the protocol's REST
 * @param grpc of the protocol's gRPC
 * @param management of probes, metrics and what the operator tells
 */
public record Ports(int rest, int grpc, int management) {
    /** Those that operator and worker have agreed on. */
    public static final Ports CONTRACT = new Ports(Contract.REST_PORT, Contract.GRPC_PORT, Contract.MANAGEMENT_PORT);
}
