package dev.capstan.controllers.admission.cluster;

/**
 * Whose pods they are.
 *
 * @param kind of the object, such as {@code TrainingJob}
 * @param uid which tells it apart from an earlier one of the same name
 */
public record WorkloadId(String kind, String namespace, String name, String uid) {}
