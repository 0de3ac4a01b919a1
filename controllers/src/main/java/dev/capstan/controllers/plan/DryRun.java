package dev.capstan.controllers.plan;

import io.fabric8.kubernetes.api.model.Pod;

/**
 * A question to the API server: would it take a gang? Nothing is made.
 *
 * @param pod one of the gang's, as it would be made
 * @param count how many of them the gang has
 */
public record DryRun(Pod pod, int count) {}
