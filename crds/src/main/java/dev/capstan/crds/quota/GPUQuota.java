package dev.capstan.crds.quota;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * What an admin allows the jobs of some namespaces to use. Cluster-scoped: which namespace is whose is nothing that a
 * tenant may write.
 */
@Group("capstan.dev")
@Version("v1alpha1")
@Kind("GPUQuota")
@Singular("gpuquota")
@Plural("gpuquotas")
@ShortNames("gq")
@Categories("capstan")
public class GPUQuota extends CustomResource<GPUQuotaSpec, GPUQuotaStatus> {}
