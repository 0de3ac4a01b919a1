package dev.capstan.crds.training;

import dev.capstan.crds.CapstanJob;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Trains one model with a gang of workers that start together or not at all. */
@Group("capstan.dev")
@Version("v1alpha1")
@ShortNames("tj")
@Categories({"capstan", "all"})
public class TrainingJob extends CapstanJob<TrainingJobSpec, TrainingJobStatus> {}
