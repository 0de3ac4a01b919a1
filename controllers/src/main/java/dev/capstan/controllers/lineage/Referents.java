package dev.capstan.controllers.lineage;

import dev.capstan.crds.CapstanJob;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * What is there of that which a job names.
 *
 * @param missingClaims volume claims that aren't there
 * @param claimsOfOnePod those that only one pod can mount
 * @param priorityClassThere whether its priority class is; also if it names none
 * @param source the job whose model it goes on from, if it names one that is there
 * @param lookup what is read by name, if it was read: see {@link References#needsLookup}
 * @param claimsWithoutVolume how each claim is that no pod can mount so far, such as {@code is Pending: …}
 * @param claimsOnlyRead those that nobody may write to
 */
public record Referents(
        Set<String> missingClaims,
        Set<String> claimsOfOnePod,
        boolean priorityClassThere,
        Optional<CapstanJob<?, ?>> source,
        Optional<Lookup> lookup,
        SortedMap<String, String> claimsWithoutVolume,
        Set<String> claimsOnlyRead) {

    /** Of whoever writes to none. */
    public Referents(
            Set<String> missingClaims,
            Set<String> claimsOfOnePod,
            boolean priorityClassThere,
            Optional<CapstanJob<?, ?>> source,
            Optional<Lookup> lookup,
            SortedMap<String, String> claimsWithoutVolume) {
        this(missingClaims, claimsOfOnePod, priorityClassThere, source, lookup, claimsWithoutVolume, Set.of());
    }

    /** With a volume for each claim that is there. */
    public Referents(
            Set<String> missingClaims,
            Set<String> claimsOfOnePod,
            boolean priorityClassThere,
            Optional<CapstanJob<?, ?>> source,
            Optional<Lookup> lookup) {
        this(missingClaims, claimsOfOnePod, priorityClassThere, source, lookup, Collections.emptySortedMap());
    }

    /**
     * What nobody watches.
     *
     * @param modelCopied whether the job has its own copy of its model's configuration already
     * @param configMapThere whether the config map with the model's configuration is there, if the job names one
     * @param model the model's configuration, if it is in that config map and is still to be copied
     * @param binary what lies in that config map under the model's key if it is no text in UTF-8, in words
     * @param secretKeys the keys of each secret that the job names and that is there
     */
    public record Lookup(
            boolean modelCopied,
            boolean configMapThere,
            Optional<String> model,
            Optional<String> binary,
            Map<String, Set<String>> secretKeys) {
        /** Of what is text, or isn't there. */
        public Lookup(
                boolean modelCopied,
                boolean configMapThere,
                Optional<String> model,
                Map<String, Set<String>> secretKeys) {
            this(modelCopied, configMapThere, model, Optional.empty(), secretKeys);
        }
    }
}
