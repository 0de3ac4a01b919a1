package dev.capstan.controllers.training;

import dev.capstan.crds.Dataset;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3;
import dev.capstan.crds.VolumeUri;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.crds.training.TrainingJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Which volume claims and which services outside of the cluster a job reads from and writes to. */
final class Volumes {
    private Volumes() {}

    /** A place that a job reads: its URI, and how to reach it if it is on no volume. */
    private record Source(String uri, S3 s3) {
        static Source of(Dataset dataset) {
            return new Source(dataset.getUri(), dataset.getS3());
        }
    }

    /** The claims that a job names, and whether only for reading. */
    static SortedMap<String, Boolean> readOnlyByClaim(TrainingJob job) {
        var claims = new TreeMap<String, Boolean>();
        for (var source : sources(job)) {
            if (PlaceUri.parse(source.uri()) instanceof VolumeUri volume) {
                claims.put(volume.claim(), true);
            }
        }
        claims.put(TrainingDefaults.checkpointStorage(job.getSpec()).claim(), false);
        claims.put(
                VolumeUri.parse(job.getSpec().getOutput().getStorage().getUri()).claim(), false);
        return claims;
    }

    /** The claims that a job names. */
    static SortedSet<String> claims(TrainingJob job) {
        return new TreeSet<>(readOnlyByClaim(job).keySet());
    }

    /** How the job reaches what it reads by the S3 API. */
    static List<S3> s3(TrainingJob job) {
        return sources(job).stream().map(Source::s3).filter(Objects::nonNull).toList();
    }

    /** The secrets with the credentials for that. */
    static SortedSet<String> credentials(TrainingJob job) {
        var names = new TreeSet<String>();
        s3(job).forEach(s3 -> names.add(s3.getSecretRef().getName()));
        return names;
    }

    private static List<Source> sources(TrainingJob job) {
        var spec = job.getSpec();
        var sources = new ArrayList<Source>();
        Stream.of(spec.getData().getTrain(), spec.getData().getTest())
                .filter(Objects::nonNull)
                .map(Source::of)
                .forEach(sources::add);
        var from = spec.getModel().getFrom();
        if (from != null && from.getUri() != null) {
            sources.add(new Source(from.getUri(), from.getS3()));
        }
        // Another job's artifact: known once that job is complete.
        if (from != null && job.getStatus() != null && job.getStatus().getModel() != null) {
            sources.add(new Source(job.getStatus().getModel().getUri(), null));
        }
        if (spec.getModel().getJar() != null) {
            sources.add(new Source(
                    spec.getModel().getJar().getUri(), spec.getModel().getJar().getS3()));
        }
        return sources;
    }
}
