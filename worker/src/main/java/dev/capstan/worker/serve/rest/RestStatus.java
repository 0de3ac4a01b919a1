package dev.capstan.worker.serve.rest;

import dev.capstan.worker.serve.RequestException.Kind;

/** HTTP's status codes. */
final class RestStatus {
    private RestStatus() {}

    static int of(Kind kind) {
        return switch (kind) {
            case INVALID -> 400;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case NOT_FOUND -> 404;
            case TOO_LARGE -> 413;
            case ENCODING -> 415;
            case BUSY -> 429;
            case INTERNAL -> 500;
            case UNAVAILABLE -> 503;
            case TIMEOUT -> 504;
        };
    }
}
