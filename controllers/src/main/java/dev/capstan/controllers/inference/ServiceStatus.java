package dev.capstan.controllers.inference;

import dev.capstan.controllers.plan.Notice;
import dev.capstan.controllers.plan.Wait;
import dev.capstan.controllers.pods.Owned;
import dev.capstan.controllers.status.ConditionSet;
import dev.capstan.crds.Block;
import dev.capstan.crds.Conditions;
import dev.capstan.crds.Placement;
import dev.capstan.crds.Reasons;
import dev.capstan.crds.inference.InferenceService;
import dev.capstan.crds.inference.InferenceServiceStatus;
import dev.capstan.crds.inference.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Works out the status of a service, going on from the one that it has. */
public final class ServiceStatus {
    private static final int LONGEST_PROBLEM = 4096;

    private ServiceStatus() {}

    /** A status but for the admission, which is another's to write; an empty one for a service without. */
    public static InferenceServiceStatus withoutAdmission(InferenceService service) {
        return service.getStatus() == null
                ? new InferenceServiceStatus()
                : Block.copy(service.getStatus()).setAdmission(null);
    }

    /** Whether two statuses say the same but for how many pods there are and what they say. */
    public static boolean sameButNumbers(InferenceServiceStatus one, InferenceServiceStatus other) {
        return withoutNumbers(one).equals(withoutNumbers(other));
    }

    private static InferenceServiceStatus withoutNumbers(InferenceServiceStatus status) {
        var plain = Block.copy(status);
        plain.setReplicas(null)
                .setReadyReplicas(null)
                .setUpdatedReplicas(null)
                .setRouters(null)
                .setReadyRouters(null)
                .setSummary(null);
        if (plain.getRevisions() != null) {
            plain.getRevisions().forEach(revision -> revision.setReplicas(null).setReady(null));
        }
        if (plain.getConditions() != null) {
            plain.getConditions().forEach(condition -> condition.setMessage(""));
        }
        return plain;
    }

    /** Which of the conditions Stalled, Reconciling and Ready says how a service is: the first that holds. */
    public static String standing(InferenceServiceStatus status) {
        return Stream.of(Conditions.STALLED, Conditions.RECONCILING, Conditions.READY)
                .filter(type -> ConditionSet.holds(status.getConditions(), type))
                .findFirst()
                .orElse(Conditions.READY);
    }

    /** That of a service which has no model yet. */
    static InferenceServiceStatus waiting(ServiceState state, Wait wait) {
        var status = counted(state);
        status.setConditions(ServiceConditions.waiting(state, wait));
        return status;
    }

    static InferenceServiceStatus of(ServiceView view) {
        var state = view.state();
        var target = view.target();
        var status = counted(state);
        boolean rolledOut = view.isRolledOut();
        var serves = rolledOut ? target : view.before().orElse(target);
        status.setUpdatedReplicas(view.updated())
                .setModel(serves.getSource().substring(serves.getSource().lastIndexOf('/') + 1) + "@"
                        + serves.getDigest().substring("sha256:".length(), "sha256:".length() + 8))
                .setRevisions(revisions(view))
                .setSeats(view.seats().asked())
                .setGivenBack(givenBack(view));
        if (rolledOut) {
            status.setRevision(target.getRevision())
                    .setDigest(target.getDigest())
                    .setUpdatingRevision(null);
        } else if (view.before().isPresent() || state.stable().isEmpty()) {
            status.setUpdatingRevision(target.getRevision());
        } else {
            status.setUpdatingRevision(null);
        }
        return status.setConditions(ServiceConditions.of(view, rolledOut));
    }

    /** What is told once the status is written. */
    static List<Notice> notices(ServiceView view, InferenceServiceStatus status) {
        var notices = new ArrayList<Notice>();
        var before = view.state().status().getConditions();
        int number = view.target().getRevision();
        if (view.isRolledOut()
                && !view.target().getRevision().equals(view.state().status().getRevision())) {
            notices.add(new Notice(
                    Notice.Reason.RolledOut,
                    number,
                    "revision %d answers, %s".formatted(number, view.target().getDigest())));
        }
        if (ConditionSet.holds(status.getConditions(), Conditions.ADMITTED)
                && !ConditionSet.holds(before, Conditions.ADMITTED)) {
            notices.add(new Notice(
                    Notice.Reason.Admitted,
                    number,
                    ConditionSet.find(status.getConditions(), Conditions.ADMITTED)
                            .orElseThrow()
                            .getMessage()));
        }
        var rollout = ConditionSet.find(status.getConditions(), Conditions.ROLLOUT_PROGRESSING)
                .orElseThrow();
        boolean stopped =
                List.of(Reasons.MODEL_LOAD_FAILED, Reasons.REPLICAS_FAILING).contains(rollout.getReason());
        if (stopped
                && ConditionSet.find(before, Conditions.ROLLOUT_PROGRESSING)
                        .filter(last -> last.getReason().equals(rollout.getReason()))
                        .isEmpty()) {
            notices.add(new Notice(Notice.Reason.RolloutStopped, number, rollout.getMessage()));
        }
        return notices;
    }

    /** What every status of a service says. */
    private static InferenceServiceStatus counted(ServiceState state) {
        var service = state.service();
        var owner = state.owner(ServiceState.none());
        var replicas = state.replicas().stream().filter(Replica::isLive).toList();
        int ready = (int) replicas.stream().filter(Replica::isReady).count();
        var routers = state.routers().stream().filter(Replica::isLive).toList();
        boolean routed = state.routersWanted() > 0 || !routers.isEmpty();
        boolean tls = state.spec().access().tls().isPresent();
        return withoutAdmission(service)
                .setObservedGeneration(service.getMetadata().getGeneration())
                .setReplicas(replicas.size())
                .setReadyReplicas(ready)
                .setUpdatedReplicas(0)
                .setRouters(routed ? Integer.valueOf(routers.size()) : null)
                .setReadyRouters(
                        routed
                                ? Integer.valueOf((int) routers.stream()
                                        .filter(Replica::isReady)
                                        .count())
                                : null)
                .setSelector(new TreeMap<>(Owned.component(owner, Owned.REPLICA))
                        .entrySet().stream()
                                .map(label -> label.getKey() + "=" + label.getValue())
                                .collect(Collectors.joining(",")))
                .setSummary(ready + "/" + state.spec().replicas())
                .setUrl("%s://%s.%s.svc"
                        .formatted(
                                tls ? "https" : "http",
                                owner.names().clients(),
                                service.getMetadata().getNamespace()))
                .setGivenBack(emptyToNull(state.givenBack()));
    }

    private static List<Placement> givenBack(ServiceView view) {
        var back = new ArrayList<>(view.state().givenBack());
        back.addAll(view.seats().replicas().giveBack());
        back.addAll(view.seats().routers().giveBack());
        return emptyToNull(back);
    }

    private static List<Revision> revisions(ServiceView view) {
        var state = view.state();
        var kept = state.kept();
        return Revisions.kept(state, view.target()).stream()
                .map(Block::copy)
                .map(revision -> {
                    var number = Integer.toString(revision.getRevision());
                    var pods = view.live().stream()
                            .filter(replica -> replica.revision().equals(number))
                            .toList();
                    return revision.setReplicas(pods.size())
                            .setReady(
                                    (int) pods.stream().filter(Replica::isReady).count())
                            .setKept(kept.getOrDefault(number, revision.getKept()))
                            .setProblem(pods.stream()
                                    .filter(replica -> replica.failing() && !replica.isReady())
                                    .map(Replica::trouble)
                                    .filter(trouble -> !trouble.isEmpty())
                                    .findFirst()
                                    .map(ServiceStatus::shortened)
                                    .orElse(null));
                })
                .toList();
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_PROBLEM ? text : text.substring(0, LONGEST_PROBLEM);
    }

    private static <T> List<T> emptyToNull(List<T> list) {
        return list.isEmpty() ? null : list;
    }
}
