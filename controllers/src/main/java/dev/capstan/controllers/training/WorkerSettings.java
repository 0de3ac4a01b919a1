package dev.capstan.controllers.training;

import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/**
 * What an installation sets for all workers.
 *
 * @param image container image for jobs that name none
 * @param priorityClass PriorityClass of the pods; empty for none
 * @param requests what a worker asks for of those resources that its job says nothing about
 */
public record WorkerSettings(String image, String priorityClass, Map<String, Quantity> requests) {}
