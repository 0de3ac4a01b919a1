package dev.capstan.controllers.plan;

/** The API server didn't take a child of the job. */
public sealed interface Refusal {
    /** It said no: a quota, Pod Security, a webhook; in its own words. */
    record Denied(String child, String message) implements Refusal {}

    /** A core ResourceQuota of the namespace has too little left for the whole gang; with the numbers. */
    record OverQuota(String message) implements Refusal {}

    /**
     * Something is there under a name that this job needs, and isn't this job's.
     *
     * @param message what, whose, what it holds, and what can be done about it
     * @param leaving whether all of it is about to go by itself, such as what an earlier job of the name had
     */
    record Taken(String message, boolean leaving) implements Refusal {}
}
