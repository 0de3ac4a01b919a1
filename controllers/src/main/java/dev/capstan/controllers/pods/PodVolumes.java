package dev.capstan.controllers.pods;

import dev.capstan.crds.inference.Access;
import dev.capstan.protocol.Contract;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.VolumeProjectionBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The volumes of our pods: each claim and each secret is mounted once, under its name. */
final class PodVolumes {
    /** The owner and the pod's own group may read. */
    private static final int GROUP_READS = 0440;

    /** Where the certificate that a service answers with is mounted. */
    static final String TLS = "/etc/capstan/tls";
    /** Where the token that clients of a service send is mounted. */
    static final String TOKEN = "/etc/capstan/access/token";

    /** Key of the service file in its config map. */
    static final String SERVICE_FILE =
            Path.of(Contract.SERVICE_FILE).getFileName().toString();

    static final String CERTIFICATE = "tls.crt";
    static final String PRIVATE_KEY = "tls.key";

    private static final Quantity TEMPORARY_SIZE = new Quantity("2Gi");

    private PodVolumes() {}

    /** A volume and where it is mounted. */
    record Mounted(Volume volume, VolumeMount mount) {}

    static List<Mounted> of(PodOwner owner, int attempt, Quantity scratch) {
        var mounted = new ArrayList<Mounted>();
        mounted.add(readOnly(jobFile(owner, attempt), folder(Contract.JOB_FILE)));
        mounted.addAll(forAll(owner, scratch));
        return mounted;
    }

    /**
     * Those of a pod of a service.
     *
     * @param config name of the config map with the service file
     */
    static List<Mounted> of(PodOwner owner, String config, Access access, Quantity scratch) {
        var mounted = new ArrayList<Mounted>();
        mounted.add(readOnly(serviceFile(config), folder(Contract.SERVICE_FILE)));
        access.tls().ifPresent(tls -> mounted.add(readOnly(certificate(tls.getSecretName()), TLS)));
        access.token()
                .ifPresent(token -> mounted.add(readOnly(token(token.getSecretName(), token.key()), folder(TOKEN))));
        mounted.addAll(forAll(owner, scratch));
        return mounted;
    }

    private static List<Mounted> forAll(PodOwner owner, Quantity scratch) {
        var mounted = new ArrayList<Mounted>();
        mounted.add(readOnly(peers(owner), folder(Contract.TOKEN_FILE)));
        mounted.add(writable(emptyDir("tmp", TEMPORARY_SIZE), "/tmp"));
        mounted.add(writable(emptyDir("scratch", scratch), Contract.SCRATCH));
        int number = 0;
        for (var claim : owner.volumes().readOnlyByClaim().entrySet()) {
            var volume = claim("claim-" + number++, claim.getKey(), claim.getValue());
            var path = StoragePaths.mountPath(claim.getKey());
            mounted.add(claim.getValue() ? readOnly(volume, path) : writable(volume, path));
        }
        number = 0;
        for (var secret : owner.volumes().credentials()) {
            mounted.add(readOnly(credentials("credentials-" + number++, secret), StoragePaths.credentials(secret)));
        }
        return mounted;
    }

    private static Volume jobFile(PodOwner owner, int attempt) {
        var names = owner.names();
        var sources = new ArrayList<>(List.of(new VolumeProjectionBuilder()
                .withNewConfigMap()
                .withName(names.jobFile(attempt))
                .endConfigMap()
                .build()));
        if (owner.hasModelCopy()) {
            sources.add(new VolumeProjectionBuilder()
                    .withNewConfigMap()
                    .withName(names.model())
                    .endConfigMap()
                    .build());
        }
        return new VolumeBuilder()
                .withName("job")
                .withNewProjected()
                .withSources(sources)
                .endProjected()
                .build();
    }

    private static Volume serviceFile(String config) {
        return new VolumeBuilder()
                .withName("service")
                .withNewConfigMap()
                .withName(config)
                .addNewItem()
                .withKey(SERVICE_FILE)
                .withPath(SERVICE_FILE)
                .endItem()
                .endConfigMap()
                .build();
    }

    /** Of the user's secrets what a server reads, and no more. */
    private static Volume certificate(String secret) {
        return new VolumeBuilder()
                .withName("tls")
                .withNewSecret()
                .withSecretName(secret)
                .withDefaultMode(GROUP_READS)
                .addNewItem()
                .withKey(CERTIFICATE)
                .withPath(CERTIFICATE)
                .endItem()
                .addNewItem()
                .withKey(PRIVATE_KEY)
                .withPath(PRIVATE_KEY)
                .endItem()
                .endSecret()
                .build();
    }

    private static Volume token(String secret, String key) {
        return new VolumeBuilder()
                .withName("access")
                .withNewSecret()
                .withSecretName(secret)
                .withDefaultMode(GROUP_READS)
                .addNewItem()
                .withKey(key)
                .withPath(Path.of(TOKEN).getFileName().toString())
                .endItem()
                .endSecret()
                .build();
    }

    private static Volume peers(PodOwner owner) {
        return new VolumeBuilder()
                .withName("peers")
                .withNewSecret()
                .withSecretName(owner.names().secret())
                .withDefaultMode(GROUP_READS)
                .endSecret()
                .build();
    }

    private static Volume emptyDir(String name, Quantity limit) {
        return new VolumeBuilder()
                .withName(name)
                .withNewEmptyDir()
                .withSizeLimit(limit)
                .endEmptyDir()
                .build();
    }

    private static Volume claim(String name, String claim, boolean readOnly) {
        return new VolumeBuilder()
                .withName(name)
                .withNewPersistentVolumeClaim()
                .withClaimName(claim)
                .withReadOnly(readOnly ? true : null)
                .endPersistentVolumeClaim()
                .build();
    }

    /** Of a secret the keys that a worker reads, and no others. */
    private static Volume credentials(String name, String secret) {
        return new VolumeBuilder()
                .withName(name)
                .withNewProjected()
                .withDefaultMode(GROUP_READS)
                .addNewSource()
                .withNewSecret()
                .withName(secret)
                .addToItems(
                        new KeyToPathBuilder()
                                .withKey(Volumes.ACCESS_KEY_ID)
                                .withPath(Volumes.ACCESS_KEY_ID)
                                .build(),
                        new KeyToPathBuilder()
                                .withKey(Volumes.SECRET_ACCESS_KEY)
                                .withPath(Volumes.SECRET_ACCESS_KEY)
                                .build())
                .endSecret()
                .endSource()
                .addNewSource()
                .withNewSecret()
                .withName(secret)
                .withOptional(true)
                .addToItems(new KeyToPathBuilder()
                        .withKey(Volumes.SESSION_TOKEN)
                        .withPath(Volumes.SESSION_TOKEN)
                        .build())
                .endSecret()
                .endSource()
                .endProjected()
                .build();
    }

    private static Mounted readOnly(Volume volume, String path) {
        return mounted(volume, path, true);
    }

    private static Mounted writable(Volume volume, String path) {
        return mounted(volume, path, null);
    }

    private static Mounted mounted(Volume volume, String path, Boolean readOnly) {
        return new Mounted(
                volume,
                new VolumeMountBuilder()
                        .withName(volume.getName())
                        .withMountPath(path)
                        .withReadOnly(readOnly)
                        .build());
    }

    private static String folder(String file) {
        return Path.of(file).getParent().toString();
    }
}
