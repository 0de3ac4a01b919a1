package dev.capstan.crds.compression;

import dev.capstan.crds.CapstanJob;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Makes a trained model smaller, measures what that costs, and lets the result through only within bounds. */
@Group("capstan.dev")
@Version("v1alpha1")
@ShortNames("cmj")
@Categories({"capstan", "all"})
public class CompressionJob extends CapstanJob<CompressionJobSpec, CompressionJobStatus> {}
