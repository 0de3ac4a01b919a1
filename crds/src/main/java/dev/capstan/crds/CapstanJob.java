package dev.capstan.crds;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;

/** A job of any kind: a gang of workers that start together or not at all, and run to an end. */
public abstract class CapstanJob<S extends JobSpec, T extends JobStatus> extends CustomResource<S, T>
        implements Namespaced {}
