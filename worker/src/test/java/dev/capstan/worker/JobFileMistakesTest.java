package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Outcome.Reason;
import java.util.stream.Stream;

/** A job file that the worker can't do. */
class JobFileMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                mistake("no job file", Reason.WorkerError, (place, job) -> null, "job file ", "can't be read"),
                mistake("no JSON", Reason.InvalidJob, (place, job) -> "job: mnist", "is not a ", "line 1"),
                mistake(
                        "an older operator's job",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"version\" : 3", "\"version\" : 1"),
                        "is of version 1, this worker reads versions 2 and 3; use the worker image that belongs to the operator"),
                mistake(
                        "a layer of a newer operator",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"kind\" : \"dense\"", "\"kind\" : \"mixtureOfExperts\""),
                        "mixtureOfExperts"),
                mistake(
                        "an unknown activation",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"relu\"", "\"reluu\""),
                        "model.layers[0].activation is \"reluu\"; it must be one of"),
                mistake(
                        "no peers",
                        Reason.InvalidJob,
                        (place, job) -> job.replaceAll("\"peers\" : \\[[^]]*]", "\"peers\" : []"),
                        "peers is empty; it must name host:port of every rank"),
                mistake(
                        "a model that is too large",
                        Reason.InvalidJob,
                        (place, job) -> edit(job, "\"units\" : 16", "\"units\" : 40000000"),
                        "model.layers have more than 536870911 parameters with images of 6 by 6 pixels",
                        "Take fewer units"));
    }
}
