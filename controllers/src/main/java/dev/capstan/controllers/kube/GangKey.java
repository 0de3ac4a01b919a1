package dev.capstan.controllers.kube;

import dev.capstan.controllers.plan.JobRef;
import dev.capstan.controllers.plan.Plan;
import java.io.IOException;

/** By what the workers of one gang know us: read once for all of them, and again when one doesn't. */
final class GangKey {
    private final WorkerHttp workers;
    private final JobRef job;
    private final String uid;
    private Plan.Follow of;
    private String bearer;

    GangKey(WorkerHttp workers, JobRef job, String uid) {
        this.workers = workers;
        this.job = job;
        this.uid = uid;
    }

    synchronized String bearer(Plan.Follow worker) throws IOException {
        boolean same = of != null
                && of.attempt() == worker.attempt()
                && of.secret().equals(worker.secret())
                && of.jobFile() == worker.jobFile();
        if (bearer == null || !same) {
            bearer = workers.bearer(job.namespace(), uid, worker);
            of = worker;
        }
        return bearer;
    }

    synchronized void isWrong(String known) {
        if (known.equals(bearer)) {
            bearer = null;
        }
    }
}
