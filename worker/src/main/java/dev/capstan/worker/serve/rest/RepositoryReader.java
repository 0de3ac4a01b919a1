package dev.capstan.worker.serve.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.capstan.worker.serve.http.Body;
import dev.capstan.worker.serve.infer.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Reads what clients ask of the model repository. */
final class RepositoryReader {
    private RepositoryReader() {}

    /** Refuses a client that brings a model of its own; the body may be empty. */
    static void refuseModel(Body body) {
        try (var json = JsonFormat.parser(body.bytes(), 0, body.length())) {
            for (var token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.FIELD_NAME
                        && json.currentName().equals("parameters")
                        && json.nextToken() == JsonToken.START_OBJECT
                        && json.nextToken() == JsonToken.FIELD_NAME) {
                    throw Parameters.foreignModel();
                }
            }
        } catch (JsonProcessingException e) {
            throw JsonFormat.refusal(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether only models are asked for that are ready; the body may be empty. */
    static boolean readyOnly(Body body) {
        boolean ready = false;
        try (var json = JsonFormat.parser(body.bytes(), 0, body.length())) {
            for (var token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.FIELD_NAME && json.currentName().equals("ready")) {
                    ready = json.nextToken() == JsonToken.VALUE_TRUE;
                }
            }
            return ready;
        } catch (JsonProcessingException e) {
            throw JsonFormat.refusal(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
