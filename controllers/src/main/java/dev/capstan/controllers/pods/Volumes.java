package dev.capstan.controllers.pods;

import dev.capstan.crds.Folder;
import dev.capstan.crds.PlaceUri;
import dev.capstan.crds.S3;
import dev.capstan.crds.VolumeUri;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Which volume claims and which services outside of the cluster a job reads from and writes to.
 *
 * @param reads what it reads
 * @param writes the folders that it writes
 */
public record Volumes(List<Source> reads, List<Folder> writes) {
    /** Key of a secret with S3 credentials. */
    public static final String ACCESS_KEY_ID = "accessKeyId";
    /** Key of a secret with S3 credentials. */
    public static final String SECRET_ACCESS_KEY = "secretAccessKey";
    /** Key of a secret with S3 credentials; it may lack. */
    public static final String SESSION_TOKEN = "sessionToken";

    /**
     * Something to read.
     *
     * @param uri where it lies
     * @param s3 how to reach it if it is on no volume, else null
     */
    public record Source(String uri, S3 s3) {}

    /** The claims, and whether only for reading. */
    public SortedMap<String, Boolean> readOnlyByClaim() {
        var claims = new TreeMap<String, Boolean>();
        for (var source : reads) {
            if (PlaceUri.parse(source.uri()) instanceof VolumeUri volume) {
                claims.put(volume.claim(), true);
            }
        }
        for (var folder : writes) {
            if (folder.uri() instanceof VolumeUri volume) {
                claims.put(volume.claim(), false);
            }
        }
        return claims;
    }

    /** The claims' names. */
    public SortedSet<String> claims() {
        return new TreeSet<>(readOnlyByClaim().keySet());
    }

    /** How to reach what is read and written by the S3 API. */
    List<S3> s3() {
        return Stream.concat(reads.stream().map(Source::s3), writes.stream().map(Folder::s3))
                .filter(Objects::nonNull)
                .toList();
    }

    /** The secrets with the credentials for that. */
    public SortedSet<String> credentials() {
        var names = new TreeSet<String>();
        s3().forEach(s3 -> names.add(s3.getSecretRef().getName()));
        return names;
    }
}
