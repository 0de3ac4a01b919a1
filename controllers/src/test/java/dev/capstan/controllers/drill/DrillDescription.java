package dev.capstan.controllers.drill;

import dev.capstan.controllers.job.JobDescription;
import dev.capstan.controllers.lineage.ModelSource;
import dev.capstan.controllers.pods.PodSet;
import dev.capstan.controllers.pods.Volumes;
import dev.capstan.crds.JobStatus;
import dev.capstan.crds.KeyReference;
import dev.capstan.protocol.Contract;
import dev.capstan.protocol.Outcome;
import dev.capstan.protocol.Progress;
import dev.capstan.protocol.Work;
import java.util.List;
import java.util.Optional;

/** What is a drill's own. */
record DrillDescription(Drill job) implements JobDescription {
    static final String NOT_PASSED = "NotPassed";

    @Override
    public String shortName() {
        return "dr";
    }

    @Override
    public JobStatus newStatus() {
        return new DrillStatus();
    }

    @Override
    public List<PodSet> podSets() {
        var servers = job.getSpec().getServers();
        var workers = job.getSpec().workers();
        return List.of(
                new PodSet("server", "serve", 0, servers.replicas(), servers),
                new PodSet(PodSet.WORKER, Contract.TRAIN, servers.replicas(), workers.replicas(), workers));
    }

    @Override
    public List<Volumes.Source> inputs() {
        return List.of();
    }

    @Override
    public Optional<KeyReference> modelConfiguration() {
        return Optional.empty();
    }

    @Override
    public Optional<ModelSource.Ref> modelFrom() {
        return Optional.empty();
    }

    @Override
    public boolean checksData() {
        return false;
    }

    @Override
    public Work work() {
        return new Work.Train(null, null, null);
    }

    @Override
    public Verdict judge(Outcome made) {
        double score = made.artifact().metrics().get("score");
        double mark = job.getSpec().getPassMark();
        return score >= mark
                ? new Verdict.Accepted()
                : new Verdict.Rejected(NOT_PASSED, "the score is %s, and passMark asks for %s".formatted(score, mark));
    }

    @Override
    public String workingReason() {
        return "Drilling";
    }

    @Override
    public Optional<String> doing(Progress.Stage stage, int workers) {
        return Optional.empty();
    }
}
