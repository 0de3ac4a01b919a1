package dev.capstan.controllers.plan;

/** The API server didn't take a child of the job. */
public sealed interface Refusal {
    /** It said no: a quota, Pod Security, a webhook; in its own words. */
    record Denied(String child, String message) implements Refusal {}

    /** A core ResourceQuota of the namespace has too little left for the whole gang; with the numbers. */
    record OverQuota(String message) implements Refusal {}

    /** Something of that name is there that isn't this job's; {@code what} says what is known of it. */
    record Taken(String child, String what) implements Refusal {}
}
