package dev.capstan.controllers.admission.quota;

import dev.capstan.crds.quota.GPUQuota;
import dev.capstan.crds.quota.GPUQuotaSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Quotas as admins write them, and namespaces. */
final class QuotaTable {
    final List<GPUQuota> quotas = new ArrayList<>();
    final Map<String, Map<String, String>> namespaces = new TreeMap<>();

    /** @param spec YAML */
    GPUQuota quota(String name, String spec) {
        var quota = new GPUQuota();
        quota.setMetadata(
                new ObjectMetaBuilder().withName(name).withGeneration(1L).build());
        quota.setStatus(null);
        // Without the mark, what begins with a brace would be taken for JSON.
        quota.setSpec(Serialization.unmarshal("---\n" + spec, GPUQuotaSpec.class));
        quotas.add(quota);
        return quota;
    }

    QuotaTable namespace(String name, Map<String, String> labels) {
        namespaces.put(name, labels);
        return this;
    }

    QuotaBook book() {
        return QuotaBook.of(quotas, namespaces);
    }
}
