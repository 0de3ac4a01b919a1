package dev.capstan.crds.inference;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Has a trained model answer: replicas behind a service that speaks the Open Inference Protocol v2. */
@Group("capstan.dev")
@Version("v1alpha1")
@ShortNames("infsvc")
@Categories({"capstan", "all"})
public class InferenceService extends CustomResource<InferenceServiceSpec, InferenceServiceStatus>
        implements Namespaced {}
