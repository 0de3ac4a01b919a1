package dev.capstan.controllers.inference;

import dev.capstan.crds.inference.Revision;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/** The revisions of a service: which is next, and which are kept. */
final class Revisions {
    private Revisions() {}

    /** A new one, as the spec and its model are now. */
    static Revision next(ServiceState state) {
        var model = (WantedModel.Known) state.wanted();
        return new Revision()
                .setRevision(state.nextNumber())
                .setDigest(model.digest())
                .setUri(model.uri())
                .setS3(model.s3())
                .setSource(model.source())
                .setHash(state.hash())
                .setCreatedAt(
                        state.world().now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** All that are listed from now on, by number: those in use, and as many past ones as the spec keeps. */
    static List<Revision> kept(ServiceState state, Revision target) {
        var used = new HashSet<Integer>();
        used.add(target.getRevision());
        state.stable().map(Revision::getRevision).ifPresent(used::add);
        state.replicas().stream()
                .map(Replica::revision)
                .filter(revision -> revision.matches("[0-9]{1,7}"))
                .map(Integer::valueOf)
                .forEach(used::add);
        var all = all(state, target);
        var past = all.stream()
                .map(Revision::getRevision)
                .filter(number -> !used.contains(number))
                .sorted(Comparator.reverseOrder())
                .limit(state.spec().revisionHistoryLimit())
                .toList();
        return all.stream()
                .filter(revision -> used.contains(revision.getRevision()) || past.contains(revision.getRevision()))
                .toList();
    }

    /** Those of the status, and the target if it is new. */
    static List<Revision> all(ServiceState state, Revision target) {
        var listed = state.listed();
        return Stream.concat(
                        listed.stream(),
                        Stream.of(target)
                                .filter(revision ->
                                        state.revision(revision.getRevision()).isEmpty()))
                .sorted(Comparator.comparing(Revision::getRevision))
                .toList();
    }
}
