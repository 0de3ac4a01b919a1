package dev.capstan.worker.serve.grpc;

import dev.capstan.worker.serve.RequestException.Kind;

/** gRPC's status codes. */
final class GrpcStatus {
    static final int UNIMPLEMENTED = 12;
    /** Trailers have a bound, of 8 KiB in most clients. */
    private static final int MOST = 2048;

    private GrpcStatus() {}

    static int of(Kind kind) {
        return switch (kind) {
            case INVALID -> 3;
            case TIMEOUT -> 4;
            case NOT_FOUND -> 5;
            case FORBIDDEN -> 7;
            case TOO_LARGE, BUSY -> 8;
            case ENCODING -> UNIMPLEMENTED;
            case INTERNAL -> 13;
            case UNAVAILABLE -> 14;
            case UNAUTHENTICATED -> 16;
        };
    }

    static String name(Kind kind) {
        return switch (kind) {
            case INVALID -> "INVALID_ARGUMENT";
            case TIMEOUT -> "DEADLINE_EXCEEDED";
            case NOT_FOUND -> "NOT_FOUND";
            case FORBIDDEN -> "PERMISSION_DENIED";
            case TOO_LARGE, BUSY -> "RESOURCE_EXHAUSTED";
            case ENCODING -> "UNIMPLEMENTED";
            case INTERNAL -> "INTERNAL";
            case UNAVAILABLE -> "UNAVAILABLE";
            case UNAUTHENTICATED -> "UNAUTHENTICATED";
        };
    }

    /** A message as a header has it: what isn't printable ASCII, and the percent sign, in hex. */
    static String encoded(byte[] message) {
        var text = new StringBuilder();
        for (byte each : message) {
            if (text.length() > MOST) {
                break;
            }
            if (each >= ' ' && each <= '~' && each != '%') {
                text.append((char) each);
            } else {
                text.append('%')
                        .append(Character.toUpperCase(Character.forDigit(each >> 4 & 0xf, 16)))
                        .append(Character.toUpperCase(Character.forDigit(each & 0xf, 16)));
            }
        }
        return text.toString();
    }
}
